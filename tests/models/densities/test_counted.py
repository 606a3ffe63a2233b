from __future__ import annotations

import numpy as np
import pytest

from qtn.models.densities.counted import Counted

ROWS = np.array([[1, 0], [0, 0], [1, 0], [2, 1]])


def test_a_row_that_weighs_twice_stands_twice() -> None:
    data, other = Counted.of(ROWS), Counted.of(ROWS[[3, 0, 1]], np.array([1.0, 2.0, 1.0]))
    for found in (data, other):
        assert found.rows.tolist() == [[0, 0], [1, 0], [2, 1]]
        assert found.counts.tolist() == [1.0, 2.0, 1.0]
    assert data.total == 4
    assert data.shares.tolist() == [0.25, 0.5, 0.25]


def test_weights_that_are_no_integers_count_once_on_average() -> None:
    data = Counted.of(ROWS, np.array([0.1, 0.1, 0.1, 0.0]))
    assert data.total == pytest.approx(4)
    assert data.rows.tolist() == [[0, 0], [1, 0]]


def test_parts_hold_every_row_as_often_as_it_occurs() -> None:
    counts = np.array([40.0, 0.5, 3.0])
    data = Counted(np.arange(3)[:, None], counts)
    splits = data.parts(4, 4, np.random.default_rng(0))
    held = np.zeros(3)
    for split in splits:
        sums = np.zeros(3)
        sums[split.kept.rows[:, 0]] += split.kept.counts
        sums[split.held.rows[:, 0]] += split.held.counts
        assert sums == pytest.approx(counts)
        held[split.held.rows[:, 0]] += split.held.counts
    assert held == pytest.approx(counts)
    assert all(4 <= split.held.counts.max() <= 18 for split in splits)  # 10 ± 3 deviations


def test_one_row_cannot_be_held_out() -> None:
    assert Counted.of(ROWS[:1]).parts(5, 5, np.random.default_rng(0)) == []
