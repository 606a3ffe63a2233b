"""Baselines are fitted on the rows that are given, tuned a little, and as large as asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.svm import SVC

from qtn.errors import ArgumentError
from qtn.reports import baselines
from qtn.reports.baselines import baseline_entrants, hidden_units, shared_rows
from qtn.reports.entrants import Entrant, Question, classical_entrants
from qtn.reports.parameters import count_parameters

RNG = np.random.default_rng(0)
X = RNG.uniform(size=(60, 4))
Y = (X[:, 0] + X[:, 1] > 1).astype(int)
CLASSES = Question(X, Y, np.array([0, 1]))
NUMBERS = Question(X, X[:, 0] * 1e5, None)


def automatic(question: Question, entrants: tuple[Entrant, ...] = ()) -> dict[str, Any]:
    found = baseline_entrants("auto", (X, question.y), question, entrants, 0)
    assert {e.kind for e in found} == {"baseline"}
    return {e.name: e.model for e in found}


def test_automatic_classifiers_learn(comparison) -> None:
    found = automatic(CLASSES, classical_entrants(comparison.model))
    wanted = count_parameters(comparison.model)
    (network,) = (name for name in found if name.startswith("MLP"))
    assert list(found) == ["logistic regression", "RBF-SVM", network]
    assert abs(count_parameters(found[network]) - wanted) <= 3  # half a unit of 6
    assert all(model.score(X, Y) > 0.9 for model in found.values())
    again = automatic(CLASSES, classical_entrants(comparison.model))
    for name, model in found.items():
        np.testing.assert_array_equal(model.predict(X), again[name].predict(X))


def test_automatic_regressors_learn_numbers_of_any_size() -> None:
    found = automatic(NUMBERS)
    assert list(found) == ["ridge regression", "RBF-SVM", "MLP, 32 units"]
    assert all(model.score(X, NUMBERS.y) > 0.9 for model in found.values())


def test_settings_are_chosen_on_some_rows_and_fitted_on_all(monkeypatch: Any) -> None:
    monkeypatch.setattr(baselines, "CHOSEN_ON", 30)
    found = automatic(CLASSES)
    assert found["RBF-SVM"].score(X, Y) > 0.9
    assert found["RBF-SVM"][-1].shape_fit_ == (60, 4)


def test_a_class_of_one_row_is_fitted_without_a_choice() -> None:
    y = np.zeros(60, dtype=int)
    y[0] = 1
    found = baseline_entrants("auto", (X, y), Question(X, y, np.array([0, 1])), (), 0)
    assert len(found) == 3


def test_own_baselines_are_fitted_unless_they_are() -> None:
    fitted = SVC(C=3.0).fit(X, Y)
    first, second = baseline_entrants([fitted, SVC()], (X, Y), CLASSES, (), 0)
    assert first.model is fitted
    assert (first.name, second.name) == ("SVC", "SVC 2")
    assert second.model.score(X, Y) > 0.9
    (own,) = baseline_entrants({"mine": fitted}, None, CLASSES, (), 0)
    assert own.name == "mine"
    unfitted = SVC()
    baseline_entrants([unfitted], (X, Y), CLASSES, (), 0)
    assert not hasattr(unfitted, "support_")  # what the caller gave is left as it was


def test_none_where_none_are_wanted_or_can_be_fitted() -> None:
    assert baseline_entrants(None, (X, Y), CLASSES, (), 0) == ()
    assert baseline_entrants("auto", None, CLASSES, (), 0) == ()


@pytest.mark.parametrize(
    ("given", "train", "message"),
    [
        ("all", (X, Y), '`baselines` must be "auto", None or a list'),
        (3, (X, Y), "`baselines` must be"),
        ([3], (X, Y), "must be a scikit-learn estimator"),
        ([SVC], (X, Y), "must be a scikit-learn estimator"),
        ([BaseEstimator()], (X, Y), "must be a scikit-learn estimator"),
        ([SVC()], None, r"Give train=\(x, y\)"),
        ("auto", X, r"`train` must be a pair \(x, y\)"),
        ("auto", (X[:, :2], Y), "rows of 4 columns with one label each"),
        ("auto", (X, Y[:9]), "rows of 4 columns with one label each"),
        ("auto", (X, np.zeros(60, dtype=int)), "must hold the classes"),
        ("auto", (np.full((60, 4), np.nan), Y), "finite numbers only"),
    ],
)
def test_bad_input(given: Any, train: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        baseline_entrants(given, train, CLASSES, (), 0)


def test_rows_that_were_trained_on_are_counted() -> None:
    assert shared_rows((X[:7], Y[:7]), CLASSES) == 7
    assert shared_rows((X + 1, Y), CLASSES) == 0
    words = np.array([["a", "b"], ["c", "d"]], dtype=object)
    assert shared_rows((words[:1], Y[:1]), Question(words, Y[:2], np.array([0, 1]))) == 1


def test_width_of_a_network_of_so_many_parameters() -> None:
    assert hidden_units(None, 16, 1) == 32
    units = hidden_units(2000, 16, 10)
    assert abs(units * 27 + 10 - 2000) <= 14
    assert hidden_units(1, 16, 10) == 1
