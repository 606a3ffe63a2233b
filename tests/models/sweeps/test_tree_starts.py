from __future__ import annotations

import itertools

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models.networks.trees import balanced
from qtn.models.structure.linkages import information_tree
from qtn.models.sweeps.born_tree import Patterns
from qtn.models.sweeps.tree_starts import (
    bonds_of,
    chow_liu_density,
    coarse_grained,
    product,
    widened,
)
from qtn.states import TTN


def test_bonds_are_as_large_as_both_sides_can_use() -> None:
    deep = ((0, 1), (4, 2), (5, 3))
    assert bonds_of(deep, (2, 2, 2, 2), 8)[4:] == (4, 2, 1)
    assert bonds_of(deep, (2, 2, 2, 3), 2)[4:] == (2, 2, 1)
    assert bonds_of(balanced(2), (5, 1), 8)[2:] == (1,)


def test_a_product_without_noise_is_one() -> None:
    amplitudes = [np.sqrt(np.array(p)) for p in ([0.3, 0.7], [0.2, 0.3, 0.5], [0.9, 0.1])]
    tensors = product(((0, 2), (3, 1)), amplitudes, 2, 0.0, np.random.default_rng(0))
    state = TTN(tuple(tensors), ((0, 2), (3, 1)))
    assert state.max_bond == 2
    rows = np.array([[1, 2, 0], [0, 0, 1]])
    wanted = [
        amplitudes[0][1] * amplitudes[1][2] * amplitudes[2][0],
        0.3**0.5 * 0.2**0.5 * 0.1**0.5,
    ]
    found = state.amplitudes(rows)
    assert found / found[0] == pytest.approx(np.array(wanted) / wanted[0])


def test_wider_bonds_without_noise_hold_the_same_state() -> None:
    rng = np.random.default_rng(1)
    pairs = balanced(6)
    first = product(pairs, [rng.random(2) for _ in range(6)], 2, 0.5, rng)
    wide = TTN(tuple(widened(pairs, first, 3, 0.0, rng)), pairs)
    assert wide.max_bond == 3
    assert wide.fidelity(TTN(tuple(first), pairs)) == pytest.approx(1)
    noisy = TTN(tuple(widened(pairs, first, 3, 1e-2, rng)), pairs)
    assert 1e-12 < wide.infidelity(noisy) < 1e-4


def test_the_density_of_chow_and_liu_is_held_exactly() -> None:
    rng = np.random.default_rng(2)
    line = np.cumsum(rng.random((300, 5)) < 0.2, axis=1) % 2
    line[:, 3] += rng.integers(0, 2, 300)  # three values
    levels = (2, 2, 2, 3, 2)
    pairs = information_tree("chow-liu", line.astype(float))
    counts = rng.random(300)
    state = TTN(tuple(chow_liu_density(pairs, line, counts, levels, 1e-9)), pairs)
    rows = np.array(list(itertools.product(*(range(d) for d in levels))))
    p = state.amplitudes(rows) ** 2
    assert p.sum() == pytest.approx(1)
    # The distributions of all pairs on an edge of the tree are those of the rows.
    a, b = pairs[0]
    for s, t in itertools.product(range(levels[a]), range(levels[b])):
        there = (line[:, a] == s) & (line[:, b] == t)
        mine = (rows[:, a] == s) & (rows[:, b] == t)
        assert p[mine].sum() == pytest.approx(counts[there].sum() / counts.sum(), abs=1e-6)
    # It is the most likely of all products of pairs: above independence.
    single = sum(np.log(np.bincount(c, counts) / counts.sum())[c] for c in line.T)
    assert counts @ np.log(state.amplitudes(line) ** 2) > counts @ single


def test_moments_beyond_the_memory_are_refused() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 60, (50, 4))
    rows[0] = 60
    patterns = Patterns.of(balanced(4), rows, (1000,) * 4)
    with pytest.raises(ArgumentError, match="A tree node of bond 5"):
        coarse_grained(patterns, np.full(50, 0.02), 5)
