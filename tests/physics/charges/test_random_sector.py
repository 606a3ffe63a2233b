"""Random states of a sector."""

from __future__ import annotations

import numpy as np

import qtn
from qtn.physics.charges.random_sector import random_in_sector


def test_a_random_state_reaches_every_configuration_of_its_sector():
    start = qtn.BlockMPS.product([1, 0, 0, 1, 1, 0], [[1, 0] * 3, [0, 1] * 3])
    found = random_in_sector(start, np.random.default_rng(0))
    assert found.total == start.total == (2, 1)
    bits = (np.arange(64)[:, None] >> np.arange(6)) & 1
    inside = (bits[:, ::2].sum(1) == 2) & (bits[:, 1::2].sum(1) == 1)
    assert ((np.abs(found.to_dense()) > 1e-12) == inside).all()


def test_many_sectors_are_limited_to_the_likely_ones():
    start = qtn.BlockMPS.product([0, 1] * 60)
    found = random_in_sector(start, np.random.default_rng(1))
    assert found.max_bond <= 96
    assert abs(found.norm() - 1.0) < 1e-10
    assert (found.sample(5).sum(axis=1) == 60).all()
