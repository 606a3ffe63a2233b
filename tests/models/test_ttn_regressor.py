from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models import TTNRegressor


def test_trees_of_patches_take_images() -> None:
    x = np.random.default_rng(0).random((100, 16))
    model = TTNRegressor(6, shape=(4, 4), epochs=60, learning_rate=1e-2).fit(x, x.sum(axis=1))
    assert model.score(x, x.sum(axis=1)) > 0.9


def test_a_tree_needs_two_columns() -> None:
    with pytest.raises(ArgumentError, match=r"at least two columns .* Use MPSRegressor"):
        TTNRegressor().fit(np.zeros((4, 1)), np.arange(4.0))
