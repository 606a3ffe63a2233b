"""Classifiers of sentences as quantum models: scores, heads, comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sentences import WORDS, made, sentences

import qtn
from qtn.applications.sequences.deployed import QuantumSequenceClassifier, Sentences
from qtn.errors import ArgumentError

X, Y = sentences(40)
TEST = sentences(12, seed=5)


@pytest.fixture(scope="module")
def model() -> Any:
    return made(epochs=25).fit(X, Y)


@pytest.fixture(scope="module")
def quantum(model: Any) -> Any:
    return qtn.deploy(model, shots=4000, seed=1, progress=False)


def test_the_form_comes_with_the_model(model: Any, quantum: Any) -> None:
    assert isinstance(quantum, QuantumSequenceClassifier)
    assert isinstance(quantum.form, Sentences)
    assert type(qtn.deploy(model, form="sentences").form) is Sentences
    assert [c.circuit.num_parameters for c in quantum.compiled] == [3, 5, 6]
    assert "Sentences" in repr(quantum)
    with pytest.raises(ArgumentError, match='"sentences"'):
        qtn.deploy(model, form="swap")
    with pytest.raises(ArgumentError, match="fitted classifier"):
        qtn.deploy(model, form="overlap")


def test_exact_scores_are_the_models_own_in_the_order_given(model: Any, quantum: Any) -> None:
    x = TEST[0]
    assert len({len(text.split()) for text in x[:5]}) > 1
    assert np.abs(quantum.ideal_scores(x) - model.predict_proba(x)).max() < 1e-12
    measured = quantum.scores(x)
    assert measured.value.shape == (12, 2)
    off = np.abs(measured.value - model.predict_proba(x)) / measured.stderr
    assert off.max() < 5
    assert (quantum.predict(x) == model.predict(x)).mean() > 0.9
    assert quantum.score(*TEST) > 0.9
    assert quantum.plan(x).circuits == 12


def test_post_selected_runs_count_those_that_are_kept() -> None:
    model = made(closure="post-select", arch="path", epochs=20).fit(X, Y)
    quantum = qtn.deploy(model, shots=20_000, seed=2, progress=False)
    x = TEST[0][:4]
    found = quantum.scores(x)
    assert (np.abs(found.value - model.predict_proba(x)) < 5 * found.stderr + 1e-3).all()
    assert np.abs(quantum.ideal_scores(x) - model.predict_proba(x)).max() < 1e-12
    assert quantum.compiled[-1].circuit.num_qubits == 4
    with pytest.raises(ArgumentError, match='Train it with closure="discard"'):
        qtn.fit_head(quantum, model, X, Y)
    with pytest.raises(ArgumentError, match="does not tell the shots"):
        quantum.decision(x)


def test_without_calibration_scores_are_outcomes() -> None:
    model = made(calibrate=False, epochs=3).fit(X, Y)
    quantum = qtn.deploy(model, shots=500, progress=False)
    assert np.abs(quantum.ideal_scores(TEST[0]) - model.outcomes(TEST[0])).max() < 1e-12


def test_a_head_learns_the_noise_of_a_device(model: Any) -> None:
    noisy = qtn.deploy(model, device="FakeManilaV2", shots=500, seed=3, progress=False)
    headed = qtn.fit_head(noisy, model, X, Y, rows=12)
    assert isinstance(headed.form.head, qtn.hybrid.LogisticHead)
    assert headed.form.head.noise + headed.form.head.readout > 0.005
    assert headed.score(*TEST) > 0.8
    other = made(epochs=1, seed=4).fit(X, Y)
    with pytest.raises(ArgumentError, match="gives other probabilities than the circuit"):
        qtn.fit_head(noisy, other, X, Y)


def test_it_is_compared_beside_a_bag_of_words(model: Any, quantum: Any) -> None:
    table = qtn.compare(model, quantum, *TEST, train=(X, Y), progress=False)
    assert [row.name for row in table.rows] == [
        "classical", "bag of words", "quantum, ideal", "quantum, shots"
    ]  # fmt: skip
    assert table.rows[0].costs.parameters == model.parameters_
    assert np.array_equal(table.rows[0].predictions, table.rows[2].predictions)
    with pytest.raises(ArgumentError, match="must hold sentences with one label each"):
        qtn.compare(model, quantum, *TEST, train=(X, Y[:-1]))


def test_sentences_are_judged_before_anything_runs(quantum: Any) -> None:
    with pytest.raises(ArgumentError, match="'pizza', which was never seen"):
        quantum.scores(["soup pizza"])
    with pytest.raises(ArgumentError, match="empty sentence"):
        quantum.predict([""])
    with pytest.raises(ArgumentError, match="one label per input"):
        quantum.score(["soup"], ["food", "IT"])
    assert quantum.scores([" ".join(WORDS)]).value.shape == (1, 2)  # longer than any trained on


def test_there_is_nothing_to_refine(quantum: Any) -> None:
    with pytest.raises(ArgumentError, match="train with gate_noise=, or fit the head"):
        quantum.refine(X, Y)


def test_what_was_deployed_stays_when_the_model_is_fitted_again() -> None:
    model = made().fit(X, Y)
    quantum = qtn.deploy(model, progress=False)
    before = quantum.ideal_scores(TEST[0])
    model.fit(X[:20], Y[:20])
    assert np.array_equal(quantum.ideal_scores(TEST[0]), before)


def test_a_form_without_a_model_says_so() -> None:
    with pytest.raises(ArgumentError, match="bound to no model: give it to deploy"):
        Sentences().distribution(None, np.zeros((1, 2)))  # type: ignore[arg-type]
