"""Cross interpolation of functions of indices."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.applications.loading.cross import cross_train, evaluated
from qtn.errors import ArgumentError


def test_a_train_of_low_rank_is_found() -> None:
    rng = np.random.default_rng(0)
    sizes = (5, 4, 6, 3)
    ranks = (1, 3, 4, 2, 1)
    tensors = [rng.normal(size=(ranks[k], sizes[k], ranks[k + 1])) for k in range(4)]
    found = cross_train(lambda places: evaluated(tensors, places), sizes, 1e-10, 20)
    every = np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij"), -1).reshape(-1, 4)
    assert np.abs(evaluated(found.tensors, every) - evaluated(tensors, every)).max() < 1e-8
    assert [t.shape[2] for t in found.tensors] == [3, 4, 2, 1]
    assert found.error < 1e-9


def test_a_peak_that_sweeps_do_not_see_is_added() -> None:
    def two_hills(places: np.ndarray) -> np.ndarray:
        x = places / 31.0
        first = np.exp(-20 * ((x - 0.1) ** 2).sum(axis=1))
        return first + 0.5 * np.exp(-20 * ((x - 0.9) ** 2).sum(axis=1))

    found = cross_train(two_hills, (32,) * 3, 1e-8, 30, seed=1)
    places = np.random.default_rng(1).integers(0, 32, (500, 3))
    assert np.abs(evaluated(found.tensors, places) - two_hills(places)).max() < 1e-7


def test_a_rank_that_is_too_small_is_said() -> None:
    noise = np.random.default_rng(2).normal(size=(20, 20))
    found = cross_train(lambda p: noise[p[:, 0], p[:, 1]], (20, 20), 1e-8, 4)
    assert max(t.shape[2] for t in found.tensors) == 4
    assert found.error > 0.1


def test_zero_is_refused() -> None:
    with pytest.raises(ArgumentError, match="is 0 at 2,048 places"):
        cross_train(lambda p: np.zeros(len(p)), (3, 3), 1e-6, 4)
