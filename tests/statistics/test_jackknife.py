"""The jackknife against known variances, and its coverage."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.statistics import log_interval


def mean(means: np.ndarray) -> np.ndarray:
    return means[:, 0]


def root(means: np.ndarray) -> np.ndarray:
    return np.sqrt(means[:, 0])


def test_of_a_mean_it_is_the_standard_error() -> None:
    x = 50 + np.random.default_rng(0).normal(size=(400, 1))
    low, high = log_interval(x, mean)
    assert (high - low) / 2 == pytest.approx(1.966 * x.std(ddof=1) / 20, rel=1e-3)


def test_coverage_of_a_skewed_figure() -> None:
    rng, held = np.random.default_rng(1), 0
    for _ in range(400):
        low, high = log_interval(rng.normal(size=(60, 1)) ** 2, root)
        held += low <= 1.0 <= high
    assert held / 400 > 0.92


def test_units_scale_the_interval() -> None:
    squares = np.random.default_rng(2).chisquare(1, size=(30, 1))
    narrow = np.array(log_interval(squares, root))
    assert np.array(log_interval(1e12 * squares, root)) == pytest.approx(1e6 * narrow)
    assert np.ptp(log_interval(squares, root, 0.99)) > np.ptp(narrow)


def test_what_has_no_logarithm_is_a_point() -> None:
    assert log_interval(np.zeros((5, 1)), root) == (0.0, 0.0)
    assert log_interval([[0.0], [4.0]], mean) == (2.0, 2.0)  # nothing is left without the second


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="at least two rows"):
        log_interval([[1.0]], mean)
    with pytest.raises(ArgumentError, match="`confidence`"):
        log_interval([[1.0], [2.0]], mean, 1.0)
