from __future__ import annotations

import numpy as np
import pytest

from qtn.models.networks.trees import Pairs, balanced, tree_pairs
from qtn.models.sweeps.born_tree import Patterns, TreeSweeper
from qtn.models.sweeps.tree_rewiring import Rewiring
from qtn.models.sweeps.tree_starts import product
from qtn.states import TTN

COMB = ((3, 1), (0, 6), (7, 2), (4, 8), (9, 5))


def distant_pairs(columns: int = 8, count: int = 400) -> np.ndarray:
    """Every column nearly repeats the one half a table away."""
    rng = np.random.default_rng(0)
    half = rng.integers(0, 2, (count, columns // 2))
    return np.hstack([half, np.where(rng.random(half.shape) < 0.1, 1 - half, half)])


def sweeper_of(pairs: Pairs, rows: np.ndarray, bond: int = 2) -> TreeSweeper:
    rng = np.random.default_rng(1)
    levels = tuple(int(v) + 1 for v in rows.max(axis=0))
    start = product(pairs, [np.full(d, d**-0.5) for d in levels], bond, 0.3, rng)
    weights = rng.random(len(rows)) + 0.5
    return TreeSweeper(Patterns.of(pairs, rows, levels), weights / weights.sum(), start)


def groups(pairs: Pairs) -> set[frozenset[int]]:
    found = [frozenset([i]) for i in range(len(pairs) + 1)]
    for a, b in pairs:
        found.append(found[a] | found[b])
    everything = found[-1]
    return set(found) | {everything - g for g in found}


def test_columns_that_belong_together_get_a_node_of_their_own() -> None:
    rows = distant_pairs()
    sweeper = sweeper_of(balanced(8), rows)
    for bond in (3, 4, 4):
        sweeper.sweep(0.5)
        rewiring = Rewiring(sweeper, bond)
        rewiring.sweep(0.5)
        pairs, tensors = rewiring.in_order()
        sweeper = TreeSweeper(Patterns.of(pairs, rows, (2,) * 8), sweeper.weights, tensors)
    assert tree_pairs(pairs, 8, None) == pairs
    assert all(frozenset([i, i + 4]) in groups(pairs) for i in range(4))


@pytest.mark.parametrize("pairs", [balanced(6), COMB])
def test_it_keeps_a_tree_and_says_the_truth_about_it(pairs: Pairs) -> None:
    rng = np.random.default_rng(2)
    rows = np.stack([rng.integers(0, d, 90) for d in (2, 3, 2, 2, 4, 2)], axis=1)
    sweeper = sweeper_of(pairs, rows)
    before = [t.copy() for t in sweeper.tensors]
    rewiring = Rewiring(sweeper, 6)
    losses = []
    for _ in range(3):
        rewiring.sweep(0.3)
        found, tensors = rewiring.in_order()
        state = TTN(tuple(tensors), found)
        log_p = 2 * (state.log_amplitudes(rows)[1] - state.log_norm())
        assert rewiring.log_likelihoods() == pytest.approx(log_p, abs=1e-9)
        losses.append(-sweeper.weights @ log_p)
    # Nothing is cut off at this bond, so that no step climbs.
    assert losses[0] > losses[1] > losses[2]
    # What it started from is as it was.
    assert all((a == b).all() for a, b in zip(before, sweeper.tensors, strict=True))
    assert sweeper.patterns.pairs == list(pairs)


def test_tensors_too_wide_to_merge_are_passed_by() -> None:
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 30, (60, 4))
    rows[0] = 29
    sweeper = sweeper_of(balanced(4), rows)
    rewiring = Rewiring(sweeper, 2)
    rewiring.sweep()
    assert rewiring.in_order()[0] == balanced(4)
    assert max(t.shape[2] for t in rewiring.tensors) == 2
