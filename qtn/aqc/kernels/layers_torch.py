"""States between layers in torch: batched over sites and layers, padded bonds; for GPUs.

The algorithm is that of `layers_cpu`, term for term. All gates of a layer are applied at once, in
one batch over the sites; environments are found in one pass along the chain for all layers.
Bonds are padded with zeros to the largest of a state, so that a CPU is faster with ragged bonds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from qtn.aqc.kernels.layers_cpu import SLACK, hastings, polar_gate
from qtn.aqc.shape.ansatz import Layer
from qtn.errors import ArgumentError
from qtn.states.gpu_linear import orthonormal
from qtn.states.schmidt import SchmidtForm


@dataclass(slots=True)
class Padded:
    """A state in Hastings' form, padded.

    Args:
        tensors: right-canonical, (n, χ, 2, χ).
        rho: density matrices of the part left of each site, (n, χ, χ).
        bonds: the true dimension of the bond left of each site.
        weight: the squared norm that truncations have left, on the device.
    """

    tensors: Tensor
    rho: Tensor
    bonds: list[int]
    weight: Tensor


def padded(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return the tensor cut or filled with zeros to `shape`."""
    out = tensor.new_zeros(shape)
    part = tuple(slice(0, min(a, b)) for a, b in zip(tensor.shape, shape, strict=True))
    out[part] = tensor[part]
    return out


def joined(a: Tensor, b: Tensor) -> Tensor:
    """Return Σ_m a_{l s m} b_{m t r} of batches as (batch, l, 4, r)."""
    left, right = a.shape[1], b.shape[3]
    return (a.flatten(1, 2) @ b.flatten(2, 3)).reshape(-1, left, 4, right)


def inward(pair: Tensor) -> Tensor:
    """Return (batch, l, 4, r) as (batch, 4, l·r), the form in which a gate is one product."""
    return pair.transpose(1, 2).flatten(2, 3)


def outward(pair: Tensor, left: int) -> Tensor:
    """Undo `inward`, where the left bond is `left`."""
    return pair.unflatten(2, (left, -1)).transpose(1, 2).contiguous()


def contracted(pair: Tensor, b: Tensor) -> Tensor:
    """Return Σ_{t r} pair_{l (s t) r} b_{f t r} as (batch, l, s, f)."""
    left, right = pair.shape[1], pair.shape[3]
    wide = pair.reshape(-1, 2 * left, 2 * right) @ b.flatten(2, 3).mT
    return wide.unflatten(1, (left, 2))


def _numbers(layers: list[tuple[Layer, slice]], n: int) -> np.ndarray:
    """Return the number of the gate on every bond of every layer, (n - 1, layers); -1: none."""
    found = np.full((n - 1, len(layers)), -1)
    for column, (layer, part) in enumerate(layers):
        found[list(layer.bonds), column] = part.start + np.arange(len(layer.bonds))
    return found


