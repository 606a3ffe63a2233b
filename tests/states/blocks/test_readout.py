"""Samples and amplitudes in blocks are those of the dense chain."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.states.blocks.readout import amplitudes_of, sample_sites


@pytest.fixture(scope="module")
def state() -> qtn.BlockMPS:
    return qtn.BlockMPS.from_mps(qtn.evolve(qtn.chain("heisenberg", 7), "domain-wall", 1.2))


def test_equal_seeds_draw_what_the_dense_chain_draws(state):
    drawn = state.sample(5000, seed=4)
    assert (drawn == state.to_mps().sample(5000, seed=4)).all()
    assert (drawn.sum(axis=1) == 3).all()


def test_amplitudes_of_every_configuration(state):
    bits = np.array(list(np.ndindex(*(2,) * 7)))
    assert np.abs(state.amplitudes(bits) - state.to_mps().amplitudes(bits)).max() < 1e-14
    assert (amplitudes_of(state.sites, bits[:1]) == 0).all()


def test_a_product_state_is_drawn_as_it_is():
    rng = np.random.default_rng(0)
    start = qtn.BlockMPS.product([1, 0, 2, 1], phys=3)
    assert (sample_sites(start.sites, 9, rng) == [1, 0, 2, 1]).all()
