from __future__ import annotations

import numpy as np
import pytest

from qtn.models.networks.trees import Pairs, balanced
from qtn.models.sweeps.born_tree import Patterns, TreeSweeper, walk_of
from qtn.models.sweeps.tree_starts import coarse_grained, product
from qtn.states import TTN

COMB = ((3, 1), (0, 5), (6, 2), (4, 7))


def sweeper_of(pairs: Pairs, bond: int = 3, count: int = 50) -> tuple[TreeSweeper, np.ndarray]:
    rng = np.random.default_rng(0)
    levels = tuple(2 + i % 2 for i in range(len(pairs) + 1))
    rows = np.stack([rng.integers(0, d, count) for d in levels], axis=1)
    weights = rng.random(count)
    weights /= weights.sum()
    patterns = Patterns.of(pairs, rows, levels)
    return TreeSweeper(patterns, weights, coarse_grained(patterns, weights, bond)), rows


@pytest.mark.parametrize("fraction", [1.0, 0.3])
@pytest.mark.parametrize("pairs", [balanced(2), balanced(5), balanced(8), COMB])
def test_sweeps_never_lower_the_likelihood_and_report_it_truly(
    pairs: Pairs, fraction: float
) -> None:
    sweeper, rows = sweeper_of(pairs)
    before = sweeper.weights @ sweeper.log_likelihoods()
    for _ in range(5):
        sweeper.sweep(fraction)
        after = sweeper.weights @ sweeper.log_likelihoods()
        assert after >= before - 1e-9
        before = after
    state = TTN(tuple(sweeper.tensors), pairs)
    wanted = 2 * (state.log_amplitudes(rows)[1] - state.log_norm())
    assert sweeper.log_likelihoods() == pytest.approx(wanted, abs=1e-9)
    assert sweeper.patterns.log_likelihoods(sweeper.tensors) == pytest.approx(wanted, abs=1e-9)


def test_rows_alike_below_a_node_are_one_pattern() -> None:
    rows = np.array([[0, 1, 0, 0, 1], [0, 1, 1, 0, 1], [1, 1, 0, 0, 0]])
    patterns = Patterns.of(COMB, rows, (2,) * 5)
    assert patterns.of_rows[5].tolist() == [0, 0, 0]  # sites 3 and 1
    assert patterns.of_rows[6].tolist() == [0, 0, 1]  # and 0
    assert len(set(patterns.of_rows[8].tolist())) == 3
    below = [np.eye(2)] * 5
    assert patterns.joint(5, below).tolist() == [[0, 1, 0, 0]]  # value 0 of site 3, 1 of site 1


def test_merged_rows_train_as_rows_on_their_own() -> None:
    sweeper, rows = sweeper_of(COMB)
    found, number = np.unique(rows, axis=0, return_inverse=True)
    assert len(found) < len(rows)
    shares = np.bincount(number.ravel(), sweeper.weights)
    rng = np.random.default_rng(1)
    start = product(COMB, [rng.random(d) + 0.1 for d in (2, 3, 2, 3, 2)], 3, 0.5, rng)
    sweeper = TreeSweeper(sweeper.patterns, sweeper.weights, start)
    merged = TreeSweeper(Patterns.of(COMB, found, (2, 3, 2, 3, 2)), shares, start)
    for each in (sweeper, merged):
        each.sweep(0.3)
    assert merged.log_likelihoods()[number.ravel()] == pytest.approx(sweeper.log_likelihoods())


def test_the_start_holds_data_that_fit_into_the_bonds() -> None:
    rows = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [1, 0, 1, 0]])
    patterns, share = Patterns.of(balanced(4), rows, (2, 2, 2, 2)), np.full(3, 1 / 3)
    sweeper = TreeSweeper(patterns, share, coarse_grained(patterns, share, 4))
    assert sweeper.log_likelihoods() == pytest.approx(-np.log(3))


def test_a_walk_visits_every_node_below_the_root_once_and_comes_back() -> None:
    assert walk_of(balanced(4)) == [(True, 4), (False, 4), (True, 5), (False, 5)]
    deep = tuple((0 if k == 0 else 1999 + k, k + 1) for k in range(1999))
    steps = walk_of(deep)  # no recursion
    assert sorted(node for down, node in steps if down) == list(range(2000, 3998))
    assert len(steps) == 2 * 1998
