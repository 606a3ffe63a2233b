"""Shots to a decision: what is printed, which form is chosen, what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from qiskit import QuantumCircuit

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid import Isometric, Label, Overlap
from qtn.hybrid.decision import Decision, best_form, expected_keep

DATA = qtn.load_digits(size=2, classes=(0, 1, 2), seed=0)


@pytest.fixture(scope="module")
def model() -> qtn.MPSClassifier:
    return qtn.MPSClassifier(4, epochs=15, progress=False).fit(DATA.x_train, DATA.y_train)


@pytest.fixture(scope="module")
def quantum(model: qtn.MPSClassifier) -> qtn.QuantumClassifier:
    return qtn.deploy(
        model, qtn.Staircase(layers=2), form="overlap", device="tensor", progress=False
    )


def test_a_decision_says_what_it_takes(quantum: qtn.QuantumClassifier) -> None:
    found = quantum.decision(DATA.x_test)
    assert (found.form, found.given, found.error, found.keep) == ("Overlap", 3 * 4096, 0.05, 1.0)
    assert found.median <= found.quantile(0.8)
    assert found.decided == np.mean(found.shots <= 3 * 4096)
    assert repr(found).startswith("Decision(Overlap: ")
    assert "shots per row decide at 95% (median; " in found.says()
    stricter = quantum.decision(DATA.x_test, error=0.01)
    assert stricter.median == pytest.approx(found.median * np.log(100) / np.log(20))
    for wrong in (0.0, 1.0, -1, "few"):
        with pytest.raises(ArgumentError, match="`error` must be"):
            quantum.decision(DATA.x_test, error=wrong)  # type: ignore[arg-type]


def test_rows_are_decided_as_promised(quantum: qtn.QuantumClassifier) -> None:
    x = DATA.x_test
    shots = quantum.decision(x).shots
    exact = quantum.decide(quantum.ideal_scores(x))
    clear = np.flatnonzero(shots < 30_000)[:40]
    right = [
        replace(quantum, shots=int(np.ceil(shots[k] / 3)), seed=int(k)).predict(x[k : k + 1])
        == exact[k]
        for k in clear
    ]
    assert np.mean(right) >= 0.95


def test_noise_costs_shots(quantum: qtn.QuantumClassifier) -> None:
    noisy = replace(quantum, device="FakeManilaV2")
    x = DATA.x_test[:20]
    found = noisy.decision(x)
    assert 0.2 < found.keep < 0.99
    assert found.median > quantum.decision(x).median
    assert f"noise leaving {found.keep:.0%} of the signal" in found.says()
    # What is left of the signal is about what was expected, and rather more.
    left = np.sum(noisy.scores(x).value) / np.sum(noisy.ideal_scores(x))
    assert found.keep - 0.1 < left < found.keep + 0.3
    assert expected_keep([QuantumCircuit(2)], "aer") == 1.0


def test_rows_that_no_shots_decide_are_told_in_words() -> None:
    shots = np.array([10.0, 20.0, np.inf, np.inf])
    some = Decision("Isometric", shots, 0.05, 100, np.full(4, 5.0))
    assert "(median; no number for 80 % of 4 rows)" in some.says()
    none = replace(some, shots=np.full(4, np.inf))
    assert none.says().startswith("Isometric: no number of shots per row decide at 95%")


def test_auto_takes_one_circuit_per_class_on_shots_and_says_why(model: qtn.MPSClassifier) -> None:
    for rows in (None, DATA.x_test):
        choice = best_form("auto", model, rows, 4096)
        assert choice.form == Overlap()
        assert choice.why.startswith("Overlap: ")
        assert "Label would take" in choice.why
        assert choice.why.endswith("in one longer circuit.")
    quantum = qtn.deploy(model, qtn.Staircase(layers=1), progress=False)
    assert quantum.why in " ".join(str(quantum).split())
    assert "Overlap: " not in repr(quantum)
    assert best_form(Label(), model, None, 4096).why == ""
    assert "because" not in str(replace(quantum, why=""))


def test_auto_takes_an_isometric_model_as_one() -> None:
    model = qtn.TTNClassifier(2, isometric=True, epochs=3, progress=False)
    model.fit(DATA.x_train, DATA.y_train)
    choice = best_form("auto", model, None, 4096)
    assert choice.form == Isometric()
    assert choice.why.startswith("Isometric: ")


def test_a_form_whose_shots_nobody_knows_is_the_first_that_suits(model: qtn.MPSClassifier) -> None:
    old: Any = qtn.MPSClassifier(4)
    old.__dict__.update(model.__dict__)
    del old.seen_scores_
    choice = best_form("auto", old, None, 4096)
    assert choice.form == Overlap()
    assert "give rows=" in choice.why


def test_no_form_that_starves_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x = rng.random((80, 36))
    model = qtn.MPSClassifier(2, epochs=2, progress=False).fit(x, np.arange(80) % 2)
    monkeypatch.setattr("qtn.hybrid.door.compile_state", None)  # nothing is compiled
    with pytest.raises(ArgumentError, match=r"No form .* counts \(median\).* isometric=True"):
        qtn.deploy(model)
    with pytest.raises(ArgumentError, match=r"Overlap and Label would suit it"):
        qtn.deploy(model, rows=x[:10])


def test_predictions_from_no_counts_are_refused(quantum: qtn.QuantumClassifier) -> None:
    few = replace(quantum, shots=1)
    for call in (few.predict, few.predict_proba):
        with pytest.raises(ArgumentError, match="`shots` is too small for any decision: Overlap"):
            call(DATA.x_test[:5])
    with pytest.raises(ArgumentError, match="`shots` is too small for any decision"):
        few.score(DATA.x_test[:5], DATA.y_test[:5])
    assert few.scores(DATA.x_test[:5]).value.shape == (5, 3)


def test_the_share_of_decided_rows_is_drawn() -> None:
    found = Decision("Overlap", np.array([40.0, 10.0, np.inf, 20.0]), 0.05, 25, np.ones(4))
    ax = Figure().subplots()
    assert found.plot(ax) is ax
    assert ax.lines[0].get_xdata().tolist() == [10.0, 20.0, 40.0]
    assert ax.lines[0].get_ydata().tolist() == [0.25, 0.5, 0.75]
    assert ax.lines[1].get_xdata()[0] == 25
    assert "they decide" in str(found)
