"""Circuits as chains of fermions, as the compiler needs them.

The gates of a circuit are read as hops along chains and phases of densities, and the phases
replaced by their mean field (`qtn.physics.free_fermions`). What is left is a one-body unitary per
chain, and the places where phases acted.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate

from qtn.physics.free_fermions.hartree import mean_field_run
from qtn.physics.free_fermions.reading import Fermions, read_fermions

Gate = tuple[tuple[int, ...], np.ndarray]


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain: its modes, and what the circuit does to them in the mean field.

    Args:
        modes: in the order of the chain.
        occupied: for every one of them whether it begins full.
        total: the one-body unitary (L, L).
        bonds: the angle by which hops turn every bond in all.
    """

    modes: tuple[int, ...]
    occupied: np.ndarray
    total: np.ndarray
    bonds: np.ndarray


@dataclass(frozen=True, slots=True)
class Couplings:
    """The phases exp(i w n_a n_b) of a circuit in time order.

    Args:
        pairs: modes a < b of every one.
        weights: w of every one.
        rows: (phases, 2, n), row k of the one-body unitary up to then belongs to a or b.
    """

    pairs: tuple[tuple[int, int], ...]
    weights: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True, slots=True)
class Species:
    """A circuit as chains of fermions with phases of densities.

    Args:
        n: number of modes.
        filled: for every mode whether it begins full.
        total: the one-body unitary (n, n) in the mean field.
        chains: what hops join.
        couplings: the phases.
        qubits: where every mode is at the end.
    """

    n: int
    filled: np.ndarray
    total: np.ndarray
    chains: tuple[Chain, ...]
    couplings: Couplings
    qubits: tuple[int, ...]


def read_species(n: int, gates: Sequence[Gate]) -> Species:
    """Read gates on one and two qubits, in time order from |0…0⟩, as chains of fermions.

    Args:
        n: number of qubits.
        gates: pairs (sites, matrix), the first site most significant.

    Raises:
        ArgumentError: as `qtn.mean_field`: the start is no basis state, a gate does not conserve
            the number of ones, or hops branch or close a ring.

    Cost: O(n) per gate.
    """
    circuit = QuantumCircuit(n)
    for sites, matrix in gates:
        circuit.append(UnitaryGate(matrix, check_input=False), sites[::-1])
    found = read_fermions(circuit)
    total, kicks = mean_field_run(n, found.filled, found.steps)
    filled = np.isin(np.arange(n), found.filled)
    pairs, rows = [], np.stack([kicks.first.conj(), kicks.second.conj()], axis=1)
    phased = [step.modes for step in found.steps if step.angle]
    for k, (a, b) in enumerate(phased):
        pairs.append((min(a, b), max(a, b)))
        if a > b:
            rows[k] = rows[k, ::-1]
    angles = _hop_angles(found)
    chains = tuple(
        Chain(chain, filled[list(chain)], total[np.ix_(chain, chain)],
              np.array([angles.get(frozenset(bond), 0.0) for bond in itertools.pairwise(chain)]))
        for chain in found.chains
    )  # fmt: skip
    qubits = np.argsort(found.places)
    couplings = Couplings(tuple(pairs), kicks.angles, rows)
    return Species(n, filled, total, chains, couplings, tuple(int(q) for q in qubits))


def _hop_angles(found: Fermions) -> dict[frozenset[int], float]:
    """Return by how much hops turn the pairs of modes in all."""
    angles: dict[frozenset[int], float] = {}
    for step in found.steps:
        if len(step.modes) == 2 and step.matrix[0, 1] != 0.0:
            pair, across = frozenset(step.modes), complex(step.matrix[0, 1])
            angle = np.arctan2(abs(across), abs(step.matrix[0, 0]))
            angles[pair] = angles.get(pair, 0.0) + float(angle * np.sign(across.imag or 1.0))
    return angles
