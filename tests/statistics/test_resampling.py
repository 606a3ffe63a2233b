"""The bootstrap against the variance of a mean, and its manners."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.statistics import interval_of, resampled_means, resampling


def test_a_mean_scatters_as_its_variance_says() -> None:
    x = np.random.default_rng(0).exponential(size=(300, 1))
    means = resampled_means(x, draws=4000)
    assert means.mean() == pytest.approx(x.mean(), rel=0.01)
    assert means.std() == pytest.approx(x.std() / np.sqrt(300), rel=0.05)


def test_columns_stay_together_and_parts_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=20)
    means = resampled_means(np.stack([x, 2 * x], axis=1), draws=50, seed=4)
    assert means[:, 1] == pytest.approx(2 * means[:, 0])
    monkeypatch.setattr(resampling, "_AT_ONCE", 70)
    assert resampled_means(np.stack([x, 2 * x], axis=1), draws=50, seed=4) == pytest.approx(means)


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="`columns` must be an array with 2 axes"):
        resampled_means([1.0, 2.0])
    with pytest.raises(ArgumentError, match="`draws` must be"):
        resampled_means([[1.0]], draws=0)
    with pytest.raises(ArgumentError, match="`confidence` must be"):
        interval_of([1.0], confidence=1.5)
