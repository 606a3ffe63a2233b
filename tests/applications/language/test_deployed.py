"""Classifiers by diagrams as quantum models: quotients, counts, mitigation, comparisons."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.applications.language.deployed import (
    Diagrams,
    QuantumSentenceClassifier,
    quotients,
)
from qtn.errors import ArgumentError

pytest.importorskip("lambeq", reason="lambeq is not installed")
X = ["she cooks soup", "he bakes bread", "she writes code", "he debugs code", "she bakes"]
Y = ["food", "food", "IT", "IT", "food"]


@pytest.fixture(scope="module")
def model() -> qtn.SentenceClassifier:
    options = {"ansatz": "sim15", "discard": True, "epochs": 15, "progress": False}
    return qtn.SentenceClassifier(**options).fit(X, Y)


def test_quotients_have_the_errors_of_exclusive_outcomes():
    """Of counts: var = p (1 - p) / (N s) with the share s that is kept, here and by the formula."""
    shots = 10_000
    means = np.array([[0.1, 0.3], [0.25, 0.75], [0.002, 0.001]])
    value, stderr = quotients(means, np.sqrt(means * (1 - means) / shots))
    kept = means.sum(axis=1, keepdims=True)
    p = means / kept
    np.testing.assert_allclose(value, p)
    np.testing.assert_allclose(stderr, np.sqrt(p * (1 - p) / (shots * kept)), rtol=1e-9)
    value, stderr = quotients(np.array([[-0.1, 0.0]]), np.array([[0.01, 0.02]]))
    np.testing.assert_allclose(value, [[0.5, 0.5]])
    np.testing.assert_allclose(stderr, [[1.0, 1.0]])


def test_the_form_comes_with_the_model(model):
    quantum = qtn.deploy(model, shots=4000, seed=1, progress=False)
    assert isinstance(quantum, QuantumSentenceClassifier)
    assert type(qtn.deploy(model, form="diagrams").form) is Diagrams
    assert [c.circuit.num_qubits for c in quantum.compiled] == [3, 2]
    x = [*X[::-1], "he cooks"]
    exact = model.predict_proba(x)
    np.testing.assert_allclose(quantum.ideal_scores(x), exact, atol=1e-12)
    found = quantum.scores(x)
    assert (abs(found.value - exact) < 5 * found.stderr).all()
    assert quantum.score(X, Y) == model.score(X, Y)
    assert quantum.plan(x).circuits == 6
    assert quantum.form.shots_needed(quantum, quantum.rows(x), 0.01) in (2500, 2501)
    with pytest.raises(ArgumentError, match="nothing to refine"):
        quantum.refine(X, Y)
    with pytest.raises(ArgumentError, match="bound to no model"):
        Diagrams().circuits(quantum, quantum.rows(x))
    other = qtn.SentenceClassifier(epochs=1, progress=False).fit(X, [1, 1, 0, 0, 1])
    with pytest.raises(ArgumentError, match="a model of other classes"):
        Diagrams(other).check(quantum)
    with pytest.raises(ArgumentError, match="an empty sentence"):
        quantum.scores([""])


def test_post_selected_runs_count_those_that_are_kept():
    model = qtn.SentenceClassifier(epochs=5, progress=False).fit(X, Y)
    quantum = qtn.deploy(model, shots=8000, seed=2, progress=False)
    found = quantum.scores(X)
    assert (abs(found.value - model.predict_proba(X)) < 5 * found.stderr).all()
    needed = quantum.form.shots_needed(quantum, quantum.rows(X), 0.01)
    assert needed == pytest.approx(2500 / model.success_probability(X).min(), abs=2)


def test_mitigated_values_are_nearer(model):
    exact = model.predict_proba(X)
    plain, better = (
        qtn.deploy(model, device="FakeTorino", shots=2000, seed=1, mitigation=t, progress=False)
        for t in ((), [qtn.Readout(), qtn.ZNE()])
    )
    found = better.scores(X)
    assert abs(found.value - exact).mean() < abs(plain.scores(X).value - exact).mean() / 2
    assert "zne" in found.method


def test_it_is_compared_beside_a_bag_of_words(model):
    quantum = qtn.deploy(model, shots=500, progress=False)
    table = qtn.compare(model, quantum, X, Y, train=(X, Y))
    text = str(table)
    assert "bag of words" in text
