"""Losses: their derivatives, their weights, what they say about shots."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.hybrid.refine.losses import (
    Channel,
    CrossEntropy,
    Likelihood,
    Loss,
    RootCrossEntropy,
    decided,
)

CHANNEL = Channel(np.array([0.5, 0.7, 0.9]), np.array([0.01, 0.0, 0.02]))
LOSSES = [
    CrossEntropy(0.0),
    CrossEntropy(0.1),
    CrossEntropy(0.1, channel=CHANNEL),
    RootCrossEntropy(),
    RootCrossEntropy(12.0, 0.1),
    RootCrossEntropy(50.0, channel=CHANNEL),
    Likelihood(1e-3),
]


def drawn(rows=12):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), size=rows) * rng.random((rows, 1))
    return p, rng.integers(0, 3, rows), np.array([0.5, 0.3, 0.2])


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_derivatives(loss):
    p, y, weights = drawn()
    _, slopes = loss.value(p, y, weights)
    rng, h = np.random.default_rng(1), 1e-6
    direction = p * rng.normal(size=p.shape)
    ends = [loss.value(p + sign * h * direction, y, weights)[0] for sign in (1, -1)]
    assert np.sum(slopes * direction) == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6)


def test_values():
    p, y, weights = drawn()
    rows = np.arange(len(p))
    scores = p * weights
    shares = scores / scores.sum(axis=1, keepdims=True)
    expected = np.mean(-np.log(shares[rows, y]) - 0.1 * np.log(p[rows, y]))
    assert CrossEntropy(0.1).value(p, y, weights)[0] == pytest.approx(expected, rel=1e-6)
    expected = -2 * np.mean(np.log(np.sqrt(scores.sum(axis=1)) + 0.1**0.5))
    assert Likelihood(0.1).value(p, None, weights)[0] == pytest.approx(expected)
    z = 25.0 * np.sqrt(3 * scores)
    expected = np.mean(np.log(np.exp(z).sum(axis=1)) - z[rows, y])
    assert RootCrossEntropy().value(p, y, weights)[0] == pytest.approx(expected, rel=1e-6)


def test_roots_want_signal_and_normalised_scores_do_not():
    p, y, weights = drawn()
    shrunk = 0.1 * p
    plain, roots = CrossEntropy(0.0), RootCrossEntropy()
    assert plain.value(shrunk, y, weights)[0] == pytest.approx(plain.value(p, y, weights)[0])
    right = np.eye(3)[y] * 0.2 + 0.01
    assert roots.value(0.1 * right, y, weights)[0] > 2.0 * roots.value(right, y, weights)[0]


def test_weights_are_the_best_and_keep_their_sum():
    p, y, weights = drawn(200)
    loss = CrossEntropy(0.1)
    found = loss.weights(p, y, weights)
    assert found.sum() == pytest.approx(1.0)
    least = loss.value(p, y, found)[0]
    assert least < loss.value(p, y, weights)[0]
    for k in range(3):
        for factor in (0.9, 1.1):
            other = found * np.where(np.arange(3) == k, factor, 1.0)
            assert loss.value(p, y, other)[0] > least - 1e-5
    assert RootCrossEntropy().weights(p, y, weights) is weights
    assert loss.weights(p, np.minimum(y, 1), weights) is weights  # one class without rows


@pytest.mark.parametrize("loss", [CrossEntropy(0.0), RootCrossEntropy()], ids=repr)
def test_measured_losses_are_those_of_exact_frequencies(loss):
    p, y, weights = drawn()
    found = loss.measured(np.stack([p * weights, 0.0 * p]), y, 10**9)
    assert found.shape == (2, len(p))
    assert found[0].mean() == pytest.approx(loss.value(p, y, weights)[0], rel=1e-6)
    np.testing.assert_allclose(found[1], np.log(3.0))  # no counts: nothing is told apart


def test_auto_names_what_is_compared():
    assert [one.signal for one in CrossEntropy("auto").candidates()] == [0.03, 0.1, 0.3]
    assert [one.sharpness for one in RootCrossEntropy("auto").candidates()] == [12.0, 25.0, 50.0]
    assert CrossEntropy(0.2).candidates() == [CrossEntropy(0.2)]


def test_decided_counts_as_a_device_does():
    rng = np.random.default_rng(0)
    y, weights = np.array([0, 1]), np.ones(2)
    sure = np.array([[0.5, 0.01], [0.01, 0.5]])
    assert decided(sure, y, weights, 1000, rng) == 1.0
    assert decided(np.zeros((2, 2)), y, weights, 1000, rng) == pytest.approx(0.5)  # no counts
    close = np.full((2, 2), 0.3)
    assert decided(close, y, weights, 100, rng, draws=2000) == pytest.approx(0.5, abs=0.04)


def test_refuses():
    with pytest.raises(ArgumentError, match="signal"):
        CrossEntropy(-0.1)
    with pytest.raises(ArgumentError, match='a number, or "auto"'):
        CrossEntropy("best")
    with pytest.raises(ArgumentError, match="sharpness"):
        RootCrossEntropy(0.0)
    with pytest.raises(ArgumentError, match="signal"):
        RootCrossEntropy(signal=-1.0)

    with pytest.raises(ArgumentError, match="floor"):
        Likelihood(0.0)

    class Own(Loss):
        def value(self, p, y, weights):
            return 0.0, p

    with pytest.raises(ArgumentError, match="The loss Own knows no noise"):
        Own().under(CHANNEL)
    with pytest.raises(ArgumentError, match="The loss Own is not for measured scores"):
        Own().measured(np.ones((2, 2)), None, 10)


def test_rows_that_are_missing_are_found_under_falling_floors():
    p, _, weights = drawn()
    assert Likelihood().ways(p, weights) == [[Likelihood()]]
    p[0] = 1e-14
    for *before, last in Likelihood().ways(p, weights):
        floors = [loss.floor for loss in before]
        assert last == Likelihood()
        assert floors == sorted(floors, reverse=True)
        assert floors[-1] > last.floor > last.strict().floor
    assert Likelihood().ways(0.0 * p, weights) == [[Likelihood()]]
    value, slopes = Likelihood().value(0.0 * p, None, weights)
    assert np.isfinite(value)
    assert np.isfinite(slopes).all()
    # The slope in an amplitude f, 2 f ∂L/∂p, does not vanish with it.
    f = np.array([[1e-3], [1e-8]])
    _, slopes = Likelihood(1e-4).value(f**2, None, np.ones(1))
    assert (2 * f * slopes)[:, 0] == pytest.approx([-1 / 1.1e-2, -1 / 1e-2], rel=1e-3)
    assert CrossEntropy().ways(p, weights) == [[CrossEntropy()]]
    assert CrossEntropy().strict() == CrossEntropy()
