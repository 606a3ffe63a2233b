from __future__ import annotations

import numpy as np
import pytest

from qtn.models.networks.trees import balanced
from qtn.models.sweeps.born_tree import TreeSweeper
from qtn.states import TTN


@pytest.mark.parametrize("sites", [2, 5, 8])
def test_sweeps_never_lower_the_likelihood_and_report_it_truly(sites: int) -> None:
    rng = np.random.default_rng(0)
    levels = tuple(2 + i % 2 for i in range(sites))
    rows = np.stack([rng.integers(0, d, 50) for d in levels], axis=1)
    weights = rng.random(50)
    weights /= weights.sum()
    sweeper = TreeSweeper(balanced(sites), rows, levels, weights, bond=3)
    before = weights @ sweeper.log_likelihoods()
    for _ in range(5):
        sweeper.sweep()
        after = weights @ sweeper.log_likelihoods()
        assert after >= before - 1e-9
        before = after
    state = TTN(tuple(sweeper.tensors), balanced(sites))
    wanted = 2 * (state.log_amplitudes(rows)[1] - state.log_norm())
    assert sweeper.log_likelihoods() == pytest.approx(wanted, abs=1e-9)


def test_the_start_holds_data_that_fit_into_the_bonds() -> None:
    rows = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [1, 0, 1, 0]])
    sweeper = TreeSweeper(balanced(4), rows, (2, 2, 2, 2), np.full(3, 1 / 3), bond=4)
    assert sweeper.log_likelihoods() == pytest.approx(-np.log(3))
