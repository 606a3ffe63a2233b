"""Deployment on simulators and a noisy fake backend, small enough for exact comparison."""

from dataclasses import replace

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError, DeviceError
from qtn.hybrid import QuantumClassifier, deploy

SHOTS = 4000


@pytest.fixture(scope="module")
def data():
    return qtn.load_digits(size=2, classes=(0, 1), seed=0)


@pytest.fixture(scope="module")
def model(data):
    return qtn.MPSClassifier(bond=4, epochs=15, seed=0, progress=False).fit(
        data.x_train, data.y_train
    )


@pytest.fixture(scope="module")
def quantum(model) -> QuantumClassifier:
    return deploy(model, qtn.Staircase(layers=2), device="tensor", shots=SHOTS, progress=False)


def test_ideal_scores_equal_the_classical_ones_up_to_compilation(data, model, quantum) -> None:
    gap = np.abs(quantum.ideal_scores(data.x_test) - model.scores(data.x_test))
    # 2 sqrt(1 - F) bounds the difference for unit vectors; the model computes in float32.
    bound = 2 * np.sqrt(max(c.infidelity for c in quantum.compiled)) + 1e-5
    assert gap.max() <= bound
    assert np.isclose(quantum.weights.sum(), 1.0)


def test_measured_scores_scatter_around_the_ideal_ones(data, quantum) -> None:
    x = data.x_test[:10]
    measured = quantum.scores(x)
    sigma = np.sqrt(np.maximum(quantum.ideal_scores(x), 1e-3) / SHOTS)
    assert np.all(np.abs(measured.value - quantum.ideal_scores(x)) < 5 * sigma)
    assert measured.value.shape == measured.stderr.shape == (10, 2)
    assert measured.shots == SHOTS * 10 * 2
    again = quantum.scores(x)
    np.testing.assert_array_equal(measured.value, again.value)


def test_manners_of_a_classifier(data, model, quantum) -> None:
    x, y = data.x_test[:20], data.y_test[:20]
    probabilities = quantum.predict_proba(x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    predictions = quantum.predict(x)
    assert set(predictions) <= set(model.classes_)
    assert quantum.score(x, y) == np.mean(predictions == y)
    assert abs(quantum.score(x, y) - model.score(x, y)) <= 0.15


def test_mitigation_brings_noisy_scores_nearer(data, quantum) -> None:
    x = data.x_test[:12]
    noisy = replace(quantum, device="FakeManilaV2")
    mitigated = replace(noisy, mitigation=(qtn.Readout(), qtn.ZNE()))
    ideal = quantum.ideal_scores(x)
    error = np.abs(noisy.scores(x).value - ideal).mean()
    after = mitigated.scores(x)
    assert np.abs(after.value - ideal).mean() < error
    assert (after.stderr > 0).all()


@pytest.mark.parametrize("columns", [1, 3])
def test_a_deployed_model_scales_rows_as_the_model_does(columns: int) -> None:
    rng = np.random.default_rng(0)
    x = 100 * rng.normal(size=(60, columns))
    y = np.digitize(x[:, 0], [-40, 40])
    model = qtn.MPSClassifier(bond=4, epochs=5, progress=False).fit(x, y)
    quantum = deploy(model, qtn.Staircase(layers=3), shots=100, progress=False)
    assert quantum.n == 3
    assert quantum.ideal_scores(x[:5]) == pytest.approx(model.scores(x[:5]), abs=1e-2)
    with pytest.raises(ArgumentError, match=f"{columns} features per row, but has 7"):
        quantum.scores(np.zeros((2, 7)))
    assert len(qtn.compare(model, quantum, x[:3], y[:3], progress=False).rows) == 3


def test_bad_input(data, model, quantum) -> None:
    with pytest.raises(ArgumentError, match="fitted classifier"):
        deploy(qtn.MPSClassifier())
    with pytest.raises(ArgumentError, match="4 features per row, but has 3"):
        quantum.scores(data.x_test[:, :3])
    with pytest.raises(ArgumentError, match=r"values in \[0, 1\]"):
        replace(quantum, scaling=None).scores(data.x_test + 2)
    with pytest.raises(ArgumentError, match="one label per input"):
        quantum.score(data.x_test, data.y_test[:-1])
    with pytest.raises(ArgumentError, match="`shots` must be a positive integer"):
        replace(quantum, shots=0)
    with pytest.raises(ArgumentError, match="one weight and one circuit per class"):
        replace(quantum, weights=quantum.weights[:1])
    with pytest.raises((ArgumentError, DeviceError), match="FakeNowhere"):
        replace(quantum, device="FakeNowhere").scores(data.x_test[:2])


def test_ctrl_c_during_a_compilation_leaves_no_half_compiled_model(model, monkeypatch) -> None:
    import qtn.aqc.search.optimise as module

    original, calls = module.retract, []

    def interrupted(step, gates, out):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        original(step, gates, out)

    monkeypatch.setattr(module, "retract", interrupted)
    with pytest.raises(KeyboardInterrupt):
        deploy(model, qtn.Staircase(layers=2), device="tensor", shots=SHOTS, progress=False)
    assert len(calls) >= 3


def test_an_unknown_device_fails_before_anything_is_compiled(model) -> None:
    with pytest.raises(ArgumentError, match="no known device"):
        deploy(model, device="FakeNowhere")


def test_all_classes_of_a_prediction_are_one_expense(data, quantum, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("QTN_LEDGER", str(tmp_path / "ledger"))
    queue = qtn.devices.LocalQueue(tmp_path / "queue")
    x = data.x_test[:3]
    there = replace(quantum, device=queue, shots=20_000)  # 60,000 for each of two classes
    with pytest.raises(qtn.BudgetError, match=r"120000 shots .* need a budget"):
        there.predict(x)
    for mitigation, total in (((), 120), ((qtn.Readout(),), 200)):
        few = replace(quantum, device=queue, shots=20, mitigation=mitigation)
        with pytest.raises(qtn.BudgetError, match=rf"takes {total} shots, but the budget"):
            replace(few, budget=qtn.devices.Budget(shots=total - 1)).predict(x)
        assert queue.jobs() == []
    few = replace(quantum, device=queue, shots=20, budget=qtn.devices.Budget(shots=120))
    assert len(few.predict(x)) == 3
    with pytest.raises(ArgumentError, match=r"`budget` must be a qtn.Budget"):
        replace(few, budget=120)
