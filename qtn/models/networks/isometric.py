"""Chains and trees that are quantum circuits: gates on small registers, surplus qubits discarded.

A site is one qubit in the state φ(x). Every gate is an orthogonal matrix on two registers that
keeps some qubits and traces out the rest, see `qtn.models.networks.transfer_channel`: nothing is
post-selected, the circuit runs deterministically.

tree: a node joins the registers of its children and keeps the first q qubits; the root keeps all.
    With mid-circuit reset the number of qubits grows with the depth of the tree alone.
chain: a memory of q qubits meets one site after the other and stays; the last gate keeps all. With
    mid-circuit reset q + 1 qubits serve any number of sites.

Outcome o of the final measurement stands for class o mod (number of classes). With the loss
"softmax" the probabilities P_c of the classes are sharpened by one learnt exponent τ,

    p(c|x) = P_c^τ / Σ_k P_k^τ,

without which the likelihood asks for outcomes near certainty, which channels that forget most of
their input cannot give; the predicted class is the most frequent outcome either way.

Reference: Huggins, Patil, Mitchell, Whaley, Stoudenmire, Quantum Sci. Technol. 4, 024001 (2019),
discriminative trees and qubit-efficient chains. Trained here through the density matrices, without
sampling, by `qtn.models.training.stiefel.OrthogonalAdam`.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np

from qtn._checks import fail
from qtn._optional import Tensor, torch
from qtn._random import generator
from qtn.models.networks.base import Network
from qtn.models.networks.in_numpy.network_arrays import check_array
from qtn.models.networks.transfer_channel import channel, density, entries, pure, readout
from qtn.models.networks.tree import append, outer
from qtn.models.networks.trees import Pairs, layers

_TINY = 1e-6
# Least root of a frequency with an error: bounds the slope of its logarithm.
_LEAST = 3e-3
# Exponent that training starts from.
_SHARPNESS = 2.0
# Size of the random rotations that a chain starts from, in radians.
_TURN = 0.1


@dataclass(frozen=True, slots=True)
class Reading:
    """How a circuit is run and read in training.

    Args:
        noise: probability that a gate leaves its qubits completely mixed.
        readout: probability that a bit is read as the other one.
        shots: number whose scatter the frequencies of the classes have; None: exact.
        draw: seed of the scatter.
    """

    noise: float = 0.0
    readout: float = 0.0
    shots: int | None = None
    draw: int = 0


class IsometricNetwork(Network):
    """Orthogonal gates in stacks (gates, d, d), and the logarithm of the exponent τ."""

    orthogonal = True

    def __init__(self, classes: int, nodes: list[Tensor]) -> None:
        super().__init__()
        self.classes = classes
        self.nodes = torch.nn.ParameterList(nodes)
        start = torch.full((), float(np.log(_SHARPNESS)), dtype=nodes[0].dtype)
        self.sharpness = torch.nn.Parameter(start)

    @abstractmethod
    def outcomes(self, x: Tensor, noise: float = 0.0) -> Tensor:
        """Return the distribution of the outcomes, shape (outcomes, batch).

        Args:
            x: features of unit length, shape (sites, 2, batch).
            noise: probability that a gate leaves its register completely mixed.
        """

    def measured(self, x: Tensor, noise: float = 0.0, readout: float = 0.0) -> Tensor:
        """Return the distribution of what is read, shape (outcomes, batch).

        Args:
            x, noise: as in `outcomes`.
            readout: probability that a bit is read as the other one.
        """
        found = self.outcomes(x, noise)
        if readout:
            for bit in range(len(found).bit_length() - 1):
                parts = found.unflatten(0, (-1, 2, 2**bit))
                found = ((1 - readout) * parts + readout * parts.flip(1)).flatten(0, 2)
        return found

    def probabilities(self, x: Tensor, noise: float = 0.0, readout: float = 0.0) -> Tensor:
        """Return the probabilities of the classes, shape (batch, classes); see `measured`."""
        found = self.measured(x, noise, readout).T
        padded = torch.nn.functional.pad(found, (0, -found.shape[1] % self.classes))
        return padded.unflatten(1, (-1, self.classes)).sum(dim=1)

    def forward(self, x: Tensor, unit: bool = False) -> tuple[Tensor, Tensor]:
        """Return amplitudes (batch, classes) and log scales of 0.

        Args:
            x: features, shape (sites, 2, batch).
            unit: True returns τ log P_c, for "softmax"; False √P_c, for "born".
        """
        return self.read(x, unit, Reading())

    def read(self, x: Tensor, unit: bool, reading: Reading) -> tuple[Tensor, Tensor]:
        """Return what `forward` does, of a circuit that is read as told."""
        p = self.probabilities(x, reading.noise, reading.readout).clamp_min(0.0)
        if reading.shots:
            # The root of a frequency has the same error whatever the frequency is.
            rng = torch.Generator().manual_seed(reading.draw)
            error = torch.randn(p.shape, generator=rng, dtype=p.dtype).to(p)
            roots = (p + _TINY).sqrt() + error / (2 * reading.shots**0.5)
            p = roots.clamp_min(_LEAST).square()
        p = p + _TINY
        return p.log() * self.sharpness.exp() if unit else p.sqrt(), torch.zeros_like(p[:, 0])

    def log_norm(self) -> Tensor:
        """Return 0: the probabilities are normalised."""
        return torch.zeros_like(self.sharpness)

    def exact(self) -> Self:
        """Return a copy in double precision whose gates are those of the circuit."""
        copied = super().exact()
        with torch.no_grad():
            for node, gates in zip(copied.nodes, self.unitaries(), strict=True):
                node.copy_(gates)
        return copied

    def unitaries(self) -> list[Tensor]:
        """Return the gates as the nearest matrices that are orthogonal to double precision."""
        out = []
        for node in self.nodes:
            u, _, vh = torch.linalg.svd(node.detach().cpu().double())
            out.append(u @ vh)
        return out

    @property
    def angles(self) -> int:
        """Number of free angles: d(d-1)/2 for an orthogonal matrix of size d."""
        return sum(len(node) * node.shape[1] * (node.shape[1] - 1) // 2 for node in self.nodes)


class IsometricTree(IsometricNetwork):
    """A tree of gates.

    Args:
        pairs: the tree, see `qtn.models.networks.trees`.
        classes: number of classes.
        nodes: per layer, shape (nodes, d², d²): d is the register dimension that reaches the layer.
        kept: register dimension that every layer keeps; the root's is d².
    """

    def __init__(self, pairs: Pairs, classes: int, nodes: list[Tensor], kept: list[int]) -> None:
        super().__init__(classes, nodes)
        self.pairs, self.kept = pairs, kept
        self.sites = len(pairs) + 1
        self.layers = layers(pairs, self.sites)

    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays; see `Network.check_arrays`."""
        count, d = len(self.layers), phys
        good = self.sites == sites and len(self.nodes) == count == len(self.kept)
        if not good or phys != 2 or self.kept[-1] < outputs:
            raise fail("nodes", f"{count} layers for {sites} qubits, {outputs} classes", sites)
        for k, (layer, node) in enumerate(zip(self.layers, self.nodes, strict=True)):
            check_array(f"nodes.{k}", node, (len(layer.numbers), d * d, d * d))
            d = self.kept[k]
        check_array("sharpness", self.sharpness, ())

    @classmethod
    def coarse_grained(
        cls, x: Tensor, classes: int, pairs: Pairs, bond: int, weights: Tensor | None = None
    ) -> IsometricTree:
        """Build the tree from data: the leading eigenvectors of the pairs' moments are kept.

        Args:
            x: features (rows, sites, 2) of unit length; some hundreds of rows suffice.
            classes: number of classes.
            pairs: the tree.
            bond: register dimension of inner edges, a power of 2.
            weights: of the rows; None: all alike.
        """
        share = torch.ones(len(x)) if weights is None else weights / weights.mean()
        share = share.double()
        rho = pure(x.double().permute(1, 2, 0))
        nodes: list[Tensor] = []
        plan = layers(pairs, len(pairs) + 1)
        dims, d = kept_dimensions(len(plan), bond), 2
        for layer, kept in zip(plan, dims, strict=True):
            joint = outer(rho, layer)
            moments = density((joint * share).mean(dim=2).unflatten(1, (entries(d), -1)), d)
            moments = density(moments.permute(0, 2, 3, 1), d)  # (nodes, a, a', b, b')
            _, vectors = torch.linalg.eigh(moments.transpose(2, 3).flatten(3, 4).flatten(1, 2))
            nodes.append(vectors.mT.flip(1).contiguous())
            if layer is not plan[-1]:
                rho = append(channel(nodes[-1], d, d, kept) @ joint, rho, layer)
            d = kept
        return cls(pairs, classes, nodes, dims)

    def outcomes(self, x: Tensor, noise: float = 0.0) -> Tensor:
        """Return the distribution of the outcomes; see `IsometricNetwork.outcomes`."""
        rho, d = pure(x), 2
        for layer, u, kept in zip(self.layers[:-1], self.nodes, self.kept, strict=False):
            rho = append(channel(u, d, d, kept, noise) @ outer(rho, layer), rho, layer)
            d = kept
        return (readout(self.nodes[-1], d, d, noise) @ outer(rho, self.layers[-1]))[0]


