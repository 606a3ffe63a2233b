from __future__ import annotations

import numpy as np
import pytest

from qtn.models.networks.trees import balanced
from qtn.models.sweeps.tree_growth import GrowingTree
from qtn.models.sweeps.tree_starts import product
from qtn.states import TTN


@pytest.mark.parametrize("rewired", [False, True])
def test_bonds_grow_from_what_was_reached(rewired: bool) -> None:
    rng = np.random.default_rng(0)
    rows = np.cumsum(rng.random((300, 8)) < 0.2, axis=1) % 2
    rows = rows[:, rng.permutation(8)]
    start = product(balanced(8), [np.full(2, 0.5**0.5)] * 8, 2, 0.1, rng)
    share = np.full(300, 1 / 300)
    tree = GrowingTree(balanced(8), (rows, (2,) * 8, share), start, rewired, seed=0)
    losses = []
    for bond in (2, 2, 2, 2, 3, 3, 4, 4, 8, 8):
        tree.sweep(bond)
        losses.append(-share @ tree.log_likelihoods())
    assert max(t.shape[2] for t in tree.tensors) == 8
    assert (np.diff(losses) < 0.02).all()
    assert losses[-1] < losses[3] - 0.05
    assert (tree.pairs != balanced(8)) == rewired
    state = TTN(tuple(tree.tensors), tree.pairs)
    wanted = 2 * (state.log_amplitudes(rows)[1] - state.log_norm())
    assert tree.log_likelihoods() == pytest.approx(wanted, abs=1e-9)


def test_the_same_seed_grows_the_same_tree() -> None:
    rng = np.random.default_rng(1)
    rows, found = rng.integers(0, 2, (50, 5)), []
    start = product(balanced(5), [np.full(2, 0.5**0.5)] * 5, 2, 0.1, rng)
    for seed in (0, 0, 1):
        table = (rows, (2,) * 5, np.full(50, 0.02))
        tree = GrowingTree(balanced(5), table, start, False, seed)
        tree.sweep(2)
        tree.sweep(3)
        found.append(tree.log_likelihoods())
    assert (found[0] == found[1]).all()
    assert (found[0] != found[2]).any()
