from __future__ import annotations

import itertools

import numpy as np
import pytest

from qtn.models.densities.chain_conditionals import (
    chain_completions,
    chain_marginals,
    drawn,
    to_unit,
)
from qtn.states import MPS

RNG = np.random.default_rng(0)
STATE = MPS(
    tuple(RNG.normal(size=shape) for shape in ((1, 2, 3), (3, 3, 2), (2, 2, 1)))
).normalised()
EVERY = np.array(list(itertools.product(range(2), range(3), range(2))))
P = np.abs(STATE.amplitudes(EVERY)) ** 2
MASKS = np.array(list(itertools.product((False, True), repeat=3)))


def test_marginals_are_those_of_the_enumeration() -> None:
    rows = np.tile(EVERY[7], (len(MASKS), 1))
    log_p, found = chain_marginals(STATE.tensors, rows, MASKS)
    for k, missing in enumerate(MASKS):
        p = P * np.all(missing | (EVERY[7] == EVERY), axis=1)
        assert np.exp(log_p[k]) == pytest.approx(p.sum())
        for site, weights in enumerate(found):
            wanted = np.bincount(EVERY[:, site], p, weights.shape[1]) / p.sum()
            assert weights[k] == pytest.approx(wanted)


def test_completions_keep_what_is_known_and_follow_the_rest() -> None:
    rows = np.tile(EVERY[7], (4000, 1))
    missing = np.tile([True, False, True], (4000, 1))
    log_p, found = chain_completions(STATE.tensors, rows, missing, np.random.default_rng(1))
    assert (found[:, 1] == EVERY[7, 1]).all()
    p = P * (EVERY[:, 1] == EVERY[7, 1])
    assert np.exp(log_p) == pytest.approx(p.sum())
    counts = np.bincount(found @ [6, 2, 1], minlength=12) / 4000
    wanted = p / p.sum()
    assert (np.abs(counts - wanted) <= 5 * np.sqrt(wanted / 4000) + 5 / 4000).all()


def test_many_sites_do_not_underflow() -> None:
    n = 3000
    tensors = [np.full((1, 2, 1), 0.5**0.5)] * n
    rows, missing = np.zeros((1, n), dtype=np.int64), np.zeros((1, n), dtype=bool)
    log_p, _ = chain_marginals(tensors, rows, missing)
    assert log_p == pytest.approx(-n * np.log(2))


def test_helpers_take_zeros() -> None:
    assert drawn(np.array([[0.0, 2.0, 0.0]]), np.random.default_rng(0)).tolist() == [1]
    scaled, log_c = to_unit(np.array([[[0.0]], [[4.0]]]))
    assert scaled.ravel().tolist() == [0.0, 1.0]
    assert log_c.tolist() == [-np.inf, np.log(4)]
