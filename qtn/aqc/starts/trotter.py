"""Starts from product formulas: the shape's layers as merged steps of second order."""

from __future__ import annotations

import numpy as np

from qtn.aqc.kernels.gates import nearest_unitary, parted
from qtn.aqc.shape.ansatz import Ansatz, Layer
from qtn.errors import ArgumentError
from qtn.physics.suzuki import layers as formula
from qtn.physics.terms import bond_matrices, read_terms
from qtn.states import MPO, MPS
from qtn.states.origin import Evolved


def trotter_start(target: MPS, ansatz: Ansatz) -> np.ndarray:
    """Return gates that make the brickwall a product formula for the target's evolution.

    D layers hold (D - 1) // 2 steps of second order; with even D the last layer starts as the
    identity. The product state at time zero is absorbed in the first gate of each site.

    Args:
        target: its `origin` must be a `qtn.Evolution` from a product state.
        ansatz: a brickwall.

    Returns:
        Gates in parts (gates, 2, 4, 4).

    Raises:
        ArgumentError: the target does not come from the evolution of a product state in real time
            under couplings of neighbours.
    """
    origin = target.origin
    if not isinstance(origin, Evolved):
        raise ArgumentError(
            "Argument `start` is 'trotter', but the target does not say how it was evolved. "
            "Make it with qtn.evolve, or use start='identity'."
        )
    if complex(origin.time).imag != 0.0:
        raise ArgumentError(
            f"Argument `start` is 'trotter', but the target was evolved to the imaginary time "
            f"{complex(origin.time):g}, whose product formula is not unitary. "
            "Use Staircase(...) or start='identity'."
        )
    if origin.start.max_bond > 1:
        raise ArgumentError(
            "Argument `start` is 'trotter', but the evolution did not begin in a product state "
            f"(bond {origin.start.max_bond}). Use start='identity' or start=(bonds, gates)."
        )
    terms = read_terms(origin.hamiltonian)
    if not terms.nearest_neighbour:
        raise ArgumentError(
            "Argument `start` is 'trotter', but the Hamiltonian couples sites that are no "
            "neighbours. Use start='identity' or start=(bonds, gates)."
        )
    gates = _layers(ansatz, bond_matrices(terms), complex(origin.time).real)
    absorb_product(ansatz, gates, [t[0, :, 0] for t in origin.start.tensors])
    return parted(gates)


def from_quench(state: MPS) -> bool:
    """Whether the state says that it is a product state after real time, neighbours coupled."""
    origin = state.origin
    if not isinstance(origin, Evolved):
        return False
    if origin.start.max_bond > 1 or complex(origin.time).imag != 0.0:
        return False
    if isinstance(origin.hamiltonian, MPO):
        return False
    return read_terms(origin.hamiltonian).nearest_neighbour


def absorb_product(ansatz: Ansatz, gates: np.ndarray, vectors: list[np.ndarray]) -> None:
    """Let the first gate of every site prepare a product state, in place.

    Args:
        ansatz: every site must have a gate.
        gates: complex (gates, 4, 4).
        vectors: one vector of length 2 per site, of any norm.
    """
    absorb_local(ansatz, gates, [_preparation(v / np.linalg.norm(v)) for v in vectors])


def absorb_local(ansatz: Ansatz, gates: np.ndarray, local: list[np.ndarray]) -> None:
    """Let a one-qubit gate act on every site before its first gate, in place.

    Args:
        ansatz: every site must have a gate.
        gates: complex (gates, 4, 4).
        local: one (2, 2) matrix per site.
    """
    seen: set[int] = set()
    for number, bond in ansatz.sequence():
        for site in {bond, bond + 1} - seen:
            seen.add(site)
            pair = (local[site], np.eye(2)) if site == bond else (np.eye(2), local[site])
            gates[number] = gates[number] @ np.kron(*pair)


def absorb_product_operator(ansatz: Ansatz, gates: np.ndarray, target: MPO) -> None:
    """Let the first gate of every site be that of a product of one-qubit unitaries near a target.

    Args:
        ansatz: every site must have a gate.
        gates: complex (gates, 4, 4).
        target: on as many sites.
    """
    chain = target.chain.truncated(max_bond=1).state
    local = [nearest_unitary(tensor.reshape(2, 2)) for tensor in chain.tensors]
    absorb_local(ansatz, gates, local)


def _layers(ansatz: Ansatz, bonds: np.ndarray, time: float) -> np.ndarray:
    depth = len(ansatz.layers)
    gates = np.tile(np.eye(4, dtype=complex), (ansatz.size, 1, 1))
    if depth < 3:
        sequence = [(part, 1.0) for part in range(depth)]
        step = time
    else:
        steps = (depth - 1) // 2
        sequence, step = list(formula(2, steps)), time / steps
    for layer, part, (_, share) in zip(ansatz.layers, ansatz.slices, sequence):
        gates[part] = _exponentials(bonds, layer, -1j * step * share)
    return gates


def _exponentials(bonds: np.ndarray, layer: Layer, factor: complex) -> np.ndarray:
    values, vectors = np.linalg.eigh(bonds[list(layer.bonds)])
    phases = np.exp(factor * values)[:, None, :]
    gates: np.ndarray = (vectors * phases) @ vectors.conj().transpose(0, 2, 1)
    return gates


def _preparation(vector: np.ndarray) -> np.ndarray:
    a, b = complex(vector[0]), complex(vector[1])
    return np.array([[a, -np.conj(b)], [b, np.conj(a)]])
