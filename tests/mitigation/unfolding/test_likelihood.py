"""The likeliest distribution: recovered, never less likely, and without what is not needed."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.mitigation.unfolding.faults import Faults
from qtn.mitigation.unfolding.likelihood import (
    LAST_TRIED,
    STEPS,
    held_out_steps,
    likeliest,
    losses,
    scatter,
    supported,
)
from qtn.mitigation.unfolding.response import Matrix, convolution, likely_patterns, matrix

FAULTS = Faults(4, (np.array([3], dtype=np.uint64),), (np.array([0.1]),), True)
RATES = np.full(4, 0.04)


def test_a_blurred_distribution_is_recovered():
    ideal = np.random.default_rng(0).dirichlet(np.ones(16))
    response = convolution(FAULTS, RATES)
    found = likeliest(response, response.forward(ideal), np.ones(16))
    np.testing.assert_allclose(found, ideal, atol=2e-5)


def test_the_likelihood_never_falls():
    rng = np.random.default_rng(1)
    response = convolution(FAULTS, RATES)
    seen = rng.multinomial(500, response.forward(np.eye(16)[5])) / 500
    values = [
        float(seen @ np.log(response.forward(likeliest(response, seen, np.ones(16), steps))))
        for steps in (1, 2, 4, 8, 64)
    ]
    assert np.all(np.diff(values) > -1e-9)


def test_outcomes_that_flips_explain_are_dropped():
    rng = np.random.default_rng(2)
    whole = convolution(FAULTS, RATES)
    ideal = np.zeros(16)
    ideal[[0, 15]] = 0.4, 0.6
    seen = rng.multinomial(5000, whole.forward(ideal)) / 5000
    every = np.arange(16, dtype=np.uint64)
    response = matrix(every, every, likely_patterns(FAULTS), RATES)
    places, p = supported(response, seen, np.ones(16), 5000)
    assert places.tolist() == [0, 15]
    np.testing.assert_allclose(p, [0.4, 0.6], atol=0.03)


def test_an_outcome_far_from_all_others_stays():
    response = Matrix(np.array([[0.9, 1e-9], [1e-9, 0.9]]))
    frequencies = np.array([0.999, 0.001])  # seen once in a thousand
    places, p = supported(response, frequencies, np.ones(2), 1000)
    assert places.tolist() == [0, 1]
    assert p[1] == pytest.approx(0.001, rel=0.01)
    assert losses(response, frequencies, p, 1000)[1] > 10


def test_scatter_is_that_of_the_counts():
    response = Matrix(np.eye(2))
    shots = 400

    def drawn(rng):
        return response, rng.multinomial(shots, [0.3, 0.7]) / shots

    found = scatter(drawn, np.array([0.3, 0.7]), np.random.default_rng(0))
    np.testing.assert_allclose(found, np.sqrt(0.21 / shots), rtol=0.5)


def test_few_outcomes_are_left_smooth_and_sharp_ones_sharp():
    rng = np.random.default_rng(4)
    response = convolution(FAULTS, np.full(4, 0.2))
    flat = rng.multinomial(60, np.full(16, 1 / 16), size=2) / 60
    assert held_out_steps(response, (flat[0], flat[1])) < LAST_TRIED
    peak = response.forward(np.eye(16)[5])
    sharp = rng.multinomial(20_000, peak, size=2) / 20_000
    assert held_out_steps(response, (sharp[0], sharp[1])) == STEPS
