"""Parameters are counted as their models keep them."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from qtn.reports.parameters import _angles, count_parameters

X, Y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_models_of_scikit_learn() -> None:
    assert count_parameters(LogisticRegression().fit(X, Y)) == 4
    network = MLPClassifier((5,), max_iter=2).fit(X, Y)
    assert count_parameters(make_pipeline(StandardScaler(), network).fit(X, Y)) == 5 * 4 + 6
    for kernel in ("rbf", "linear"):
        machine = SVC(kernel=kernel).fit(X, Y)
        assert count_parameters(machine) == len(machine.support_) * 4 + 1
    assert count_parameters(KNeighborsClassifier().fit(X, Y)) is None


def test_tensor_networks_and_circuits(comparison) -> None:
    cores = comparison.model.network_.parameters()
    assert count_parameters(comparison.model) == sum(p.numel() for p in cores)
    angles = [len(i.operation.params) for c in comparison.quantum.compiled for i in c.circuit.data]
    assert count_parameters(comparison.quantum) == sum(angles) > 0


def test_angles_that_a_row_binds_are_no_parameters() -> None:
    circuit = QuantumCircuit(2)
    circuit.ry(0.3, 0)
    circuit.ry(Parameter("x") * 2, 1)
    circuit.cx(0, 1)
    circuit.unitary(np.eye(4), [0, 1])
    assert _angles(circuit) == 1
