"""The classifier: its parts, its choices on training rows alone, its manners."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

import qtn
from qtn.applications.quantum_kernels import IQPMap, RotationMap, ZZMap
from qtn.errors import ArgumentError

Classifier = qtn.QuantumKernelClassifier


def digits() -> tuple[np.ndarray, ...]:
    x, y = load_digits(return_X_y=True)
    kept = np.random.default_rng(0).permutation(np.flatnonzero(y < 6))[:500]
    x, y = x[kept] / 16, np.array([f"digit {k}" for k in y[kept]])
    return x[:300], y[:300], x[300:], y[300:]


def test_it_is_the_support_vector_machine_on_that_kernel() -> None:
    x, y, new, labels = digits()
    model = Classifier(feature_map=RotationMap(), bandwidth=0.6, C=10.0).fit(x, y)
    known = RotationMap(bandwidth=0.6)
    peer = SVC(C=10.0, kernel="precomputed").fit(qtn.kernel_matrix(x, None, known).value, y)
    columns = qtn.kernel_matrix(new, x, known).value
    assert np.array_equal(model.predict(new), peer.predict(columns))
    np.testing.assert_allclose(model.decision_function(new), peer.decision_function(columns))
    assert model.choice_ is None
    assert model.bandwidth_ == 0.6
    assert model.score(new, labels) > 0.9


def test_choices_look_at_training_rows_alone() -> None:
    x, y, new, labels = digits()
    model = Classifier(components=8, per_class=20).fit(x, y)
    assert len(model.rows_) == 120
    assert model.score(new, labels) > 0.8
    assert {cost for _, cost, _ in model.choice_.tried} == {1.0, 10.0, 100.0}
    assert model.choice_.accuracy == max(a for _, _, a in model.choice_.tried)
    assert (model.bandwidth_, model.C_) == (model.choice_.label, model.choice_.cost)
    train = model._scaling.transform(x)
    assert train.min() == pytest.approx(-1)
    assert train.max() == pytest.approx(1)
    again = clone(model).fit(x, y)
    assert np.array_equal(again.decision_function(new), model.decision_function(new))
    assert set(model.seconds_) == {"choice", "fit"}


def test_landmarks_come_near_the_whole_kernel() -> None:
    x, y, new, labels = digits()
    settings = {"components": 8, "bandwidth": 0.7, "C": 10.0}
    whole = Classifier(**settings).fit(x, y).score(new, labels)
    few = Classifier(landmarks=100, **settings).fit(x, y)
    assert few.score(new, labels) > whole - 0.05
    assert np.asarray(few.kernel_.value).shape == (300, 102)


def test_counts_of_a_device() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (36, 2))
    y = (x[:, 0] > 0).astype(int)
    model = Classifier(
        feature_map=IQPMap(repeats=1), method="circuit", device="FakeManilaV2", shots=300,
        mitigation=[qtn.Readout()], C=10.0,
    ).fit(x[:24], y[:24])  # fmt: skip
    assert model.kernel_.shots > 0
    assert "readout" in model.kernel_.method
    assert model.score(x[24:], y[24:]) > 0.7
    exact = np.asarray(qtn.kernel_matrix(x[:24], None, model._map).value)
    assert 0 < np.abs(model.kernel_.value - exact).mean() < 0.1


def test_rows_that_a_choice_cannot_see_are_refused_with_the_way_out() -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (12, 25))
    known = ZZMap(pairs="all")
    with pytest.raises(ArgumentError, match=r"cannot be had: .* Or give `bandwidth` and `C`"):
        Classifier(feature_map=known, method="circuit").fit(x, np.arange(12) % 2)


def test_a_concentrated_kernel_warns() -> None:
    x = np.random.default_rng(2).uniform(-1, 1, (12, 200))
    with pytest.warns(UserWarning, match="concentrated"):
        Classifier(bandwidth=1.0, C=1.0).fit(x, np.arange(12) % 2)
    Classifier(C=1.0).fit(x, np.arange(12) % 2)  # chosen: no warning


def test_pipelines_and_searches_take_it() -> None:
    x, y, *_ = digits()
    model = make_pipeline(MinMaxScaler(), Classifier(bandwidth=0.5, C=1.0))
    assert cross_val_score(model, x[:200], y[:200], cv=2).mean() > 0.8


@pytest.mark.filterwarnings("ignore")
def test_conventions_are_kept() -> None:
    check_estimator(Classifier(bandwidth=0.5, C=1.0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bandwidth": 0}, "`bandwidth`"),
        ({"bandwidth": "wide"}, "`bandwidth`"),
        ({"C": None}, "`C`"),
        ({"C": -1.0}, "`C`"),
        ({"components": 0}, "`components`"),
        ({"components": 9}, "at most 3"),
        ({"per_class": 0}, "`per_class`"),
        ({"landmarks": 0}, "`landmarks`"),
        ({"method": "exact"}, "`method`"),
        ({"folds": 1}, "`folds`"),
        ({"seed": -1}, "`seed`"),
        ({"feature_map": "nothing"}, "`feature_map`"),
        ({"method": "circuit", "shots": 0}, "`shots`"),
    ],
)
def test_bad_parameters(options: dict, message: str) -> None:
    x = np.random.default_rng(3).uniform(-1, 1, (12, 3))
    with pytest.raises(ArgumentError, match=message):
        Classifier(**options).fit(x, np.arange(12) % 2)


def test_bad_rows() -> None:
    x = np.random.default_rng(4).uniform(-1, 1, (12, 3))
    model = Classifier(bandwidth=0.5, C=1.0)
    with pytest.raises(ArgumentError, match="NaN"):
        model.fit(np.full((4, 2), np.nan), [0, 1, 0, 1])
    with pytest.raises(ArgumentError, match="one class only"):
        model.fit(x, np.zeros(12))
    with pytest.raises(ArgumentError, match="must be at most"):
        model.fit(x * 1e9, np.arange(12) % 2)
    model.fit(x, np.arange(12) % 2)
    with pytest.raises(ArgumentError, match="features"):
        model.predict(x[:, :2])
