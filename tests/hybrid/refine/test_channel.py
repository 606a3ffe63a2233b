"""What noise makes of probabilities, fitted."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.hybrid.refine.channel import fitted_channel, measured_channel
from qtn.hybrid.refine.task import Rows


def test_fit_finds_what_was_put_in():
    rng = np.random.default_rng(0)
    p = rng.random((30, 3))
    keep, floor = np.array([0.4, 0.9, 0.7]), np.array([0.02, 0.0, 0.1])
    found = fitted_channel(p, keep * p + floor)
    np.testing.assert_allclose(found.keep, keep, atol=1e-12)
    np.testing.assert_allclose(found.floor, floor, atol=1e-12)
    np.testing.assert_allclose(found(p), keep * p + floor)


def test_fit_stays_within_what_noise_can_do():
    p = np.array([[0.1], [0.3]])
    assert fitted_channel(p, 2.0 * p).keep[0] == 1.0
    falling = fitted_channel(p, 0.5 - p)
    assert (falling.keep[0], falling.floor[0] >= 0.0) == (0.01, True)
    flat = fitted_channel(np.full((2, 1), 0.2), np.full((2, 1), 0.1))
    assert np.isfinite([*flat.keep, *flat.floor]).all()


@pytest.fixture(scope="module")
def quantum():
    data = qtn.load_digits(size=2)
    model = qtn.MPSClassifier(bond=2, epochs=3, progress=False).fit(data.x_train, data.y_train)
    made = qtn.deploy(model, qtn.Staircase(1), form="overlap", progress=False)
    numbers = np.searchsorted(made.classes, data.y_train)
    return made, Rows(made.rows(data.x_train), numbers)


def test_a_device_without_noise_keeps_all_and_adds_nothing(quantum):
    model, rows = quantum
    found = measured_channel(model, "aer", rows, 0)
    np.testing.assert_allclose(found.keep, 1.0, atol=0.05)
    np.testing.assert_allclose(found.floor, 0.0, atol=0.02)


def test_a_noisy_device_keeps_less(quantum):
    model, rows = quantum
    found = measured_channel(model, "FakeTorino", rows, 0)
    assert (found.keep < 0.99).all()
    assert (found.keep > 0.5).all()
