"""From dense to blocks: the charge is found in any gauge, or refused."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.states.blocks.dense import dense_tensors, sectors_of
from qtn.states.blocks.labels import read_charges


def scrambled(state: qtn.MPS, seed: int) -> qtn.MPS:
    """Return the same state with a random matrix and its inverse in every bond."""
    rng = np.random.default_rng(seed)
    tensors = list(state.tensors)
    for i in range(state.n - 1):
        side = tensors[i].shape[2]
        mix = rng.normal(size=(side, side)) + 1j * rng.normal(size=(side, side))
        tensors[i] = np.tensordot(tensors[i], mix, 1)
        tensors[i + 1] = np.tensordot(np.linalg.inv(mix), tensors[i + 1], 1)
    return qtn.MPS(tuple(tensors)).normalised()


def test_a_scrambled_gauge_hides_no_charge():
    state = qtn.evolve(qtn.chain("heisenberg", 8), "neel", 1.0)
    mixed = scrambled(state, 1)
    charges = read_charges(None, mixed.phys)
    again = qtn.MPS(tuple(dense_tensors(sectors_of(mixed.tensors, charges, None))))
    assert np.abs(again.to_dense() - mixed.to_dense()).max() < 1e-12
    assert again.max_bond <= mixed.max_bond + 2


def test_a_state_of_several_charges_is_refused_or_projected():
    plus = qtn.product_state("plus", 4)
    charges = read_charges(None, plus.phys)
    with pytest.raises(qtn.ArgumentError, match=r"no definite charge.*\(2,\): 0.375"):
        sectors_of(plus.tensors, charges, None)
    found = qtn.MPS(tuple(dense_tensors(sectors_of(plus.tensors, charges, (2,))))).to_dense()
    ones = np.array([bin(k).count("1") for k in range(16)])
    assert found == pytest.approx((ones == 2) / np.sqrt(6))
    with pytest.raises(qtn.ArgumentError, match="no part of charge"):
        sectors_of(qtn.product_state("neel", 4).tensors, charges, (4,))
