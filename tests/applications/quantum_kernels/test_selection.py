"""Choices by cross-validation: the better kernel wins, small classes do no harm."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.applications.quantum_kernels import RotationMap
from qtn.applications.quantum_kernels.door import exact_kernel, off_diagonal
from qtn.applications.quantum_kernels.selection import (
    MOST_BANDWIDTHS,
    a_part,
    bandwidths,
    chosen,
)


def test_the_better_kernel_wins() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 20)
    apart = (y[:, None] == y).astype(float) + np.eye(60)
    noise = rng.normal(size=(60, 60))
    found = chosen([("noise", noise @ noise.T), ("apart", apart)], y, (1.0, 10.0), 3, 0)
    assert (found.label, found.cost, found.accuracy) == ("apart", 1.0, 1.0)
    assert len(found.tried) == 4


@pytest.mark.parametrize("y", [[0, 0, 0, 1], [0, 1], [0, 0, 1, 1, 1]])
def test_small_classes(y: list[int]) -> None:
    found = chosen([(0, np.eye(len(y)))], np.array(y), (1.0,), 3, 0)
    assert 0 <= found.accuracy <= 1


def test_a_part_keeps_every_class() -> None:
    y = np.repeat([0, 1, 2], [1000, 100, 3])
    kept = a_part(y, 100, 0)
    counts = np.bincount(y[kept])
    assert counts.tolist() == [91, 10, 2]
    assert np.array_equal(a_part(y[:50], 100, 0), np.arange(50))


def test_bandwidths_are_neither_concentrated_nor_flat() -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (50, 200))
    found = bandwidths(RotationMap(), x, 0)
    assert found == sorted(found, reverse=True)
    assert len(found) <= MOST_BANDWIDTHS
    medians = [off_diagonal(exact_kernel(x, None, RotationMap(bandwidth=b))) for b in found]
    assert medians[0] > 5e-4
    assert medians[-2] < 0.97
    assert bandwidths(RotationMap(), np.ones((3, 2)), 0) == [4.0]
