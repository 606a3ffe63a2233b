"""The regression form: its projectors against dense vectors, errors and shots."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid.forms.regression import Regression

RNG = np.random.default_rng(1)
X = RNG.random((30, 3))
Y = X[:, 0] - X[:, 1] * X[:, 2]


@pytest.mark.parametrize(("kind", "features"), [("MPS", "polynomial"), ("TTN", "trigonometric")])
def test_projectors_are_contracted_as_they_are_measured(kind: str, features: str) -> None:
    model = getattr(qtn, kind + "Regressor")(
        bond=3, epochs=3, features=features, progress=False
    ).fit(X, np.stack([Y, X[:, 0]], axis=1))
    quantum = qtn.deploy(model, qtn.Auto(max_two_qubit_gates=20), device="tensor", progress=False)
    form, rows = quantum.form, quantum.rows(X[:3])
    exact, variances = form.exact(quantum, rows)
    (work,) = form.circuits(quantum, rows)
    assert exact.shape == variances.shape == (3, len(work.observables))
    for row, variance, values in zip(exact, variances, work.rows):
        state = Statevector(work.circuit.assign_parameters(values))
        for observable, mean, spread in zip(work.observables, row, variance):
            terms = observable if isinstance(observable, dict) else {observable: 1.0}
            operator = SparseObservable.from_list(list(terms.items())).as_paulis()
            moved = _applied(operator, state.data)
            assert mean == pytest.approx(np.vdot(state.data, moved).real, abs=1e-10)
            square = np.vdot(moved, moved).real  # of projectors and their differences
            assert spread == pytest.approx(square - mean**2, abs=1e-10)


def _applied(operator: SparseObservable, vector: np.ndarray) -> np.ndarray:
    terms = [("".join(o), q, c) for o, q, c in operator.to_sparse_list()]
    matrix = SparsePauliOp.from_sparse_list(terms, num_qubits=operator.num_qubits)
    return np.asarray(matrix.to_matrix(sparse=True) @ vector)


def test_the_error_of_a_strong_reference_is_that_of_its_shots() -> None:
    model = qtn.MPSRegressor(2, epochs=5, features="trigonometric", progress=False).fit(X, Y)
    quantum = qtn.deploy(model, qtn.Isometries(), device="tensor", progress=False)
    form, rows = Regression(False, quantum.form.parts), quantum.rows(X)
    errors = form.stderr(quantum, rows, 5000)
    r = form.parts.overlap(np.split(rows, 3, axis=1))
    h = (model.predict(X) - model.target_mean_) / model.target_scale_ / form.parts.readout[0, 0]
    expected = form.parts.readout[0, 0] * np.sqrt(
        (r**2 + h**2 - 2 * (r * h) ** 2) / (2 * r**2 * 5000)
    )
    assert errors[:, 0] == pytest.approx(expected, rel=1e-3)


def test_what_was_never_seen_is_an_error() -> None:
    model = qtn.TTNRegressor(2, epochs=2, features="trigonometric", progress=False).fit(X, Y)
    quantum = qtn.deploy(model, qtn.Isometries(), device="tensor", progress=False)
    p, _ = quantum.form.exact(quantum, quantum.rows(X[:4]))
    p[2, -2] = 0.0  # the length of the network's amplitudes
    with pytest.raises(ArgumentError, match=r"Row 2 of `x` was not measured.*Raise `shots`"):
        quantum.form.predicted(quantum.rows(X[:4]), qtn.Estimate(p, 0 * p + 1e-3, 1, "counts"))