class IsometricChain(IsometricNetwork):
    """A memory register that meets one site after the other.

    Args:
        classes: number of classes.
        gates: shape (sites, 2·D, 2·D), D the dimension of the memory; the index of a column is
            (memory, site), that of a row (discarded qubit, memory).
    """

    def __init__(self, classes: int, gates: Tensor) -> None:
        super().__init__(classes, [gates])
        self.sites, self.bond = len(gates), gates.shape[1] // 2

    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays; see `Network.check_arrays`."""
        gates = self.nodes[0]
        size = gates.shape[1]
        if phys != 2 or size % 2 or size < max(4, outputs):
            raise fail("nodes.0", f"gates on qubits for {outputs} classes", tuple(gates.shape))
        check_array("nodes.0", gates, (sites, size, size))
        check_array("sharpness", self.sharpness, ())

    @classmethod
    def near_identity(
        cls, sites: int, classes: int, bond: int, seed: int, turn: float = _TURN
    ) -> IsometricChain:
        """Build a chain whose gates leave the memory alone, but for small random rotations.

        Uniformly random gates forget a site after a few others; near the identity all sites reach
        the readout.

        Args:
            sites: number of sites.
            classes: number of classes.
            bond: dimension of the memory.
            seed: chooses the rotations.
            turn: their size, about the angle in radians by which a vector turns.
        """
        size = 2 * bond
        rng = generator(seed, "start")
        plane = torch.from_numpy(rng.standard_normal((sites, size, size)))
        rotation = torch.matrix_exp(turn * (plane - plane.mT) / (2 * size) ** 0.5)
        # Columns are (memory, site), rows (discarded, memory): the site is what is discarded.
        order = torch.arange(size).reshape(bond, 2).T.flatten()
        return cls(classes, rotation[:, :, order].mT.contiguous())

    def outcomes(self, x: Tensor, noise: float = 0.0) -> Tensor:
        """Return the distribution of the outcomes; see `IsometricNetwork.outcomes`."""
        return chain_outcomes(self.nodes[0], x, noise)


def chain_outcomes(gates: Tensor, x: Tensor, noise: float = 0.0) -> Tensor:
    """Return the distribution that a memory leaves behind its last site.

    Args:
        gates: shape (sites, 2·D, 2·D), see `IsometricChain`.
        x: features of unit length, shape (sites, 2, batch).
        noise: probability that a gate leaves its register completely mixed.
    """
    d, batch = gates.shape[1] // 2, x.shape[2]
    # Σ_e K_e ρ K_eᵀ row by row, K_e = Σ_b φ_b K_eb: a site is pure, so that this is cheaper
    # than the matrix of the channel. Axes of the rows' gates: (batch, kept, discarded, memory).
    kraus = gates.reshape(-1, 2, d, d, 2).permute(0, 4, 2, 1, 3).flatten(2)
    rho = torch.zeros(batch, d, d, dtype=x.dtype, device=x.device)
    rho[:, 0, 0] = 1.0
    mixed = noise / d * torch.eye(d, dtype=x.dtype, device=x.device)
    for gate, site in zip(kraus[:-1], x[:-1], strict=True):
        step = site.T @ gate
        moved = step.view(batch, 2 * d, d) @ rho
        rho = moved.view(batch, d, 2 * d) @ step.view(batch, d, 2 * d).mT
        if noise:
            rho = (1 - noise) * rho + mixed
    step = (x[-1].T @ kraus[-1]).view(batch, 2 * d, d)
    found = ((step @ rho) * step).sum(dim=2).view(batch, d, 2).permute(2, 1, 0).flatten(0, 1)
    return (1 - noise) * found + noise / (2 * d)


def kept_dimensions(depth: int, bond: int) -> list[int]:
    """Return the register dimension that each layer keeps; the root keeps everything."""
    out, d = [], 2
    for level in range(depth):
        d = d * d if level == depth - 1 else min(bond, d * d)
        out.append(d)
    return out
