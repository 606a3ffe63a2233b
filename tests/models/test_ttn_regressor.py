from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models import TTNClassifier, TTNRegressor


def test_trees_of_patches_take_images() -> None:
    x = np.random.default_rng(0).random((100, 16))
    model = TTNRegressor(6, shape=(4, 4), epochs=60, learning_rate=1e-2).fit(x, x.sum(axis=1))
    assert model.score(x, x.sum(axis=1)) > 0.9


def test_a_tree_needs_two_columns() -> None:
    with pytest.raises(ArgumentError, match=r"at least two columns .* Use MPSRegressor"):
        TTNRegressor().fit(np.zeros((4, 1)), np.arange(4.0))


def test_rows_orthogonal_to_what_the_tree_keeps_leave_numbers() -> None:
    rng = np.random.default_rng(7)
    x = rng.integers(0, 3, (150, 3))
    y = x[:, 0] + (x[:, 1] == x[:, 2])
    settings = {"bond": 3, "epochs": 2, "features": "one_hot", "progress": False}
    assert np.isfinite(TTNRegressor(**settings).fit(x, y).predict(x)).all()
    assert np.isfinite(TTNClassifier(**settings).fit(x, y > 1).scores(x)).all()
