"""Chains in blocks to arrays and back; arrays that contradict each other."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.states.blocks.packing import pack_blocks, unpack_blocks
from tests.interop.test_charged import two_species


@pytest.fixture
def state() -> qtn.BlockMPS:
    return qtn.circuit_to_blocks(two_species(4, 2)).state


def test_a_file_holds_the_same_state(state, tmp_path):
    found = qtn.load(qtn.save(state, tmp_path / "blocks.qtn"))
    assert isinstance(found, qtn.BlockMPS)
    assert (found.charges, found.total, found.bonds) == (state.charges, state.total, state.bonds)
    assert np.array_equal(found.to_dense(), state.to_dense())
    assert found.overlap(state) == pytest.approx(1.0)
    real = qtn.BlockMPS.product([0, 2, 1], phys=3)
    assert qtn.load(qtn.save(real, tmp_path / "product.qtn")).dtype == np.float64


@pytest.mark.parametrize(("name", "change"), [
    ("numbers.1", lambda a: a[:-1]), ("keys.1", lambda a: a[:-1]),
    ("keys.1", lambda a: a + np.array([9, 0, 0])), ("bond.1", lambda a: a - np.array([1, 0, 0])),
    ("bond.0", lambda a: np.concatenate([a, a])), ("bond.8", lambda a: a + np.array([1, 0, 0])),
])  # fmt: skip
def test_parts_that_contradict_each_other_are_refused(state, name, change):
    arrays, header = pack_blocks(state.sites, state.charges)
    with pytest.raises((ValueError, KeyError)):
        unpack_blocks({**arrays, name: change(arrays[name])}, header)


@pytest.mark.parametrize("table", [[], [[[1.5]]], [[[True]]], [[[0, 1], [1]]]])
def test_charges_that_are_none_are_refused(state, table):
    arrays, _ = pack_blocks(state.sites, state.charges)
    with pytest.raises(ValueError, match="charges"):
        unpack_blocks(arrays, {"charges": table})
