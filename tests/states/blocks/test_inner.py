"""Overlaps, sums and values in blocks against dense vectors."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.states.blocks import inner
from qtn.states.kernels.expectation import product_sum
from qtn.states.operators import FACTORS


@pytest.fixture(scope="module")
def pair() -> tuple[qtn.BlockMPS, qtn.BlockMPS]:
    hamiltonian = qtn.chain("heisenberg", 7)
    return tuple(
        qtn.BlockMPS.from_mps(qtn.evolve(hamiltonian, "0101011", time)) for time in (0.5, 1.3)
    )


def test_overlap(pair):
    a, b = pair
    phase, log_abs = inner.log_overlap(a.sites, b.sites)
    assert phase * np.exp(log_abs) == pytest.approx(np.vdot(a.to_dense(), b.to_dense()), abs=1e-14)


def test_a_sum_is_the_sum(pair):
    a, b = pair
    added = qtn.BlockMPS(tuple(inner.sum_of(a.sites, b.sites, 0.5, -2j)), a.charges)
    assert added.to_dense() == pytest.approx(0.5 * a.to_dense() - 2j * b.to_dense())


def test_states_without_a_common_sector_are_orthogonal():
    a, b = qtn.BlockMPS.product([0, 1, 1]), qtn.BlockMPS.product([1, 1, 0])
    assert inner.log_overlap(a.sites, b.sites) == (0.0, -np.inf)
    added = qtn.BlockMPS(tuple(inner.sum_of(a.sites, b.sites, 3.0, 4.0)), a.charges)
    assert added.norm() == pytest.approx(5.0)


def test_values_of_operators_that_change_the_charge_and_of_those_that_do_not(pair):
    rng = np.random.default_rng(2)
    words = ["Z", "XX", "XY", "XZX", "YZYXX", "X", "XXXXXXX", "ZZ", ""]
    operators = [
        dict(zip(map(int, np.sort(rng.choice(7, len(w), False))), map(FACTORS.get, w), strict=True))
        for w in words
    ] * 2  # fmt: skip
    found = inner.product_values(pair[1].sites, operators)
    dense = product_sum(pair[1].to_mps().tensors, operators)
    assert np.abs(found - dense).max() < 1e-13
