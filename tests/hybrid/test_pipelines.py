"""Pipelines, searches and scikit-learn's manners around deployed models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid.pipelines import passed, taken_apart

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(c, 1.0, size=(40, 4)) * [1, 10, 100, 5] for c in (-1, 1)])
Y = np.repeat(["no", "yes"], 40)


def network(**options: Any) -> qtn.MPSClassifier:
    return qtn.MPSClassifier(3, epochs=4, progress=False, **options)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return make_pipeline(StandardScaler(), "passthrough", MinMaxScaler(), network()).fit(X, Y)


@pytest.fixture(scope="module")
def quantum(pipeline: Pipeline) -> qtn.QuantumClassifier:
    return qtn.deploy(pipeline, qtn.Staircase(2), device="tensor", progress=False)


def test_a_pipeline_keeps_its_steps(pipeline: Pipeline, quantum: qtn.QuantumClassifier) -> None:
    assert [type(step) for step in quantum.before] == [StandardScaler, MinMaxScaler]
    bare = qtn.deploy(pipeline[-1], qtn.Staircase(2), device="tensor", progress=False)
    assert bare.before == ()
    assert quantum.ideal_scores(X) == pytest.approx(bare.ideal_scores(pipeline[:-1].transform(X)))
    assert quantum.n_features_in_ == bare.n_features_in_ == 4
    judged = qtn.deploy(pipeline, qtn.Staircase(1), rows=X[:10], progress=False)
    assert "of 10 rows" in judged.why


def test_a_search_is_its_best_estimator(pipeline: Pipeline) -> None:
    grid = GridSearchCV(
        make_pipeline(MinMaxScaler(), network()), {"mpsclassifier__bond": [2, 3]}, cv=2
    ).fit(X, Y)
    quantum = qtn.deploy(grid, qtn.Staircase(1), device="tensor", progress=False)
    assert [type(step) for step in quantum.before] == [MinMaxScaler]
    assert quantum.ideal_scores(X[:5]).shape == (5, 2)
    nested = Pipeline([("outer", StandardScaler()), ("inner", pipeline)])
    found, before = taken_apart("model", nested)
    assert (type(found), len(before)) == (qtn.MPSClassifier, 3)
    assert taken_apart("model", FrozenEstimator(pipeline))[0] is pipeline[-1]


def test_what_cannot_be_taken_apart_is_refused(quantum: qtn.QuantumClassifier) -> None:
    unfitted = GridSearchCV(network(), {"bond": [2]})
    for wrong, message in (
        (unfitted, "GridSearchCV without a best estimator"),
        (make_pipeline("passthrough"), "a pipeline that ends in a trained model"),
        (make_pipeline(StandardScaler(), network()), "`model` must be a fitted classifier"),
        (make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y), "a fitted classifier"),
    ):
        with pytest.raises(ArgumentError, match=message):
            qtn.deploy(wrong, qtn.Staircase(1))
    with pytest.raises(ArgumentError, match="`x` does not pass StandardScaler"):
        quantum.predict(X[:, :3])
    with pytest.raises(ArgumentError, match="does not pass StandardScaler"):
        passed(quantum.before, object())


def test_the_manners_of_a_classifier(quantum: qtn.QuantumClassifier) -> None:
    assert is_classifier(quantum)
    check_is_fitted(quantum)
    assert clone(quantum) is quantum
    assert quantum.get_params()["shots"] == 4096
    assert list(quantum.classes_) == ["no", "yes"]
    with pytest.raises(ArgumentError, match=r"trained already.*refine.*FrozenEstimator"):
        quantum.fit(X, Y)


def test_it_works_inside_other_estimators(quantum: qtn.QuantumClassifier) -> None:
    x, y = X[::8], Y[::8]
    frozen = FrozenEstimator(quantum)
    vote = VotingClassifier([("q", frozen), ("l", LogisticRegression())], voting="soft").fit(X, Y)
    assert vote.predict_proba(x).sum(axis=1) == pytest.approx(1.0)
    found = permutation_importance(quantum, x, y, n_repeats=1, random_state=0)
    assert found.importances_mean.shape == (4,)
    weights = np.arange(len(x))
    right = quantum.predict(x) == y
    assert quantum.score(x, y, sample_weight=weights) == pytest.approx(
        np.average(right, weights=weights)
    )
