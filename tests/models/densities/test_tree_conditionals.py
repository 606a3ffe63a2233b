from __future__ import annotations

import itertools

import numpy as np
import pytest

from qtn.models.densities.tree_conditionals import tree_completions, tree_marginals
from qtn.states import TTN

RNG = np.random.default_rng(0)
PAIRS = ((3, 1), (0, 2), (5, 4))  # leaves 0 … 3 of 2, 3, 2 and 2 levels
STATE = TTN(
    tuple(RNG.normal(size=shape) for shape in ((2, 3, 3), (2, 2, 2), (2, 3, 1))), PAIRS
).normalised()
EVERY = np.array(list(itertools.product(range(2), range(3), range(2), range(2))))
P = np.abs(STATE.amplitudes(EVERY)) ** 2
MASKS = np.array(list(itertools.product((False, True), repeat=4)))


def test_marginals_are_those_of_the_enumeration() -> None:
    rows = np.tile(EVERY[9], (len(MASKS), 1))
    log_p, found = tree_marginals(PAIRS, STATE.tensors, rows, MASKS)
    for k, missing in enumerate(MASKS):
        p = P * np.all(missing | (EVERY[9] == EVERY), axis=1)
        assert np.exp(log_p[k]) == pytest.approx(p.sum())
        for site, weights in enumerate(found):
            wanted = np.bincount(EVERY[:, site], p, weights.shape[1]) / p.sum()
            assert weights[k] == pytest.approx(wanted)


def test_completions_keep_what_is_known_and_follow_the_rest() -> None:
    rows = np.tile(EVERY[9], (4000, 1))
    missing = np.tile([True, False, True, True], (4000, 1))
    drawn = tree_completions(PAIRS, STATE.tensors, rows, missing, np.random.default_rng(1))
    log_p, found = drawn
    assert (found[:, 1] == EVERY[9, 1]).all()
    p = P * (EVERY[:, 1] == EVERY[9, 1])
    assert np.exp(log_p) == pytest.approx(p.sum())
    counts = np.bincount(found @ [12, 4, 2, 1], minlength=24) / 4000
    wanted = p / p.sum()
    assert (np.abs(counts - wanted) <= 5 * np.sqrt(wanted / 4000) + 5 / 4000).all()
