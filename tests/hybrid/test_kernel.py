"""Measured kernels: entries against state vectors, symmetry, repair, and a classifier on them."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import Statevector
from sklearn.svm import SVC

import qtn
from qtn.errors import ArgumentError, BudgetError
from qtn.hybrid import QuantumKernel
from qtn.hybrid.kernel import nearest_positive

RNG = np.random.default_rng(0)
X = RNG.random((6, 2))


def entangling() -> QuantumCircuit:
    x = ParameterVector("a", 2)
    circuit = QuantumCircuit(2, name="entangling")
    circuit.h([0, 1])
    circuit.rz(2 * x[0], 0)
    circuit.rz(2 * x[1], 1)
    circuit.rzz(x[0] * x[1], 0, 1)
    circuit.ry(x[1], 0)
    return circuit


def exact(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    states = [[Statevector(entangling().assign_parameters(r)) for r in rows] for rows in (x, z)]
    return np.array([[abs(a.inner(b)) ** 2 for b in states[1]] for a in states[0]])


def test_entries_lie_within_their_errors() -> None:
    kernel = QuantumKernel(feature_map=entangling(), device="tensor", shots=20_000)
    found = kernel.matrix(X[:4], X[4:])
    assert found.shape == (4, 2)
    assert found.shots == 8 * 20_000
    assert np.abs((found.value - exact(X[:4], X[4:])) / found.stderr).max() < 5
    assert repr(kernel) == "QuantumKernel(entangling, device='tensor', shots=20000)"


def test_a_matrix_with_itself_takes_half_the_entries_and_is_positive() -> None:
    kernel = QuantumKernel(feature_map=entangling(), device="tensor", shots=300)
    found = kernel.matrix(X)
    value = np.asarray(found.value)
    assert found.shots == kernel.plan(X).shots == 15 * 300
    assert np.diag(value) == pytest.approx(1)
    assert value == pytest.approx(value.T)
    assert np.linalg.eigvalsh(value).min() > -1e-9
    raw = QuantumKernel(feature_map=entangling(), device="tensor", shots=300, positive=False)
    assert "made positive" in found.method
    assert np.linalg.eigvalsh(raw.matrix(X, X).value).min() < 0
    assert QuantumKernel(device="tensor").matrix(X[:1]).shots == 0


def test_the_default_is_the_kernel_of_trigonometric_features() -> None:
    found = QuantumKernel(device="tensor", shots=50_000).matrix(X[:3], X[3:])
    expected = np.prod(np.cos(np.pi * (X[:3, None] - X[None, 3:]) / 2) ** 2, axis=2)
    assert np.abs(found.value - expected).max() < 5 * 0.5 / 50_000**0.5


def test_a_classifier_takes_it() -> None:
    x = RNG.random((30, 2))
    y = (x[:, 0] > 0.5).astype(int)
    kernel = QuantumKernel(device="FakeManilaV2", shots=500, mitigation=[qtn.Readout()])
    assert SVC(kernel=kernel).fit(x, y).score(x, y) > 0.85


def test_repair_leaves_what_is_positive() -> None:
    good = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert nearest_positive(good) == (good, "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"feature_map": QuantumCircuit(2)}, "circuit with parameters and without measurements"),
        ({"feature_map": "zz"}, "`feature_map` must be a circuit"),
        ({"shots": 0}, "`shots` must be a positive integer"),
        ({"device": "nowhere"}, "nowhere"),
    ],
)
def test_what_is_no_kernel_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        QuantumKernel(**options)


def test_rows_and_budgets_are_checked() -> None:
    kernel = QuantumKernel(feature_map=entangling(), device="tensor", shots=100)
    with pytest.raises(ArgumentError, match="`z` must have 2 features per row, but has 1"):
        kernel.matrix(X, X[:, :1])
    with pytest.raises(BudgetError):
        QuantumKernel(shots=100, budget=qtn.Budget(shots=200)).matrix(X)
