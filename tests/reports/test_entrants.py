"""Who is compared: names, what is refused, and that all answer one question."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import qtn
from qtn.errors import ArgumentError
from qtn.reports.entrants import (
    asked,
    classical_entrants,
    inner_model,
    is_refined,
    model_name,
    quantum_entrants,
    unique,
)

X, Y = np.arange(24.0).reshape(12, 2) / 24, np.arange(12) % 2


def refined(quantum: Any) -> Any:
    compiled = tuple(
        replace(c, provenance={**c.provenance, "refined": {"steps": 3}}) for c in quantum.compiled
    )
    return replace(quantum, compiled=compiled)


def test_one_is_called_by_its_kind_and_several_by_what_they_are(comparison) -> None:
    svc, model = SVC().fit(X, Y), comparison.model
    assert [e.name for e in classical_entrants(svc)] == ["classical"]
    assert [e.name for e in classical_entrants([svc])] == ["classical"]
    names = [e.name for e in classical_entrants((model, svc, make_pipeline(SVC()).fit(X, Y)))]
    assert names == ["MPSClassifier", "SVC", "SVC 2"]
    assert [e.name for e in classical_entrants({"mine": svc})] == ["mine"]
    assert classical_entrants(()) == ()


def test_quantum_models_are_called_by_their_forms_and_by_what_happened_to_them(comparison) -> None:
    quantum, better = comparison.quantum, refined(comparison.quantum)
    assert is_refined(better)
    assert not is_refined(quantum)
    for given, names in (
        (quantum, ["quantum"]),
        (better, ["refined"]),
        ([better, quantum], ["refined", "quantum"]),
        ([quantum, quantum], ["overlap", "overlap 2"]),
        ([quantum, quantum, better], ["overlap", "overlap 2", "overlap refined"]),
        ({"a": better}, ["a"]),
    ):
        assert [e.name for e in quantum_entrants(given)] == names


def test_what_learns_is_found_inside() -> None:
    search = GridSearchCV(make_pipeline(StandardScaler(), SVC()), {"svc__C": [1.0]}, cv=2)
    assert isinstance(inner_model(search.fit(X, Y)), SVC)
    assert model_name(search) == "SVC"
    assert unique([("a", 1), ("a", 2), ("b", 3)]) == {"a": 1, "a 2": 2, "b": 3}


@pytest.mark.parametrize("wrong", [None, "SVC", SVC, 3, [SVC()], {"a": SVC()}, SVC()])
def test_a_model_that_cannot_predict_is_refused(wrong: Any) -> None:
    with pytest.raises(ArgumentError, match=r"`models.*` must be a fitted classifier or regressor"):
        classical_entrants(wrong)


def test_models_in_the_wrong_place_are_refused(comparison) -> None:
    with pytest.raises(ArgumentError, match="Quantum models are the second argument"):
        classical_entrants(comparison.quantum)
    for wrong in (None, SVC().fit(X, Y), [comparison.quantum, 3]):
        with pytest.raises(ArgumentError, match=r"`quantum.*` must be a result of qtn.deploy"):
            quantum_entrants(wrong)
    born = qtn.MPSBornMachine(bond=2, sweeps=1).fit(np.arange(8).reshape(4, 2) % 2)
    sampler = qtn.deploy(born, qtn.Staircase(1), device="tensor", progress=False)
    with pytest.raises(ArgumentError, match="A QuantumBornMachine gives no predictions"):
        quantum_entrants(sampler)
    with pytest.raises(ArgumentError, match="a name in `models`"):
        classical_entrants({3: SVC().fit(X, Y)})


def test_all_answer_one_question(comparison) -> None:
    entrants = (*classical_entrants(SVC().fit(X, Y)), *classical_entrants(comparison.model))
    question = asked(entrants, X, Y)
    assert question.classes is not None
    assert question.classes.tolist() == [0, 1]
    other = classical_entrants({"other": SVC().fit(X, Y + 1)})
    with pytest.raises(ArgumentError, match="Compare models of the same classes"):
        asked((*entrants, *other), X, Y)
    with pytest.raises(ArgumentError, match="label 7, which the model 'classical' has never seen"):
        asked(entrants, X, np.where(Y == 0, 0, 7))
    number = classical_entrants({"number": DummyRegressor().fit(X, Y)})
    with pytest.raises(ArgumentError, match="'number' predicts numbers and 'classical' classes"):
        asked((*entrants, *number), X, Y)
    with pytest.raises(ArgumentError, match="both empty"):
        asked((), X, Y)
    with pytest.raises(ArgumentError, match="one label per input"):
        asked(entrants, X, Y[:3])
    with pytest.raises(ArgumentError, match="one number per input"):
        asked(number, X, Y[:3])
    assert asked(number, X, Y).classes is None


def test_models_that_do_not_say_their_classes_take_those_of_the_labels() -> None:
    model = DummyClassifier().fit(X, Y)
    del model.classes_
    (entrant,) = classical_entrants(model)
    classes = asked([entrant], X, Y + 3).classes
    assert classes is not None
    assert classes.tolist() == [3, 4]