class TorchEngine:
    """States and environments of the layered kernel in torch.

    Args:
        target: chain of arrays `(left, 2, right)`, canonical with centre 0, norm 1.
        device: a torch device, such as "cuda" or "cpu".

    Raises:
        ArgumentError: the device is not there.
    """

    def __init__(self, target: list[np.ndarray], device: str) -> None:
        try:
            self._device = torch.device(device)
            torch.empty(1, device=self._device)
        except (RuntimeError, AssertionError) as error:
            raise ArgumentError(
                f"Argument `device` must name a torch device of this machine, but is {device!r}. "
                f"Use None for the compiled kernels on the CPU."
            ) from error
        self._target = SchmidtForm.from_right(target)
        self._n = len(target)
        self._sent_target: tuple[tuple[float, np.dtype], Padded] | None = None

    def _send(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def _one(self) -> Tensor:
        return torch.ones((), dtype=torch.float64, device=self._device)

    def zero(self, dtype: np.dtype) -> Padded:
        """Return |0...0>."""
        tensors = np.zeros((self._n, 1, 2, 1), dtype)
        tensors[:, 0, 0, 0] = 1.0
        rho = self._send(np.ones((self._n, 1, 1), dtype))
        return Padded(self._send(tensors), rho, [1] * self._n, self._one())

    def target(self, cut: float, dtype: np.dtype) -> Padded:
        """Return the target with bonds that lose at most the weight `cut` each."""
        if self._sent_target is not None and self._sent_target[0] == (cut, dtype):
            return self._sent_target[1]  # it would be sent for every gradient
        state = hastings(self._target, cut, dtype)
        bonds = [len(t) for t in state.tensors]
        size = max(bonds)
        tensors = np.zeros((self._n, size, 2, size), dtype)
        rho = np.zeros((self._n, size, size), dtype)
        for k, (tensor, weights) in enumerate(zip(state.tensors, state.rho, strict=True)):
            tensors[k, : tensor.shape[0], :, : tensor.shape[2]] = tensor
            rho[k, : len(weights), : len(weights)] = weights
        found = Padded(self._send(tensors), self._send(rho), bonds, self._one())
        self._sent_target = (cut, dtype), found
        return found

    def apply(
        self,
        state: Padded,
        layer: Layer,
        gates: np.ndarray,
        dagger: bool,
        limits: tuple[float, int],
        guess: Padded | None,
    ) -> Padded:
        """Return the state after the layer or its inverse; disjoint gates in one batch."""
        number = {k: i for i, k in enumerate(layer.bonds)}
        order = layer.bonds if layer.down != dagger else layer.bonds[::-1]
        groups = [order] if layer.disjoint else [(k,) for k in order]
        for group in groups:
            used = self._send(gates[[number[k] for k in group]])
            state = self._gates(state, group, used.mH if dagger else used, limits, guess)
        return state

    def _gates(
        self,
        state: Padded,
        group: tuple[int, ...],
        gates: Tensor,
        limits: tuple[float, int],
        guess: Padded | None,
    ) -> Padded:
        at = torch.tensor(group, device=self._device)
        chi, m = state.tensors.shape[1], len(group)
        first, second = state.tensors[at], state.tensors[at + 1]
        pair = outward(gates @ inward(joined(first, second)), chi)
        flat, rho = pair.reshape(m, 2 * chi, 2 * chi), state.rho[at]
        heavy = (rho @ pair.reshape(m, chi, 4 * chi)).reshape(m, 2 * chi, 2 * chi)
        weight = (flat.conj() * heavy).sum((1, 2)).real
        most = [
            min(2 * state.bonds[k], 2 * (state.bonds[k + 2] if k + 2 < self._n else 1), limits[1])
            for k in group
        ]
        old = (
            None if guess is None else (guess.tensors[at + 1], [guess.bonds[b + 1] for b in group])
        )
        basis, kept = self._kept(flat, heavy, weight, most, limits[0], old)
        left = (flat @ basis).reshape(m, chi, 2, -1)
        k = left.shape[3]
        moved = left.reshape(m, chi, 2 * k)
        between = left.reshape(m, 2 * chi, k).mH @ (rho @ moved).reshape(m, 2 * chi, k)
        lost = 1.0 - between.diagonal(dim1=1, dim2=2).sum(1).real / weight
        bonds = list(state.bonds)
        for bond, size in zip(group, kept, strict=True):
            bonds[bond + 1] = size
        size = max(bonds)
        tensors = padded(state.tensors, (self._n, size, 2, size))
        matrices = padded(state.rho, (self._n, size, size))
        tensors[at] = padded(left, (m, size, 2, size))
        tensors[at + 1] = padded(basis.mH.reshape(m, k, 2, chi), (m, size, 2, size))
        matrices[at + 1] = padded(between, (m, size, size))
        remaining = state.weight * torch.prod(1.0 - lost.double().clamp(min=0.0))
        return Padded(tensors, matrices, bonds, remaining)

    def _kept(
        self,
        flat: Tensor,
        heavy: Tensor,
        weight: Tensor,
        most: list[int],
        cut: float,
        old: tuple[Tensor, list[int]] | None,
    ) -> tuple[Tensor, list[int]]:
        """Return bases of the spaces kept right of the gates, (m, 2 χ, k), and their dimensions.

        From the guess by one step of subspace iteration if no bond loses too much that way.
        """
        m, size = flat.shape[0], flat.shape[1]
        if old is not None:
            kept = [min(bond, limit) for bond, limit in zip(old[1], most, strict=True)]
            right = padded(old[0], (m, max(kept), 2, size // 2)).reshape(m, -1, size)
            mask = self._mask(kept)
            basis = orthonormal(flat.mH @ (heavy @ (right.mH * mask)), mask)
            held = ((heavy @ basis).conj() * (flat @ basis)).sum((1, 2)).real
            # Without a number, where the columns were too alike, the bonds are diagonalised.
            held_well = (1.0 - held / weight <= SLACK * cut) | (
                held.isfinite() & self._full(kept, most)
            )
            if bool(held_well.all()):
                return basis, kept
        values, vectors = self._weights(flat.mH @ heavy)
        values = values.flip(1).clamp(min=0.0)
        tails = values.flip(1).cumsum(1).flip(1)
        counts = (tails > cut * tails[:, :1]).sum(1).clamp(min=1).tolist()
        kept = [min(count, limit) for count, limit in zip(counts, most, strict=True)]
        return vectors.flip(2)[:, :, : max(kept)] * self._mask(kept), kept

    def _full(self, kept: list[int], most: list[int]) -> Tensor:
        """Return which bonds cannot keep more."""
        full = [k == limit for k, limit in zip(kept, most, strict=True)]
        return torch.tensor(full, device=self._device)

    @staticmethod
    def _weights(gram: Tensor) -> tuple[Tensor, Tensor]:
        """Return eigenvalues, ascending, and eigenvectors of batched matrices, of their precision.

        In double precision: single-precision solvers fail on matrices that are mostly padding. Rows
        of padding get negative values of their own, below all others.
        """
        wide = gram.to(torch.complex128 if gram.is_complex() else torch.float64)
        wide = 0.5 * (wide + wide.mH)
        diagonal = wide.diagonal(dim1=1, dim2=2).real
        empty = (wide.abs().amax(2) == 0).to(diagonal)
        below = -torch.arange(1, gram.shape[1] + 1, device=gram.device) * diagonal.amax(1)[:, None]
        wide = wide + torch.diag_embed(empty * below).to(wide)
        try:
            values, vectors = torch.linalg.eigh(wide)
        except RuntimeError:
            # Some solvers of GPUs give up where LAPACK does not.
            values, vectors = (t.to(wide.device) for t in torch.linalg.eigh(wide.cpu()))
        return values, vectors.to(gram.dtype)

    def _mask(self, kept: list[int]) -> Tensor:
        sizes = torch.tensor(kept, device=self._device)[:, None]
        return (torch.arange(max(kept), device=self._device)[None] < sizes)[:, None]

    def environments(
        self,
        bras: list[Padded],
        kets: list[Padded],
        layers: list[tuple[Layer, slice]],
        gates: np.ndarray,
    ) -> tuple[complex, np.ndarray]:
        """Return the overlap and the environments of all gates, all layers in one batch."""
        found = np.empty_like(gates)
        overlap = self._pass(bras, kets, layers, gates, found, False)
        return overlap, found

    def update(self, bra: Padded, ket: Padded, layer: Layer, gates: np.ndarray) -> complex:
        """Polar update of one layer's gates in place; return the overlap after it."""
        part = [(layer, slice(0, len(gates)))]
        return self._pass([bra], [ket], part, gates, np.empty_like(gates), True)

    def _pass(
        self,
        bras: list[Padded],
        kets: list[Padded],
        layers: list[tuple[Layer, slice]],
        gates: np.ndarray,
        found: np.ndarray,
        update: bool,
    ) -> complex:
        """To the left and back to the right, as in `layers_cpu`, with a leading axis of layers."""
        if not all(layer.down or layer.disjoint for layer, _ in layers):
            raise ArgumentError(
                "Layers for a torch device must act from the left to the right, but one acts from "
                "the right. Use device=None."
            )
        bra, ket = [t.conj() for t in self._stack(bras)], self._stack(kets)
        n = self._n
        scale = torch.stack(
            [(a.weight * b.weight) ** -0.5 for a, b in zip(bras, kets, strict=True)]
        )
        numbers = _numbers(layers, n)
        one = np.eye(4, dtype=gates.dtype)
        sent = self._send(np.where(numbers[..., None, None] >= 0, gates[numbers], one))
        before: list[Tensor] = [sent] * n
        part = bra[n - 1]
        for k in range(n - 2, -1, -1):
            # A bare bond is one with the identity as its gate.
            before[k] = joined(bra[k], part)
            after = outward(sent[k].mT @ inward(before[k]), bra[k].shape[1])
            part = contracted(after, ket[k + 1])
        carry, here = ket[0], []
        for k in range(n - 1):
            pair = joined(carry, ket[k + 1])
            gate = sent[k]
            # One small product per left index: a single long sum would keep few cores busy.
            here.append((before[k] @ pair.mT).sum(1) * scale[:, None, None])
            if update and numbers[k, 0] >= 0:
                i = numbers[k, 0]
                gates[i] = polar_gate(here[k][0].cpu().numpy().astype(gates.dtype), gates[i])
                gate = self._send(gates[i][None])
            after = outward(gate @ inward(pair), carry.shape[1])
            left = bra[k].flatten(1, 2)
            carry = (left.mT @ after.reshape(*left.shape[:2], -1)).unflatten(2, (2, -1))
        every = torch.stack(here).cpu().numpy()
        found[numbers[numbers >= 0]] = every[numbers >= 0]
        return complex(((carry[0] * bra[n - 1][0]).sum() * scale[0]).item())

    def _stack(self, states: list[Padded]) -> list[Tensor]:
        """Return the tensors site by site, the states stacked; outer bonds are 1."""
        size = max(state.tensors.shape[1] for state in states)
        stack = torch.stack([padded(s.tensors, (self._n, size, 2, size)) for s in states])
        sites = list(stack.unbind(1))
        sites[0] = sites[0][:, :1]
        sites[-1] = sites[-1][..., :1]
        return sites
