"""Blocks, stacked and side by side, are the same tensor."""

from __future__ import annotations

import numpy as np

from qtn.states.blocks.sites import (
    Site,
    columns,
    dtype_of,
    from_columns,
    from_rows,
    in_columns,
    in_rows,
    places,
    rows,
)


def site() -> Site:
    rng = np.random.default_rng(0)
    left, right, levels = {0: 2, 1: 3}, {0: 1, 1: 4, 2: 2}, (0, 1)
    blocks = {
        (q, s): rng.normal(size=(d, right[q + c]))
        for q, d in left.items()
        for s, c in enumerate(levels)
    }
    return Site(blocks, levels, left, right)


def same(a: Site, b: Site) -> bool:
    return a.blocks.keys() == b.blocks.keys() and all(
        (a.blocks[part] == b.blocks[part]).all() for part in a.blocks
    )


def test_both_forms_give_the_site_back():
    given = site()
    assert {q: m.shape for q, m in in_rows(given).items()} == {0: (2, 1), 1: (5, 4), 2: (3, 2)}
    assert {q: m.shape for q, m in in_columns(given).items()} == {0: (2, 5), 1: (3, 6)}
    tall = from_rows(in_rows(given), given.left, given.levels)
    wide = from_columns(in_columns(given), given.levels, given.right)
    assert same(given, tall)
    assert same(given, wide)
    assert (tall.right, wide.left) == (given.right, given.left)


def test_missing_blocks_are_zero_and_unreached_charges_left_out():
    given = site()
    blocks = {part: block for part, block in given.blocks.items() if part != (0, 1)}
    holed = Site(blocks, given.levels, given.left, {**given.right, 7: 2})
    assert (in_rows(holed)[1][:2] == 0).all()
    assert 7 not in in_rows(holed)
    assert dtype_of(holed) == np.float64


def test_which_pairs_meet_in_a_charge():
    assert rows({0: 2, 1: 3}, (0, 1)) == {0: [(0, 0)], 1: [(0, 1), (1, 0)], 2: [(1, 1)]}
    assert columns((0, 1), {1: 4}) == {1: [(1, 0)], 0: [(1, 1)]}
    assert places([(0, 1), (1, 0)], {0: 2, 1: 3}) == (
        {(0, 1): slice(0, 2), (1, 0): slice(2, 5)},
        5,
    )
