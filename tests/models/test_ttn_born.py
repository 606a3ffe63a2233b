from __future__ import annotations

import itertools

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models import TTNBornMachine


def bars_and_stripes(side: int) -> np.ndarray:
    lines = list(itertools.product((0, 1), repeat=side))
    images = {tuple(np.repeat(line, side)) for line in lines}
    images |= {tuple(np.tile(line, side)) for line in lines}
    return np.array(sorted(images))


@pytest.mark.parametrize("shape", [None, (4, 4)])
def test_bars_and_stripes_reach_the_bound(shape: tuple[int, int] | None) -> None:
    rows = bars_and_stripes(4)
    model = TTNBornMachine(bond=16, shape=shape).fit(rows)
    assert -model.score(rows) == pytest.approx(np.log(30), abs=1e-6)
    assert model.status_ == "converged"


def test_own_trees_are_taken() -> None:
    tree = ((3, 1), (0, 4), (5, 2))
    rows = np.random.default_rng(0).integers(0, 2, (20, 4))
    model = TTNBornMachine(bond=4, tree=tree).fit(rows)
    assert model.state().pairs == tree


def test_one_column_is_no_tree() -> None:
    with pytest.raises(ArgumentError, match="at least two columns for a tree"):
        TTNBornMachine().fit([[0], [1]])


def test_bad_tree_is_refused() -> None:
    with pytest.raises(ArgumentError, match="`tree` must be"):
        TTNBornMachine(tree="oak").fit([[0, 1], [1, 0]])
