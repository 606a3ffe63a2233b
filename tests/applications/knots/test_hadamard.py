"""Hadamard tests without controlled gates, noiseless and noisy."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from qtn.applications.knots import hadamard
from qtn.applications.knots.braid import Braid, read_braid
from qtn.applications.knots.paths import applied, path_value, strings


@pytest.mark.parametrize("word", [(1, 1, -2), (1, -2, 3, -2, -2), (-3, 4, -4, 2, 3, 1)])
def test_circuits_hold_the_elements_of_the_braid(word: tuple[int, ...]) -> None:
    braid = Braid(word)
    basis = strings(braid.strands)
    exact = applied(braid, basis, np.eye(len(basis), dtype=complex)).diagonal()
    n = braid.strands
    for string, element in zip(basis, exact, strict=True):
        parts = []
        for imaginary in (False, True):
            circuit = hadamard.hadamard_test(braid, string, imaginary)
            circuit.remove_final_measurements()
            p = Statevector(circuit).probabilities_dict()
            parts.append(p.get("0" * n, 0.0) - p.get("0" * (n - 1) + "1", 0.0))
            # Without errors nothing is rejected.
            for bits, share in p.items():
                rest = np.array([b == "1" for b in bits[::-1]])[1:]
                assert share < 1e-12 or hadamard._possible(rest, string)
        assert abs(complex(*parts) - element) < 1e-12


@pytest.mark.parametrize("name", ["3_1", "5_2", "7_7", "whitehead"])
def test_counts_within_their_errors(name: str) -> None:
    braid = read_braid(name)
    for mitigation in ((), ("rejection", "conjugate")):
        found = hadamard.measured(braid, 40_000, mitigation, seed=2)
        value, stderr = hadamard.value_of(braid, found)
        difference = value - path_value(braid)
        assert abs(difference.real) < 5 * stderr[0]
        assert abs(difference.imag) < 5 * stderr[1]
        assert found.kept == 1.0


def test_plat_and_drawn_strings() -> None:
    plat = Braid((2, 2, 2), 4, "plat")
    value, stderr = hadamard.value_of(plat, hadamard.measured(plat, 40_000, seed=1))
    assert abs(value - path_value(plat)) < 5 * np.hypot(*stderr)
    many = Braid((1, 2, 3, 4, 5, 6, 7, 8, 8))
    assert len(strings(many.strands)) > hadamard.MAX_STRINGS
    found = hadamard.measured(many, 30_000, seed=1)
    value, stderr = hadamard.value_of(many, found)
    assert found.circuits == 2 * hadamard.MAX_STRINGS
    assert abs(value - path_value(many)) < 5 * np.hypot(*stderr)


def test_crossings_take_few_gates() -> None:
    assert hadamard.measured(read_braid("3_1"), 1000).cx == 2
    assert hadamard.measured(read_braid("4_1"), 1000).cx <= 12


def test_mitigation_takes_out_a_phase() -> None:
    sums = np.array([np.exp(0.3j) * (0.4 + 0.2j), np.exp(0.3j) * (0.4 - 0.2j)])
    value, _ = hadamard._joined(sums, np.full((2, 2), 0.01))
    assert abs(value - (0.4 + 0.2j)) < 1e-14


def test_moments() -> None:
    string = np.array([False, True, False, True])  # 0101, qubits x₁ x₂ x₃
    counts = {"000": 50, "001": 30, "010": 10, "110": 10}
    mean, variance, _ = hadamard._moments(counts, None)
    assert mean == 0.2
    assert 0.7 < 100 * variance < 0.8
    # rest = x₂ ⊕ 0, x₃ ⊕ 1 read right to left: 10 is 11 (a path), 11 is 10 (a path).
    assert hadamard._moments(counts, string)[2] == 1.0
    assert hadamard._moments({"100": 5, "000": 5}, string)[2] == 0.5  # 00 follows no 1
    assert hadamard._moments({"100": 5}, string) == (0.0, 1.0, 0.0)


def test_outcomes_that_are_all_alike_have_an_error() -> None:
    mean, variance, _ = hadamard._moments({"000": 1000}, None)
    assert mean == 1.0
    assert 1e-7 < variance < 1e-5
