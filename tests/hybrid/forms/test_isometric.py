"""Isometric models deployed: exact distributions, heads, errors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from qiskit import QuantumCircuit

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid import Exact, Head, Isometric
from qtn.hybrid.forms.isometric import modulo, register_of

DATA = qtn.load_digits(size=2, classes=(0, 1, 2), seed=0)
KINDS = (qtn.MPSClassifier, qtn.TTNClassifier)


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest) -> qtn.MPSClassifier:
    options = {"isometric": True, "epochs": 3, "progress": False}
    return request.param(4, **options).fit(DATA.x_train, DATA.y_train)


@pytest.fixture(scope="module")
def quantum(model: qtn.MPSClassifier) -> qtn.QuantumClassifier:
    return qtn.deploy(model, form="isometric", shots=4000, device="aer", progress=False)


def test_the_circuit_gives_the_scores_of_the_model(
    model: qtn.MPSClassifier, quantum: qtn.QuantumClassifier
) -> None:
    x = DATA.x_test[:20]
    assert quantum.form == Isometric()
    assert isinstance(quantum.compiled[0], Exact)
    assert set(quantum.compiled[0].circuit.count_ops()) <= {"cx", "u", "ry", "reset", "measure"}
    assert quantum.ideal_scores(x) == pytest.approx(model.scores(x), abs=2e-5)
    unread = replace(quantum.compiled[0], circuit=QuantumCircuit(2, 1))
    with pytest.raises(ArgumentError, match="measures 1 outcomes at its end, but the model has 3"):
        replace(quantum, compiled=(unread,))


def test_measured_scores_scatter_around_the_ideal_ones(quantum: qtn.QuantumClassifier) -> None:
    x = DATA.x_test[:4]
    measured = quantum.scores(x)
    assert measured.shots == 4 * 4000
    assert np.asarray(measured.value).sum(axis=1) == pytest.approx(1.0)
    assert np.all(np.abs(measured.value - quantum.ideal_scores(x)) < 5 * measured.stderr)
    # A score is a sum of frequencies of one multinomial: its error is that of one binomial.
    p = np.asarray(measured.value)
    assert measured.stderr == pytest.approx(np.sqrt(p * (1 - p) / 4000), rel=0.1, abs=1e-3)


def test_with_and_without_resets(model: qtn.MPSClassifier, quantum: qtn.QuantumClassifier) -> None:
    wide = qtn.deploy(model, form=Isometric(reset=False), progress=False)
    assert wide.n > quantum.n or isinstance(model, qtn.TTNClassifier)
    x = DATA.x_test[:5]
    assert wide.ideal_scores(x) == pytest.approx(quantum.ideal_scores(x), abs=1e-5)


@dataclass(frozen=True)
class Roots:
    """A head of fixed coefficients on the square roots of the frequencies."""

    coefficients: np.ndarray

    def __call__(self, distribution: np.ndarray) -> np.ndarray:
        logits = np.sqrt(np.clip(distribution, 1e-9, None)) @ self.coefficients
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)


def test_a_head_turns_the_distribution_into_scores(quantum: qtn.QuantumClassifier) -> None:
    outcomes = 2 ** len(register_of(quantum.compiled[0].circuit))
    head = Roots(np.random.default_rng(0).normal(size=(outcomes, 3)))
    assert isinstance(head, Head)
    headed, x = replace(quantum, form=Isometric(head=head)), DATA.x_test[:5]
    exact = headed.form.distribution(headed, headed.rows(x))
    assert headed.ideal_scores(x) == pytest.approx(head(exact))
    measured = headed.scores(x)
    assert np.all(np.abs(measured.value - headed.ideal_scores(x)) < 5 * measured.stderr + 1e-3)
    # The error of the first order is that of repeated draws.
    rng = np.random.default_rng(1)
    draws = np.stack([head(rng.multinomial(4000, exact) / 4000) for _ in range(400)])
    assert measured.stderr == pytest.approx(draws.std(axis=0), rel=0.35, abs=2e-4)
    with pytest.raises(ArgumentError, match="`head` must be a head, or None"):
        Isometric(head=3)  # type: ignore[arg-type]


def test_the_shots_needed_give_the_error_asked_for(quantum: qtn.QuantumClassifier) -> None:
    x = DATA.x_test[:5]
    shots = quantum.form.shots_needed(quantum, x, 0.01)
    assert np.max(replace(quantum, shots=shots).scores(x).stderr) == pytest.approx(0.01, rel=0.1)


def test_what_it_is_not_is_refused() -> None:
    plain = qtn.MPSClassifier(2, epochs=1, progress=False).fit(DATA.x_train, DATA.y_train)
    with pytest.raises(ArgumentError, match="form Isometric does not take this MPSClassifier"):
        qtn.deploy(plain, form="isometric")
    with pytest.raises(ArgumentError, match="`reset` must be"):
        Isometric(reset=1)  # type: ignore[arg-type]
    assert modulo(np.array([[0.1, 0.2, 0.3, 0.4]]), 2) == pytest.approx(np.array([[0.4, 0.6]]))
