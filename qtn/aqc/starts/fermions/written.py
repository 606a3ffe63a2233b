"""Layers of hops and couplings, written as blocks on the qubits of a circuit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from qtn.aqc.shape.blocks import Block, Blocks
from qtn.aqc.starts.fermions.correlations import Placed
from qtn.aqc.starts.fermions.determinants import Layers
from qtn.aqc.starts.fermions.species import Species
from qtn.aqc.starts.fermions.zigzag import SWAP, place_before

FLIP = np.array([[0.0, 1.0], [1.0, 0.0]])


def hop_blocks(
    species: Species, shapes: Sequence[Layers], found: Sequence[np.ndarray], placed: Placed,
    line: bool = False,
) -> Blocks:  # fmt: skip
    """Return the blocks of a start, layers of hops, and couplings with what undoes their mean.

    Args:
        species: the circuit that is shortened.
        shapes: layers of its chains.
        found: their parameters.
        placed: the couplings.
        line: swap the two qubits of every site after every layer but the last, see `zigzag`.
    """
    depth = shapes[0].depth
    blocks: list[Block] = [
        ((_place(species, mode, depth - 1, line),), FLIP) for mode in np.flatnonzero(species.filled)
    ]
    now = np.eye(species.n, dtype=complex)[:, species.filled]
    beside = {frozenset(bond) for chain in species.chains for bond in pairwise(chain.modes)}
    for layer in range(depth):
        left = depth - 1 - layer
        for chain, shape, x in zip(species.chains, shapes, found, strict=True):
            start, gates = shape.starts[layer], shape.gates(x)[layer]
            for j, gate in enumerate(gates):
                a, b = chain.modes[start + 2 * j : start + 2 * j + 2]
                sites = _place(species, a, left, line), _place(species, b, left, line)
                blocks.append((sites, conserving(gate, 0.0)))
                now[[a, b]] = gate @ now[[a, b]]
        between: dict[tuple[int, int], np.ndarray] = {}
        if layer in placed.layers:
            for (a, b), phase in zip(placed.pairs, placed.phases[placed.layers.index(layer)]):
                density = now[[a, b]] @ now[[a, b]].conj().T
                if frozenset((a, b)) not in beside:
                    density = np.diag(np.diag(density))
                field = np.trace(density) * np.eye(2) - density
                between[a, b] = conserving(_turn(field, -phase), phase)
        if line and left:
            pairs = zip(*(chain.modes for chain in species.chains), strict=True)
            sites_of = [(min(pair), max(pair)) for pair in pairs]
            between = {pair: SWAP @ between.get(pair, np.eye(4)) for pair in sites_of}
        for (a, b), matrix in between.items():
            blocks.append(
                ((_place(species, a, left, line), _place(species, b, left, line)), matrix)
            )
    return Blocks(species.n, tuple(blocks))


def _place(species: Species, mode: Any, swaps: int, line: bool) -> int:
    """Return the site of a mode before so many layers of swaps."""
    qubit = species.qubits[mode]
    return place_before(qubit, swaps) if line else qubit


def conserving(gate: np.ndarray, phase: float) -> np.ndarray:
    """Return the gate on two qubits of a one-body unitary on two modes, and exp(i phase n n)."""
    out = np.zeros((4, 4), complex)
    out[0, 0], out[3, 3] = 1.0, np.linalg.det(gate) * np.exp(1j * phase)
    out[1:3, 1:3] = gate[::-1, ::-1]
    return out


def _turn(field: np.ndarray, angle: float) -> np.ndarray:
    """Return exp(i angle field) for a Hermitian field."""
    energies, vectors = np.linalg.eigh(field)
    found: np.ndarray = (vectors * np.exp(1j * angle * energies)) @ vectors.conj().T
    return found
