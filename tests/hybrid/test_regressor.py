"""A regressor on a device: the predictions of the trained one, with their signs and errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import is_regressor
from sklearn.decomposition import PCA
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline

import qtn
from qtn.errors import ArgumentError, BudgetError
from qtn.hybrid import QuantumRegressor, Regression

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 5))
Y = 3.0 + 2.0 * X[:, 0] - X[:, 1] * X[:, 2] + 0.2 * RNG.normal(size=120)
TWO = np.stack([Y, X[:, 3] - X[:, 0]], axis=1)
OPTIONS = {"bond": 4, "epochs": 20, "features": "trigonometric", "progress": False, "seed": 0}


def deployed(
    kind: str = "MPS", y: np.ndarray = Y, method: object = None, **options: object
) -> QuantumRegressor:
    model = getattr(qtn, kind + "Regressor")(**OPTIONS | options).fit(X, y)
    return qtn.deploy(model, method or qtn.Isometries(), device="tensor", progress=False)


@pytest.fixture(scope="module")
def quantum() -> QuantumRegressor:
    return deployed()


@pytest.mark.parametrize(
    ("kind", "y", "options"),
    [
        ("MPS", Y, {}),
        ("MPS", Y, {"order": [3, 1, 4, 0, 2]}),
        ("MPS", TWO, {}),
        ("MPS", Y, {"features": "polynomial", "bond": 2}),
        ("MPS", Y, {"copies": 2, "bond": 2}),
        ("TTN", Y, {}),
        ("TTN", TWO, {"bond": 3, "features": "polynomial"}),
    ],
)
def test_an_exact_circuit_predicts_what_the_model_predicts(
    kind: str, y: np.ndarray, options: dict
) -> None:
    quantum = deployed(kind, y, **options)
    expected = quantum.trained.predict(X[:30])
    assert quantum.fidelity > 1 - 1e-9
    assert quantum.form.qubits(quantum.trained) == quantum.n
    assert quantum.n_features_in_ == 5
    assert quantum.ideal_predict(X[:30]) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("kind", "y"), [("MPS", Y), ("MPS", TWO), ("TTN", Y)])
def test_measured_values_lie_within_their_errors(kind: str, y: np.ndarray) -> None:
    quantum = replace(deployed(kind, y), shots=20_000)
    found, ideal = quantum.values(X[:40]), quantum.ideal_predict(X[:40])
    assert found.shape == ideal.shape
    z = (found.value - ideal) / found.stderr
    assert 0.7 < np.sqrt((z**2).mean()) < 1.3
    expected = quantum.expected_stderr(X[:40])
    assert np.median(found.stderr / expected) == pytest.approx(1, abs=0.1)
    bases = 2 if kind == "TTN" else 1
    assert found.shots == 20_000 * 40 * bases == quantum.plan(X[:40]).shots


def test_the_score_is_the_coefficient_of_determination(quantum: QuantumRegressor) -> None:
    value, error = quantum.predict(X, return_std=True)
    assert quantum.predict(X) == pytest.approx(value)
    assert error.shape == value.shape == (120,)
    assert quantum.score(X, Y) == pytest.approx(r2_score(Y, value))
    assert quantum.score(X, Y) > quantum.trained.score(X, Y) - 0.05
    assert is_regressor(quantum)
    assert repr(quantum).startswith("QuantumRegressor(1 target, 6 qubits, Regression, device=")


def test_a_loss_common_to_all_rows_is_undone(quantum: QuantumRegressor) -> None:
    rows = quantum.rows(X[:40])
    p, _ = quantum.form.exact(quantum, rows)
    lossy = qtn.Estimate(0.6 * p + [0.0, 0.002], 1e-4 * np.ones(p.shape), 1, "lossy")
    ideal = quantum.form.predicted(rows, qtn.Estimate(p, 0 * p, 1, "exact")).value
    rough = replace(quantum.form, calibrated=False).predicted(rows, lossy).value
    near = quantum.form.predicted(rows, lossy).value
    assert np.abs(near - ideal).max() < 0.2 * np.abs(rough - ideal).max()


def test_few_shots_are_refused_with_the_number_needed(quantum: QuantumRegressor) -> None:
    with pytest.raises(ArgumentError, match=r"`shots` is 3, .* take some .* shots per row"):
        replace(quantum, shots=3).predict(X)
    needed = quantum.form.shots_needed(quantum, quantum.rows(X), 0.05)
    errors = quantum.form.stderr(quantum, quantum.rows(X), needed)
    assert errors.max() == pytest.approx(0.05, rel=0.01)


def test_a_pipeline_is_deployed_whole() -> None:
    model = qtn.MPSRegressor(**OPTIONS)
    chain = make_pipeline(PCA(3), model).fit(X, Y)
    quantum = qtn.deploy(chain, qtn.Isometries(), device="tensor", progress=False)
    assert quantum.n_features_in_ == 5
    assert quantum.ideal_predict(X) == pytest.approx(chain.predict(X), abs=1e-3)


def test_budgets_hold(quantum: QuantumRegressor) -> None:
    with pytest.raises(BudgetError):
        replace(quantum, budget=qtn.Budget(shots=10)).predict(X)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (qtn.MPSRegressor(), "`model` must be a fitted regressor, .* Call fit"),
        (X, "`model` must be a fitted regressor"),
    ],
)
def test_what_is_no_fitted_regressor_is_refused(wrong: object, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        qtn.deploy(wrong, form="regression")


def test_inputs_that_cannot_be_used_are_refused(quantum: QuantumRegressor) -> None:
    with pytest.raises(ArgumentError, match="5 features per row, but has 4"):
        quantum.predict(X[:, :4])
    with pytest.raises(ArgumentError, match="`y` must be targets of shape"):
        quantum.score(X, TWO)
    with pytest.raises(ArgumentError, match="no overlaps with product vectors"):
        quantum.form.products(quantum, quantum.rows(X))
    with pytest.raises(ArgumentError, match="needs one circuit with a qubit for its sign"):
        replace(quantum, form=Regression())
    with pytest.raises(ArgumentError, match="call `predicted`"):
        quantum.form.scores(quantum, [])


def test_wide_features_are_refused() -> None:
    data = RNG.integers(0, 6, (60, 3))
    model = qtn.MPSRegressor(bond=2, epochs=1, features="one_hot", progress=False)
    with pytest.raises(ArgumentError, match="features have dimension 6, but"):
        qtn.deploy(model.fit(data, data[:, 0]), device="tensor")


def test_rows_whose_amplitudes_are_above_the_reference() -> None:
    rng = np.random.default_rng(7)
    x = rng.integers(0, 3, (150, 3))
    y = x[:, 0] + (x[:, 1] == x[:, 2])
    settings = {"features": "one_hot", "order": [1, 2, 0], "epochs": 10}
    model = qtn.MPSRegressor(bond=3, **settings).fit(x, y)
    quantum = qtn.deploy(model, qtn.Staircase(layers=6), shots=20_000, device="tensor")
    largest = x[np.argsort(-np.abs(model.predict(x) - y.mean()))[:30]]
    for rows in (largest, largest[:1]):
        exact = quantum.ideal_predict(rows)
        assert exact == pytest.approx(model.predict(rows), abs=0.02)
        value, error = quantum.predict(rows, return_std=True)
        assert np.all(np.abs(value - exact) < 5.0 * error)
