"""Deployment: what is checked, compiled and handed on."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid import Overlap, deploy

DATA = qtn.load_digits(size=2, classes=(0, 1), seed=0)


@pytest.fixture(scope="module")
def model() -> qtn.MPSClassifier:
    return qtn.MPSClassifier(4, epochs=6, progress=False).fit(DATA.x_train, DATA.y_train)


def test_everything_is_handed_on(model: qtn.MPSClassifier) -> None:
    budget, techniques = qtn.Budget(shots=10**6), [qtn.Readout()]
    quantum = deploy(
        model,
        qtn.Staircase(layers=1),
        device="FakeManilaV2",
        shots=77,
        mitigation=techniques,
        seed=5,
        budget=budget,
        progress=False,
    )
    assert (quantum.device, quantum.shots, quantum.seed) == ("FakeManilaV2", 77, 5)
    assert quantum.budget is budget
    assert quantum.mitigation == tuple(techniques)
    assert quantum.form == Overlap()
    assert quantum.scaling is model.columns_
    assert (quantum.classes == model.classes_).all()
    assert len(quantum.compiled) == 2
    assert repr(quantum) == (
        "QuantumClassifier(2 classes, 4 qubits, Overlap, device='FakeManilaV2', shots=77, "
        f"fidelity={quantum.fidelity:.6g})"
    )


class Table(np.ndarray):
    """Rows whose columns have names, as those of a data frame."""

    names: tuple[str, ...]


def table(names: str, x: np.ndarray) -> Table:
    found = x.view(Table)
    found.names = tuple(names)
    return found


def named(x: object) -> np.ndarray | None:
    return np.array(x.names, dtype=object) if isinstance(x, Table) else None


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("kind", ["classifier", "born", "regressor"])
def test_columns_of_other_names_are_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sklearn.utils.validation._get_feature_names", named)
    x = np.random.default_rng(0).integers(0, 2, (40, 3)).astype(float)
    y = x[:, 0] + x[:, 1] * x[:, 2] > 0.5
    trained = {
        "classifier": qtn.MPSClassifier(2, epochs=2, features="trigonometric"),
        "born": qtn.MPSBornMachine(2, sweeps=2),
        "regressor": qtn.MPSRegressor(2, epochs=2, features="trigonometric"),
    }[kind]
    without = deploy(trained.fit(x, y.astype(int)), qtn.Staircase(layers=1), progress=False)
    assert without.names is None
    assert not hasattr(without, "feature_names_in_")
    trained.fit(table("abc", x), y.astype(int))
    quantum = deploy(trained, qtn.Staircase(layers=1), progress=False)
    assert quantum.feature_names_in_.tolist() == ["a", "b", "c"]
    assert (quantum.rows(table("abc", x)) == without.rows(x)).all()
    for wrong in ("cba", "abd"):
        with pytest.raises(ArgumentError, match="The feature names should match"):
            quantum.rows(table(wrong, x))


@pytest.mark.parametrize("form", ["overlap", "label"])
def test_categories_keep_their_order(form: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 2, (60, 4))
    settings = {"features": "one_hot", "order": [3, 1, 0, 2], "epochs": 5, "progress": False}
    trained = qtn.MPSClassifier(2, **settings).fit(x, x[:, 0] & x[:, 3])
    quantum = deploy(trained, qtn.Staircase(layers=2), form=form, progress=False)
    assert quantum.fidelity > 1 - 1e-9
    assert quantum.ideal_scores(x) == pytest.approx(trained.scores(x), abs=1e-6)
    for wrong in (0.5, 2.0):
        with pytest.raises(ArgumentError, match="must hold categories seen in training"):
            quantum.scores([[wrong, 0, 0, 0]])


def test_auto_is_the_overlap_and_the_default(model: qtn.MPSClassifier) -> None:
    options = {"device": "tensor", "shots": 200, "progress": False}
    first, second = (
        deploy(model, qtn.Staircase(layers=1), form=form, **options) for form in ("auto", Overlap())
    )
    x = DATA.x_test[:4]
    assert np.array_equal(first.scores(x).value, second.scores(x).value)
    other = deploy(model, qtn.Staircase(layers=1), seed=1, **options)
    assert not np.array_equal(first.scores(x).value, other.scores(x).value)


@pytest.mark.parametrize("kind", [qtn.MPSClassifier, qtn.TTNClassifier])
def test_chains_and_trees_are_taken(kind: type) -> None:
    model = kind(3, epochs=2, progress=False).fit(DATA.x_train, DATA.y_train)
    quantum = deploy(model, device="tensor", progress=False)
    gap = np.abs(quantum.ideal_scores(DATA.x_test[:5]) - model.scores(DATA.x_test[:5])).max()
    assert gap <= 2 * np.sqrt(max(c.infidelity for c in quantum.compiled)) + 1e-5


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (qtn.MPSClassifier(), "`model` must be a fitted classifier, but is .* Call fit"),
        (qtn.MPSClassifier, "`model` must be a fitted classifier"),
        ("model.qtn", "`model` must be a fitted classifier"),
    ],
)
def test_what_is_no_fitted_classifier_with_states_is_refused(wrong: object, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        deploy(wrong, qtn.Staircase(layers=1))


def test_wrong_options_are_refused_before_anything_is_compiled(
    model: qtn.MPSClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qtn.hybrid.door.compile_state", None)
    for options, message in (
        ({"form": "swap"}, '`form` must be one of "auto", "overlap"'),
        ({"shots": 0}, "`shots` must be a positive integer"),
        ({"device": "FakeNowhere"}, "no known device"),
        ({"budget": 3}, "`budget` must be a qtn.Budget"),
        ({"mitigation": [3]}, "mitigation|technique"),
        ({"progress": "yes"}, "`progress` must be"),
    ):
        with pytest.raises(ArgumentError, match=message):
            deploy(model, qtn.Staircase(layers=1), **options)


def test_a_budget_that_allows_no_input_is_refused_at_once(
    model: qtn.MPSClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qtn.hybrid.door.compile_state", None)
    for budget, message in (
        (qtn.Budget(shots=199), "One input takes 200 shots, but the budget allows 199"),
        (qtn.Budget(circuits=1), "One input takes 2 circuits, but the budget allows 1"),
    ):
        with pytest.raises(qtn.BudgetError, match=message):
            deploy(model, qtn.Staircase(1), shots=100, budget=budget)
