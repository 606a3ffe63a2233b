"""Distilled rows: real rows, as many of each class, better than rows drawn at random."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from qtn.applications.quantum_kernels import distil
from qtn.errors import ArgumentError


def test_every_class_has_its_share() -> None:
    x = np.random.default_rng(0).normal(size=(100, 3))
    y = np.repeat(["a", "b", "c"], [80, 17, 3])
    kept = distil(x, y, 5)
    assert np.array_equal(kept, np.unique(kept))
    assert {name: int((y[kept] == name).sum()) for name in "abc"} == {"a": 5, "b": 5, "c": 3}
    assert np.array_equal(kept, distil(x, y, 5))


def test_rows_that_are_there_twice_count_once() -> None:
    x = np.repeat([[0.0], [1.0], [2.0], [5.0]], 6, axis=0)
    assert sorted(x[distil(x, np.repeat([0, 1], 12), 5), 0]) == [0.0, 1.0, 2.0, 5.0]


def test_it_beats_rows_drawn_at_random() -> None:
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(x))
    train, test = order[:1200], order[1200:]
    kept = train[distil(x[train], y[train], 4, seed=2)]
    ours = SVC(C=10).fit(x[kept], y[kept]).score(x[test], y[test])
    others = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        drawn = np.concatenate(
            [rng.choice(train[y[train] == c], 4, replace=False) for c in range(10)]
        )
        others.append(SVC(C=10).fit(x[drawn], y[drawn]).score(x[test], y[test]))
    assert ours > np.mean(others) + 0.03


def test_bad_input() -> None:
    x = np.zeros((3, 2))
    with pytest.raises(ArgumentError, match=r"shape \(3,\)"):
        distil(x, [0, 1], 1)
    with pytest.raises(ArgumentError, match="`per_class`"):
        distil(x, [0, 1, 1], 0)
    with pytest.raises(ArgumentError, match="`x`"):
        distil([[np.nan]], [0], 1)
    with pytest.raises(ArgumentError, match="`seed`"):
        distil(x, [0, 1, 1], 1, seed=-1)
