"""What `compare` takes: one or several of each, baselines, regressors; and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

import qtn
from qtn.errors import ArgumentError
from qtn.reports.baselines import NEEDS_ROWS
from qtn.reports.page import render_page


@pytest.fixture(scope="module")
def everybody(comparison, data):
    """Two classical models, baselines, two quantum models: one plain, one with other circuits."""
    quantum = replace(comparison.quantum, mitigation=(), shots=300)
    turned = replace(quantum, device="tensor", compiled=quantum.compiled[::-1])
    pipeline = make_pipeline(StandardScaler(), SVC()).fit(data.x_train, data.y_train)
    return qtn.compare(
        [comparison.model, pipeline],
        {"plain": quantum, "turned": turned},
        data.x_test[:30],
        data.y_test[:30],
        train=(data.x_train, data.y_train),
        title="Everybody",
        progress=False,
    )


def test_the_old_call(comparison, data) -> None:
    quantum = replace(comparison.quantum, device="tensor", mitigation=())
    small = qtn.compare(comparison.model, quantum, data.x_test[:3], data.y_test[:3], progress=False)
    assert [r.name for r in small.rows] == ["classical", "quantum, ideal", "quantum, shots"]
    assert small.model is comparison.model
    assert small.quantum is quantum
    assert small.notes == (NEEDS_ROWS,)


def test_one_or_several_of_each(everybody) -> None:
    names = [row.name for row in everybody.rows]
    assert names[:4] == ["MPSClassifier", "SVC", "logistic regression", "RBF-SVM"]
    assert names[4].startswith("MLP")
    assert names[5:] == [
        *("plain, ideal", "plain, shots", "plain, noisy", "turned, ideal", "turned, shots")
    ]
    assert [row.kind for row in everybody.rows] == ["classical"] * 2 + ["baseline"] * 3 + [
        "quantum"
    ] * 5
    assert list(everybody.models) == ["MPSClassifier", "SVC"]
    assert list(everybody.quantum_models) == ["plain", "turned"]
    assert everybody["SVC"].score_error is None
    assert everybody["SVC"].difference.value > 0.4
    assert everybody["SVC"].adjusted < 0.01
    assert everybody["plain, ideal"].adjusted == 1.0


def test_a_page_and_a_figure_of_everybody(everybody) -> None:
    html = render_page(everybody)
    assert all(row.name in html for row in everybody.rows)
    assert html.count('role="rowheader"') >= 2 * 10 + 4  # results, costs, circuits
    assert len(everybody.overview()) == 1 + 3 + 12


def test_rows_that_were_trained_on_are_told(comparison, data) -> None:
    quantum = replace(comparison.quantum, device="tensor", mitigation=())
    x, y = data.x_train[:4], data.y_train[:4]
    found = qtn.compare(comparison.model, quantum, x, y, train=(x, y), progress=False)
    assert found.notes == ("4 of the 4 test rows stand among the training rows too.",)


def test_classical_models_alone_and_numbers(data) -> None:
    x, numbers = data.x_test, data.x_test @ np.arange(4.0)
    models = {"ridge": Ridge(alpha=5.0).fit(x[:50], numbers[:50])}
    models["tensor network"] = qtn.MPSRegressor(bond=2, epochs=3, progress=False).fit(
        x[:50], numbers[:50]
    )
    found = qtn.compare(
        models, (), x[50:90], numbers[50:90], train=(x[:50], numbers[:50]), progress=False
    )
    assert [m.name for m in found.rows[0].measures] == ["RMSE", "R²"]
    assert found.rows[2].name == "ridge regression"
    assert found.classes is None
    assert found.quantum is None
    assert "R²" in str(found)
    assert repr(found).startswith("Comparison(40 inputs, RMSE: ridge 0.")
    assert 'id="confusion"' not in render_page(found)
    found.plot()


def test_quantum_regressors(data) -> None:
    x = data.x_test[:, :2]
    numbers = x @ np.array([1.0, -2.0])
    model = qtn.MPSRegressor(bond=2, epochs=10, seed=0, progress=False).fit(x[:60], numbers[:60])
    quantum = qtn.deploy(model, device="FakeManilaV2", shots=4000, progress=False)
    found = qtn.compare(model, quantum, x[60:72], numbers[60:72], progress=False)
    assert [r.name for r in found.rows] == [
        *("classical", "quantum, ideal", "quantum, shots", "noisy")
    ]
    assert float(found["quantum, ideal"].score_error) < 0.01
    assert float(found["noisy"].score_error) > 0
    assert found["noisy"].shots > 0
    render_page(found)
    assert "Values" in [axes.get_title() for axes in found.overview()]
    two = qtn.MPSRegressor(bond=2, epochs=1, seed=0, progress=False).fit(
        x[:60], np.stack([numbers[:60]] * 2, axis=1)
    )
    with pytest.raises(ArgumentError, match="one value per input"):
        qtn.compare(two, (), x[60:72], numbers[60:72], progress=False)


def test_pipelines_take_rows_as_they_are(data) -> None:
    x, y = data.x_train.copy(), data.y_train
    x[::7, 1] = np.nan
    inside = qtn.MPSClassifier(bond=2, epochs=2, seed=0, progress=False)
    model = make_pipeline(SimpleImputer(), inside).fit(x, y)
    quantum = qtn.deploy(model, qtn.Staircase(1), device="tensor", shots=100, progress=False)
    holed = x[:10]
    found = qtn.compare(model, quantum, holed, y[:10], baselines=None, progress=False)
    assert float(found["quantum, ideal"].score_error) < 1e-6
    with pytest.raises(ArgumentError, match="finite numbers only"):  # one model has no imputer
        qtn.compare([model, SVC().fit(data.x_train, y)], quantum, holed, y[:10], progress=False)
    words = np.array([["a", "b"], ["a", "a"], ["b", "b"], ["b", "a"]] * 3, dtype=object)
    spoken = make_pipeline(OneHotEncoder(), SVC()).fit(words, [0, 0, 1, 1] * 3)
    found = qtn.compare(
        spoken, (), words[:4], [0, 0, 1, 1], baselines={"again": spoken}, progress=False
    )
    assert found.rows[1].measures[0].value == 1.0


def test_confidence_widens_the_intervals(data) -> None:
    model = LogisticRegression().fit(data.x_train, data.y_train)
    wide, narrow = (
        qtn.compare(model, (), data.x_test, data.y_test, confidence=c, progress=False).rows[0]
        for c in (0.99, 0.5)
    )
    assert wide.measures[0].low < narrow.measures[0].low
    assert wide.measures[0].high > narrow.measures[0].high


def test_bad_input(comparison, data) -> None:
    model, quantum = comparison.model, comparison.quantum
    x, y = data.x_test[:3], data.y_test[:3]
    with pytest.raises(ArgumentError, match="one label per input"):
        qtn.compare(model, quantum, x, y[:2])
    with pytest.raises(ArgumentError, match="label 7, which the model 'classical' has never seen"):
        qtn.compare(model, quantum, x, np.array([0, 1, 7]))
    with pytest.raises(ArgumentError, match="finite numbers only"):
        qtn.compare(model, quantum, np.full((3, 4), np.nan), y)
    with pytest.raises(ArgumentError, match="`confidence` must be"):
        qtn.compare(model, quantum, x, y, confidence=95)
    with pytest.raises(ArgumentError, match="`seed` must be"):
        qtn.compare(model, quantum, x, y, seed=-1)
    other = SVC().fit(data.x_train, data.y_train + 1)
    with pytest.raises(ArgumentError, match="Compare models of the same classes"):
        qtn.compare(model, quantum, x, y, baselines=[other])
