"""Slater determinants on arrays against state vectors."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import XXPlusYYGate
from qiskit.quantum_info import Statevector

from qtn.physics.free_fermions.gaussian import (
    apply_matrix,
    filled_orbitals,
    occupations,
    overlap_squared,
    pair_correlations,
)

N = 6


def _both(seed):
    """Return random hops from |010101⟩ as orbitals and as a state vector."""
    rng = np.random.default_rng(seed)
    orbitals, circuit = filled_orbitals(N, [1, 3, 5]), QuantumCircuit(N)
    circuit.x([1, 3, 5])
    for _ in range(12):
        q, angle, phase = rng.integers(N - 1), rng.normal(), rng.normal()
        circuit.append(XXPlusYYGate(-2 * angle), [q, q + 1])
        circuit.p(phase, q)
        hop = np.array([[np.cos(angle), 1j * np.sin(angle)], [1j * np.sin(angle), np.cos(angle)]])
        apply_matrix(orbitals, [q, q + 1], hop)
        apply_matrix(orbitals, [q], np.array([[np.exp(1j * phase)]]))
    return orbitals, Statevector(circuit).data


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_occupations_and_correlations(seed):
    orbitals, psi = _both(seed)
    bits = (np.arange(2**N)[:, None] >> np.arange(N)) & 1
    assert np.allclose(occupations(orbitals), np.abs(psi) ** 2 @ bits, atol=1e-13)
    p = pair_correlations(orbitals)
    assert np.allclose(p @ p, p, atol=1e-13)
    assert np.trace(p).real == pytest.approx(3)
    hop = np.zeros((4, 4))
    hop[1, 2] = 1.0  # |01⟩⟨10|: from qubit 3 to qubit 2, little-endian |3 2⟩
    moved = np.kron(np.eye(4), np.kron(hop, np.eye(4))) @ psi
    assert np.vdot(psi, moved) == pytest.approx(p[3, 2], abs=1e-13)


def test_overlaps_are_those_of_the_states():
    (a, psi), (b, phi) = _both(3), _both(4)
    assert overlap_squared(a, b) == pytest.approx(abs(np.vdot(psi, phi)) ** 2, abs=1e-13)
    assert overlap_squared(a, a) == pytest.approx(1.0, abs=1e-13)
    assert overlap_squared(a, a[:, :2]) == 0.0
    assert overlap_squared(filled_orbitals(3, [0]), filled_orbitals(3, [1])) == 0.0
