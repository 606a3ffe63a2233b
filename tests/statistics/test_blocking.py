"""Blocks: independent samples keep their error, correlated ones get the larger one they have."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.statistics.blocking import blocked_error


def test_independent_samples() -> None:
    samples = np.random.default_rng(0).normal(size=4096)
    assert blocked_error(samples) == pytest.approx(1 / 64, rel=0.6)
    assert blocked_error(samples) >= samples.std(ddof=1) / 64


def test_correlated_samples() -> None:
    # An autoregressive chain: the error of its mean is that of 1 / (1 - a) times larger noise.
    rng, a, count, means, errors = np.random.default_rng(1), 0.9, 2048, [], []
    for _ in range(40):
        noise, chain = rng.normal(size=count), np.zeros(count)
        for k in range(1, count):
            chain[k] = a * chain[k - 1] + noise[k]
        means.append(chain.mean())
        errors.append(blocked_error(chain))
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.5)


def test_too_few() -> None:
    with pytest.raises(ArgumentError, match="at least 16 numbers, but holds 15"):
        blocked_error(np.ones(15))
