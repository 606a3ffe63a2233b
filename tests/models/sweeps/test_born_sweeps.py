from __future__ import annotations

import numpy as np
import pytest

from qtn.models.sweeps.born_sweeps import BornSweeper
from qtn.states import MPS


def test_one_site_sweeps_never_lower_the_likelihood() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 2, (40, 6))
    tensors = [rng.random((1 if i == 0 else 3, 2, 1 if i == 5 else 3)) + 0.1 for i in range(6)]
    sweeper = BornSweeper(tensors, rows, np.full(40, 1 / 40))
    before = sweeper.log_likelihoods().mean()
    for _ in range(4):
        sweeper.one_site()
        after = sweeper.log_likelihoods().mean()
        assert after >= before - 1e-12
        before = after


def test_a_hard_start_does_not_abort() -> None:
    # Orthogonal to every row: all amplitudes are zero at first.
    one = np.array([[[0.0], [1.0]]])
    sweeper = BornSweeper([one] * 4, np.zeros((3, 4), dtype=np.int64), np.full(3, 1 / 3))
    for _ in range(20):
        sweeper.two_site(4, 1e-9, 1.0)
    assert sweeper.log_likelihoods() == pytest.approx(0.0, abs=1e-3)


def test_columns_of_one_value_change_nothing() -> None:
    rng = np.random.default_rng(0)
    rows = np.insert(rng.integers(0, 2, (40, 4)), (0, 2, 4), 0, axis=1)
    levels = [1, 2, 2, 1, 2, 2, 1]
    bonds = [1, 3, 3, 3, 3, 3, 3, 1]
    tensors = [rng.random((bonds[i], d, bonds[i + 1])) + 0.1 for i, d in enumerate(levels)]
    state = MPS(tuple(tensors)).normalised()
    sweeper = BornSweeper(tensors, rows, np.full(40, 1 / 40))
    assert sweeper.log_likelihoods() == pytest.approx(2 * np.log(np.abs(state.amplitudes(rows))))
    sweeper.two_site(3, 1e-9, 1.0)
    state = MPS(tuple(sweeper.tensors)).normalised()
    assert state.phys == tuple(levels)
    assert sweeper.log_likelihoods() == pytest.approx(2 * np.log(np.abs(state.amplitudes(rows))))
