r"""Sentences contracted as density operators, many of one length at once.

A register of D dimensions is a real vector of its expectations in an orthonormal basis of Hermitian
matrices, products of Pauli matrices over √D,

.. math:: ρ = \sum_k v_k B_k, \qquad v_k = \mathrm{tr}(B_k ρ),

so that a box U that keeps the first register is one real tensor

.. math:: R_{kij} = \mathrm{tr}\big[U^† (B_k ⊗ P)\, U\, (B_i ⊗ B_j)\big],

with P = 1 where the second register is discarded and P = |0…0⟩⟨0…0| where it is post-selected. It
is built once per step for all sentences, and a merge of many pairs is one matrix product. In a path
the box and a word together are one matrix on the memory. After post-selection vectors are scaled to
trace 1 and the logarithms of the factors are kept.

Unitaries are exponentials, U = exp(i Σ_k θ_k B_k). Boxes start as a part of a swap,
exp(-iα SWAP) with cos²α of the first register and sin²α of the second: a tree starts as the mean
over its tokens, a path as a mean that remembers.

Reference: Harvey, Yeung, Meichanetzidis, arXiv:2308.07865: the same paths and trees; there of
gates of an ansatz and with disentanglers, here of full unitaries.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from qtn._checks import fail
from qtn._optional import Tensor, torch
from qtn._random import generator
from qtn.applications.sequences.architecture import Architecture
from qtn.models.networks.base import Network
from qtn.models.networks.in_numpy.network_arrays import check_array
from qtn.states.operators import PAULI

# Standard deviation of the random part of a box's angles at the start, in units of 1/√D: a tree has
# fewer boxes one after another than a path, and learns more where they differ more.
_TURN = {"tree": 0.4, "path": 0.1}
# Added to a probability before its logarithm: single precision leaves some below 0.
_LEAST = 1e-6


@cache
def hermitian_basis(qubits: int) -> Any:
    """Return the products of Pauli matrices over √D, (4^q, D, D); the first qubit leads."""
    found = np.ones((1, 1, 1), dtype=complex)
    for _ in range(qubits):
        found = np.einsum("iab,jcd->ijacbd", found, PAULI / np.sqrt(2.0)).reshape(
            4 * len(found), 2 * found.shape[1], -1
        )
    return found


class SequenceNetwork(Network):
    """Word states, boxes, and what is read at the end.

    Args:
        shape: the architecture.
        words: amplitudes of the words, any length, (tokens, 2^wires, 2): real and imaginary parts.
        angles: θ, (boxes, 4^(memory + wires) - 1).
        read: qubits of the last register that are measured, its first.
    """

    def __init__(self, shape: Architecture, words: Tensor, angles: Tensor, read: int) -> None:
        super().__init__()
        self.shape, self.read = shape, read
        self.words = torch.nn.Parameter(words)
        self.angles = torch.nn.Parameter(angles)
        # Scale and offsets of the probabilities: see `logits`.
        self.scale = torch.nn.Parameter(words.new_zeros(()))
        self.offsets = torch.nn.Parameter(words.new_zeros(0))

    @classmethod
    def started(
        cls, shape: Architecture, tokens: int, read: int, length: float, seed: int
    ) -> SequenceNetwork:
        """Return random words, and boxes near a part of a swap; `length`: that of a sentence."""
        rng = generator(seed, "start")
        words = rng.standard_normal((tokens, 2**shape.wires, 2))
        dimension = 2 ** (shape.memory + shape.wires)
        share = 0.5 if shape.arch == "tree" else min(0.5, 2.0 / length)
        turn = -math.asin(math.sqrt(share)) * _swap(shape)
        basis = hermitian_basis(shape.memory + shape.wires)[1:]
        angles = np.einsum("kab,ba->k", basis, turn).real
        noise = (
            rng.standard_normal((shape.boxes, len(basis)))
            * _TURN[shape.arch]
            / math.sqrt(dimension)
        )
        return cls(shape, torch.from_numpy(words), torch.from_numpy(angles + noise), read)

    # ------------------------------------------------------------------ pieces

    def unitaries(self) -> Tensor:
        """Return the boxes, (boxes, D, D): memory ⊗ word, the first leading."""
        shape = self.shape
        basis = _constant(hermitian_basis(shape.memory + shape.wires)[1:], self.angles)
        dimension = basis.shape[1]
        hermitian = (self.angles.to(basis.dtype) @ basis.flatten(1)).unflatten(1, (dimension, -1))
        return torch.matrix_exp(1j * hermitian)

    def states(self) -> Tensor:
        """Return the words as unit vectors, complex (tokens, 2^wires)."""
        found = torch.view_as_complex(self.words.contiguous())
        return found / torch.linalg.vector_norm(found, dim=1, keepdim=True)

    def vectors(self) -> Tensor:
        """Return the words as density vectors, (tokens, 4^wires)."""
        psi = self.states()
        basis = _constant(hermitian_basis(self.shape.wires), self.words)
        return torch.einsum("va,kab,vb->vk", psi.conj(), basis, psi).real

    def channels(self, noise: float = 0.0) -> Tensor:
        """Return R, (boxes, 4^memory, 4^memory, 4^wires).

        Args:
            noise: probability that a box leaves what it keeps completely mixed.
        """
        shape, u = self.shape, self.unitaries()
        kept, word = hermitian_basis(shape.memory), hermitian_basis(shape.wires)
        closed = np.eye(2**shape.wires)
        if shape.closure == "post-select":
            closed = np.diag(np.eye(2**shape.wires)[0])
        asked = _constant(np.stack([np.kron(b, closed) for b in kept]), self.angles)
        heard = u.mH[:, None] @ asked @ u[:, None]
        pairs = _constant(np.einsum("iab,jcd->ijacbd", kept, word), self.angles)
        pairs = pairs.reshape(len(kept) * len(word), -1)
        found = (heard.flatten(2) @ pairs.conj().T).real
        if noise:
            keep = torch.full((len(kept), 1), 1.0 - noise, dtype=found.dtype)
            keep[0] = 1.0
            found = found * keep
        return found.unflatten(2, (len(kept), len(word)))

    # ------------------------------------------------------------- contraction

    def outcomes(self, codes: Tensor, noise: float = 0.0) -> tuple[Tensor, Tensor]:
        """Return what is measured of sentences of one length.

        Args:
            codes: numbers of tokens, (batch, length).
            noise: as in `channels`.

        Returns:
            The distribution of the register read, (batch, 2^read), the first qubit most
            significant; and the logarithm of the probability that nothing was lost, (batch,).
        """
        return self.contracted(codes, self.vectors(), self.channels(noise))

    def contracted(self, codes: Tensor, words: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Return `outcomes` of codes, with the results of `vectors` and `channels`."""
        logs = self.words.new_zeros(len(codes))
        contract = self._path if self.shape.arch == "path" else self._tree
        final, logs = contract(codes, words, boxes, logs)
        basis = hermitian_basis(self.shape.memory)
        values = np.einsum("kaa->ka", basis).real.reshape(len(basis), 2**self.read, -1).sum(axis=2)
        found = final @ torch.from_numpy(values).to(final)
        total = found.sum(dim=1, keepdim=True)
        return found / total, logs + total[:, 0].log()

    def _tree(
        self, codes: Tensor, words: Tensor, boxes: Tensor, logs: Tensor
    ) -> tuple[Tensor, Tensor]:
        shape, flat = self.shape, boxes.flatten(2)
        row: Tensor | None = None
        for merges in shape.levels(codes.shape[1]):
            count, numbers = len(merges), [m.box for m in merges]
            if row is None and len(words) ** 2 < codes.shape[0] * count and len(set(numbers)) == 1:
                # Pairs of words are few: each is merged once, and looked up.
                table = _outer(words[:, None], words[None]) @ flat[numbers[0]].T
                pairs = codes[:, : 2 * count : 2] * len(words) + codes[:, 1 : 2 * count : 2]
                merged, rest = table.flatten(0, 1)[pairs], words[codes[:, 2 * count :]]
            else:
                row = words[codes] if row is None else row
                joint = _outer(row[:, : 2 * count : 2], row[:, 1 : 2 * count : 2])
                if len(set(numbers)) == 1:
                    merged = joint @ flat[numbers[0]].T
                else:
                    merged = (joint.transpose(0, 1) @ flat[numbers].mT).transpose(0, 1)
                rest = row[:, 2 * count :]
            merged, lost = self._scaled(merged)
            logs = logs + (0 if lost is None else lost.sum(dim=1))
            row = torch.cat([merged, rest], dim=1)
        return (words[codes] if row is None else row)[:, 0], logs

    def _path(
        self, codes: Tensor, words: Tensor, boxes: Tensor, logs: Tensor
    ) -> tuple[Tensor, Tensor]:
        shape = self.shape
        blank = hermitian_basis(shape.memory - shape.wires)[:, 0, 0].real
        first = torch.from_numpy(blank.copy()).to(words)
        memory = _outer(first.expand(len(codes), -1), words[codes[:, 0]])
        moves = torch.einsum("nkij,vj->nvki", boxes, words)
        for time in range(1, codes.shape[1]):
            move = moves[shape.box(0, time - 1)][codes[:, time]]
            memory, lost = self._scaled((move @ memory[..., None])[..., 0])
            logs = logs if lost is None else logs + lost
        return memory, logs

    def _scaled(self, vectors: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return vectors of trace 1 and the logarithms of their traces; as they are if kept."""
        if self.shape.closure == "discard":
            return vectors, None
        trace = vectors[..., :1] * 2.0 ** (self.shape.memory / 2)
        return vectors / trace, trace[..., 0].log()

    # ------------------------------------------------------------------ classes

    def logits(self, p: Tensor) -> Tensor:
        """Return exp(scale)·P + offsets where they are learnt, log P otherwise."""
        if not len(self.offsets):
            return (p.clamp_min(0.0) + _LEAST).log()
        free = torch.cat([self.offsets.new_zeros(1), self.offsets])
        return self.scale.exp() * p + free

    def calibrate(self, p: Tensor) -> None:
        """Choose scale and offsets so that the logits of rows spread by about 1 around 0."""
        spread = float(p.std(dim=0).mean())
        scale = min(max(1.0 / max(spread, 1e-9), 2.0), 200.0)
        mean = -scale * p.mean(dim=0)
        self.scale.data.fill_(math.log(scale))
        self.offsets = torch.nn.Parameter((mean[1:] - mean[0]).detach().to(self.words))

    # ------------------------------------------------------- what a Network must

    def forward(self, x: Tensor, unit: bool = False) -> tuple[Tensor, Tensor]:
        """Return the distribution of outcomes and log success of codes (batch, length)."""
        return self.outcomes(x)

    def log_norm(self) -> Tensor:
        """Return 0: probabilities are normalised."""
        return torch.zeros_like(self.scale)

    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays; see `Network.check_arrays`.

        Args:
            sites: number of tokens known.
            phys: dimension of a word state.
            outputs: number of classes.
        """
        shape = self.shape
        check_array("words", self.words, (sites, phys, 2))
        check_array("angles", self.angles, (shape.boxes, 4 ** (shape.memory + shape.wires) - 1))
        if self.offsets.shape not in ((0,), (outputs - 1,)) or self.scale.shape:
            raise fail("offsets", f"none or {outputs - 1}", tuple(self.offsets.shape))


def modulo(p: Any, classes: int) -> Any:
    """Return sums over outcomes that are the same modulo the number of classes."""
    if p.shape[1] == classes:
        return p
    padded = torch.nn.functional.pad(p, (0, -p.shape[1] % classes))
    return padded.unflatten(1, (-1, classes)).sum(dim=1)


def _outer(a: Tensor, b: Tensor) -> Tensor:
    return (a.unsqueeze(-1) * b.unsqueeze(-2)).flatten(-2)


def _constant(array: Any, like: Tensor) -> Tensor:
    dtype = torch.complex64 if like.dtype == torch.float32 else torch.complex128
    return torch.from_numpy(np.ascontiguousarray(array)).to(dtype)


def _swap(shape: Architecture) -> Any:
    """Return the swap of the word and the last qubits of the memory, on memory ⊗ word."""
    size, rest = 2**shape.wires, 2 ** (shape.memory - shape.wires)
    swap = np.eye(size**2).reshape(size, size, size, size).transpose(1, 0, 2, 3)
    return np.kron(np.eye(rest), swap.reshape(size**2, size**2))
