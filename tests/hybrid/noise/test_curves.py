"""Deployed models under more and more noise."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import r2_score

import qtn
from qtn.hybrid.noise.curves import robustness
from qtn.hybrid.noise.uniform import NoiseLevel


@functools.cache
def data() -> qtn.Dataset:
    return qtn.load_digits(size=2, seed=0)


@functools.cache
def quantum() -> qtn.QuantumClassifier:
    model = qtn.MPSClassifier(bond=2, epochs=5).fit(data().x_train, data().y_train)
    return qtn.deploy(model, qtn.Staircase(layers=1), shots=500)


def test_noise_takes_the_signal_and_then_the_accuracy() -> None:
    x, y = data().x_test[:60], data().y_test[:60]
    found = robustness(quantum(), x, y, noise=[0.0, 0.05, (0.9, 0.3)])
    clean, some, much = found.points
    assert clean.value == pytest.approx(quantum().score(x, y), abs=0.1)
    assert clean.keep == pytest.approx(1.0, abs=0.05)
    assert clean.keep > some.keep > much.keep
    assert clean.value > much.value
    assert much.low <= much.value <= much.high
    assert some.needed > clean.needed > 0
    assert clean.shots == 2 * 500
    again = robustness(quantum(), x, y, noise=[0.0, 0.05, (0.9, 0.3)])
    assert again.to_dict() == found.to_dict()


def test_several_models_with_and_without_mitigation() -> None:
    x, y = data().x_test[:8], data().y_test[:8]
    more = {"one": quantum(), "two": quantum()}
    found = robustness(
        more, x, y, noise=[NoiseLevel(0.02, 0.05)], mitigation=[qtn.Readout()],
        device="FakeManilaV2",
    )  # fmt: skip
    assert list(found.curves()) == ["one", "one, mitigated", "two", "two, mitigated"]
    assert found.device == "FakeManilaV2"
    raw, treated = found.points[:2]
    assert treated.keep > raw.keep


def test_regressors_and_born_machines() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(60, 3))
    fitted = qtn.MPSRegressor(bond=2, epochs=3).fit(x, x[:, 0] * x[:, 1])
    regressor = qtn.deploy(fitted, qtn.Staircase(layers=1), shots=4000)
    found = robustness(regressor, x[:20], x[:20, 0] * x[:20, 1], noise=[0.0, 0.3])
    assert found.figure == "R²"
    assert found.points[0].keep > found.points[1].keep
    bits = (rng.random((200, 4)) < 0.5).astype(int)
    bits[:, 2:] = bits[:, :2]
    born = qtn.deploy(qtn.MPSBornMachine(bond=4, sweeps=3).fit(bits), shots=4000)
    valid = robustness(born, bits, noise=[0.0, 0.2])
    assert valid.figure == "probability of the rows"
    assert valid.points[0].value > valid.points[1].value
    with pytest.raises(qtn.ArgumentError, match="a Born machine has none"):
        robustness(born, bits, bits[:, 0])


def test_without_noise_the_figures_are_those_of_the_models() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(80, 1))
    x = np.hstack([z, z + 0.3 * rng.normal(size=(80, 1))])
    born = qtn.deploy(
        qtn.MPSBornMachine(bond=2, bins=2, sweeps=2).fit(x), shots=2000, device="tensor"
    )
    # Eighty different rows in four bins: what is drawn is one of them, once.
    assert robustness(born, x, noise=[0.0]).points[0].value == pytest.approx(1.0)

    x = rng.uniform(size=(60, 3))
    targets = np.stack([100.0 * np.sin(3.0 * x[:, 0]), x[:, 0] * x[:, 1]], axis=1)
    fitted = qtn.TTNRegressor(bond=2, epochs=3, features="trigonometric").fit(x, targets)
    regressor = qtn.deploy(fitted, qtn.Staircase(layers=1), shots=100_000, device="tensor")
    point = robustness(regressor, x[:40], targets[:40], noise=[0.0]).points[0]
    exact = r2_score(targets[:40], regressor.ideal_predict(x[:40]))
    assert point.value == pytest.approx(exact, abs=0.02)
    assert point.low < exact < point.high


def test_an_isometric_model_with_resets() -> None:
    four = qtn.load_digits(size=4, seed=0)
    model = qtn.TTNClassifier(bond=2, epochs=2, isometric=True).fit(four.x_train, four.y_train)
    found = robustness(
        qtn.deploy(model, shots=200), four.x_test[:20], four.y_test[:20], noise=[0, 0.2]
    )
    assert found.points[0].keep > found.points[1].keep


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"quantum": 3}, "`quantum` must be a deployed model"),
        ({"quantum": {}}, "`quantum` must be a deployed model"),
        ({"y": None}, "`y` is None, but accuracy needs a label"),
        ({"y": [1]}, "`y` must have one entry per row"),
        ({"y": "labels"}, "`y` must have one entry per row"),
        ({"noise": []}, "`noise` must be a list of levels"),
        ({"noise": 0.1}, "`noise` must be a list of levels"),
        ({"noise": [2.0]}, r"`noise` has the level 2\.0"),
        ({"noise": [(0.1, 0.2, 0.3)]}, "`noise` must be made of levels p or pairs"),
        ({"device": "aer"}, "has no couplings"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_calls(change: dict[str, Any], text: str) -> None:
    call: dict[str, Any] = {"quantum": quantum(), "x": data().x_test[:3], "y": data().y_test[:3]}
    with pytest.raises(qtn.ArgumentError, match=text):
        robustness(**call | change)
