"""Compute–uncompute against dense linear algebra."""

from dataclasses import replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid.forms.overlap import Overlap, all_zeros, overlap_circuit


def encoded(x: np.ndarray) -> np.ndarray:
    """Dense |Φ(x)⟩, qubit 0 least significant."""
    out = np.ones(1)
    for value in x:
        out = np.kron([np.cos(np.pi * value / 2), np.sin(np.pi * value / 2)], out)
    return out


def preparation(seed: int, n: int) -> QuantumCircuit:
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n)
    for i in range(n - 1):
        circuit.u(*rng.uniform(0, np.pi, 3), i)
        circuit.cx(i, i + 1)
    return circuit


@pytest.mark.parametrize("seed", range(3))
def test_all_zero_probability_is_the_overlap(seed: int) -> None:
    n = 4
    circuit = preparation(seed, n)
    x = np.random.default_rng(seed).random(n)
    bound = overlap_circuit(circuit).assign_parameters(x)
    probability = abs(Statevector(bound).data[0]) ** 2
    exact = abs(np.vdot(encoded(x), Statevector(circuit).data)) ** 2
    assert abs(probability - exact) < 1e-13
    assert all_zeros(n) == "0" * n


def test_parameters_keep_the_order_of_the_features_beyond_ten() -> None:
    circuit = overlap_circuit(QuantumCircuit(12))
    assert [p.name for p in circuit.parameters] == [f"x[{i}]" for i in range(12)]


@pytest.mark.parametrize("stderr", [0.02, 0.004])
def test_the_shots_needed_give_the_error_asked_for(stderr: float) -> None:
    data = qtn.load_digits(size=2, classes=(0, 1), seed=0)
    model = qtn.MPSClassifier(4, epochs=8, progress=False).fit(data.x_train, data.y_train)
    quantum = qtn.deploy(model, qtn.Staircase(layers=2), device="tensor", progress=False)
    x = data.x_test[:20]
    form = Overlap()
    shots = form.shots_needed(quantum, x, stderr)
    p = quantum.ideal_scores(x) / quantum.weights
    exact = quantum.weights * np.sqrt(p * (1 - p) / shots)
    assert exact.max() == pytest.approx(stderr, rel=0.01)
    assert form.shots_needed(quantum, x[:3], stderr) <= shots
    measured = replace(quantum, shots=shots).scores(x)
    # The worst input decides; its error is estimated from counts, to some per cent.
    assert np.max(measured.stderr) == pytest.approx(stderr, rel=0.2)
    # Of N shots N p are all zeros on average.
    zeros = np.asarray(measured.value) / quantum.weights * shots
    assert np.all(np.abs(zeros - shots * p) <= 5 * np.sqrt(shots * p * (1 - p)) + 5)
    for wrong in (0.0, -1.0, np.nan, "small"):
        with pytest.raises(ArgumentError, match="`stderr` must be"):
            form.shots_needed(quantum, x, wrong)
