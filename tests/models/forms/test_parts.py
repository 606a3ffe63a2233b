"""Two parts of a state that a register tells apart, on chains and trees."""

from __future__ import annotations

import numpy as np
import oracles
import pytest

from qtn.models.forms.parts import doubled, parted
from qtn.states import MPS, TTN
from qtn.states.origin import Trained

RNG = np.random.default_rng(4)
CHAIN = MPS(tuple(oracles.random_chain(RNG, 4, 3, real=True, phys=3)))
SHAPES = ((3, 3, 4), (4, 3, 2), (3, 2, 1))
TREE = TTN(tuple(RNG.normal(size=s) for s in SHAPES), ((2, 0), (4, 3), (1, 5)))
EVERY = np.array(list(np.ndindex(3, 3, 3, 3)))


@pytest.mark.parametrize("state", [CHAIN, TREE], ids=["chain", "tree"])
@pytest.mark.parametrize("site", range(4))
def test_the_register_is_zero_where_nothing_was_added(state: MPS | TTN, site: int) -> None:
    wide = doubled(state, site)
    assert wide.phys == tuple(6 if k == site else 3 for k in range(4))
    assert wide.norm() == pytest.approx(state.norm())
    split = parted(wide, site)
    place = site if isinstance(state, MPS) else 4
    for value, wanted in ((0, state.amplitudes(EVERY)), (1, np.zeros(81))):
        rows = np.insert(EVERY, place, value, axis=1)
        assert split.amplitudes(rows) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("state", [CHAIN, TREE], ids=["chain", "tree"])
def test_both_parts_come_back(state: MPS | TTN) -> None:
    wide = doubled(state, 1)
    tensors = [t + 0.1 * RNG.normal(size=t.shape) for t in wide.tensors]
    wide = type(state)(tuple(tensors), *([state.pairs] if isinstance(state, TTN) else []))
    split, place = parted(wide, 1), 1 if isinstance(state, MPS) else 4
    for value in (0, 1):
        found = split.amplitudes(np.insert(EVERY, place, value, axis=1))
        assert found == pytest.approx(
            wide.amplitudes(EVERY + np.array([0, 3 * value, 0, 0])), abs=1e-12
        )


def test_a_register_counts_as_a_column_after_the_last() -> None:
    moved = MPS(CHAIN.tensors, origin=Trained((3, 1, 0, 2)))
    for state, site, columns in ((moved, 2, (3, 1, 4, 0, 2)), (CHAIN, 0, (4, 0, 1, 2, 3))):
        found = parted(doubled(state, site), site).origin
        assert isinstance(found, Trained)
        assert found.columns == columns
