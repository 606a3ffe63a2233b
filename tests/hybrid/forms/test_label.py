"""The label register against the classical scores and dense linear algebra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid.forms.label import Label, register_width

DATA = qtn.load_digits(size=2, classes=(0, 1, 2), seed=0)


@pytest.fixture(scope="module", params=[qtn.MPSClassifier, qtn.TTNClassifier])
def model(request: pytest.FixtureRequest) -> qtn.MPSClassifier:
    return request.param(3, epochs=4, progress=False).fit(DATA.x_train, DATA.y_train)


@pytest.fixture(scope="module")
def quantum(model: qtn.MPSClassifier) -> qtn.QuantumClassifier:
    return qtn.deploy(model, form="label", device="tensor", shots=20_000, progress=False)


def test_one_circuit_gives_the_scores_of_all_classes(
    model: qtn.MPSClassifier, quantum: qtn.QuantumClassifier
) -> None:
    x = DATA.x_test[:6]
    assert (len(quantum.compiled), quantum.n) == (1, 4 + 2)
    assert quantum.form.place == (4 if isinstance(model, qtn.TTNClassifier) else 2)
    gap = 2 * np.sqrt(max(quantum.compiled[0].infidelity, 0.0)) + 1e-5
    assert quantum.ideal_scores(x) == pytest.approx(model.scores(x), abs=gap)
    measured = quantum.scores(x)
    assert measured.value.shape == (6, 3)
    assert measured.shots == 6 * 20_000
    assert np.all(np.abs(measured.value - quantum.ideal_scores(x)) < 5 * measured.stderr)
    assert quantum.predict_proba(x).sum(axis=1) == pytest.approx(1.0)


def test_the_shots_needed_give_the_error_asked_for(quantum: qtn.QuantumClassifier) -> None:
    x = DATA.x_test[:5]
    shots = quantum.form.shots_needed(quantum, x, 0.004)
    measured = replace(quantum, shots=shots).scores(x)
    assert np.max(measured.stderr) == pytest.approx(0.004, rel=0.1)


def test_widths_and_places() -> None:
    assert [register_width(c) for c in (2, 3, 4, 5, 8, 9)] == [1, 2, 2, 3, 3, 4]


def test_parts_that_do_not_belong_together_are_refused(quantum: qtn.QuantumClassifier) -> None:
    with pytest.raises(ArgumentError, match="one circuit and one weight per class"):
        replace(quantum, compiled=quantum.compiled * 2)
    with pytest.raises(ArgumentError, match="needs a place from 0 to 4, but has None"):
        replace(quantum, form=Label())
    with pytest.raises(ArgumentError, match="4 features per row, but has 6"):
        quantum.scores(np.zeros((2, 6)))


def test_models_that_have_no_register_or_no_qubits() -> None:
    wide = qtn.MPSClassifier(2, features="polynomial", epochs=1).fit(DATA.x_train, DATA.y_train)
    with pytest.raises(ArgumentError, match="features have dimension 3, but a qubit needs 2"):
        qtn.deploy(wide, form="label")
    isometric = qtn.MPSClassifier(2, isometric=True, epochs=1).fit(DATA.x_train, DATA.y_train)
    with pytest.raises(ArgumentError, match=r"form Label does not take .* isometric=True"):
        qtn.deploy(isometric, form="label")
