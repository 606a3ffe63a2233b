"""Gates commute with all rotations, are unitary, and their derivatives are right."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import unitary_group

from qtn.applications.spins.vertices import KINDS, gate_matrix, on_qubits, su2
from qtn.states.operators import PAULI


@pytest.mark.parametrize("name", KINDS)
def test_gates_commute_with_rotations(name: str) -> None:
    kind, rng = KINDS[name], np.random.default_rng(0)
    for _ in range(20):
        gate = gate_matrix(kind, rng.uniform(-np.pi, np.pi, kind.angles))
        one = unitary_group.rvs(2, random_state=rng)
        all_spins = one
        for _ in range(kind.spins - 1):
            all_spins = np.kron(all_spins, one)
        assert np.abs(gate @ all_spins - all_spins @ gate).max() < 1e-12
        assert np.abs(gate @ gate.conj().T - np.eye(len(gate))).max() < 1e-12
        assert np.isrealobj(gate) is kind.real


@pytest.mark.parametrize("name", KINDS)
def test_derivatives(name: str) -> None:
    kind, rng = KINDS[name], np.random.default_rng(1)
    for scale in (1.0, 1e-4, 0.0):
        angles = scale * rng.normal(size=kind.angles)
        _, slopes = kind.coefficients(angles)
        for k, slope in enumerate(slopes):
            step = np.zeros(kind.angles)
            step[k] = 1e-6
            there, here = (kind.coefficients(angles + s * step)[0] for s in (1, -1))
            assert np.abs((there - here) / 2e-6 - slope).max() < 1e-9


def test_angles_of_zero_are_the_identity() -> None:
    for kind in KINDS.values():
        gate = gate_matrix(kind, np.zeros(kind.angles))
        assert np.abs(gate - np.eye(2**kind.spins)).max() < 1e-15


def test_chiral_gates_turn_by_the_triple_product() -> None:
    spins = [[np.kron(np.kron(*_row(p, k)[:2]), _row(p, k)[2]) / 2 for p in PAULI[1:]]
             for k in range(3)]  # fmt: skip
    a, b, c = spins
    product = sum(
        s * a[i] @ b[j] @ c[k]
        for i, j, k, s in ((0, 1, 2, 1), (1, 2, 0, 1), (2, 0, 1, 1), (0, 2, 1, -1), (2, 1, 0, -1),
                           (1, 0, 2, -1))
    )  # fmt: skip
    found = gate_matrix(KINDS["chiral"], np.array([0.3]))
    errors = [np.abs(expm(1j * s * 0.3 * 4 / np.sqrt(3) * product) - found).max() for s in (1, -1)]
    assert min(errors) < 1e-12


def _row(pauli: np.ndarray, k: int) -> list[np.ndarray]:
    return [pauli if k == i else np.eye(2) for i in range(3)]


def test_operators_are_matrix_units() -> None:
    quartet, *units = on_qubits(3)
    for number, unit in enumerate(units):
        a, b = divmod(number, 2)
        for other_number, other in enumerate(units):
            c, d = divmod(other_number, 2)
            expected = units[2 * a + d] if b == c else np.zeros((8, 8))
            assert np.abs(unit @ other - expected).max() < 1e-14
        assert np.abs(quartet @ unit).max() < 1e-14
    assert round(np.trace(quartet)) == 4
    matrix, _ = su2(np.array([0.2, -0.4, 1.0]))
    wanted = expm(1j * np.tensordot([0.2, -0.4, 1.0], PAULI[1:], 1))
    assert np.abs(matrix - wanted).max() < 1e-14
