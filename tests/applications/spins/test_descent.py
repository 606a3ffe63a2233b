"""The search keeps the best angles it has seen."""

from __future__ import annotations

import numpy as np

from qtn.applications.spins.descent import descended


def test_the_best_is_kept() -> None:
    seen: list[float] = []
    found, value = descended(
        lambda x: (float(np.cosh(x).sum()), np.sinh(x)), np.array([1.0, -2.0]), 30, seen.append
    )
    assert value == min(seen)
    assert np.abs(found).max() < 1e-4


def test_never_above_the_start() -> None:
    start = np.array([0.3])
    found, value = descended(lambda x: (float(x[0]), -np.ones(1)), start, 5, lambda _: None)
    assert value <= 0.3
    assert found[0] <= 0.3
