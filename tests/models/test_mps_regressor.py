from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models import MPSRegressor


def test_the_linear_start_is_the_least_squares_model() -> None:
    x = np.random.default_rng(0).random((300, 6))
    y = x @ np.arange(6.0) - 4
    quiet = {"epochs": 1, "learning_rate": 1e-9, "noise": 0.0}
    assert MPSRegressor(4, **quiet).fit(x, y).score(x, y) > 0.95
    assert MPSRegressor(4, start="identity", **quiet).fit(x, y).score(x, y) < 0.1


def test_other_starts_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"`start` must be one of .*linear"):
        MPSRegressor(start="means").fit(np.zeros((4, 3)), np.arange(4.0))
