"""Bounds of what truncations do: they hold, and are tighter than the sum of square roots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qtn
from qtn.states.blocks.bounds import Loss, Losses
from tests.states.blocks.test_updates import conserving

Z = np.diag([1.0, -1.0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
def test_distance_and_values_are_within_their_bounds(seed, bond):
    rng = np.random.default_rng(seed)
    n = 8
    start = qtn.BlockMPS.product(rng.permutation([0, 1] * (n // 2)))
    strong = rng.random()
    gates = []
    for _ in range(int(rng.integers(4, 30))):
        left = int(rng.integers(n - 1))
        gate = conserving(rng)
        values, vectors = np.linalg.eig(gate)
        gate = vectors @ np.diag(values**strong) @ np.linalg.inv(vectors)
        gates.append(((left, left + 1), gate))
    exact = start.evolved(gates, cutoff=1e-30).state
    found = start.evolved(gates, max_bond=bond)
    gap = np.linalg.norm(exact.to_dense() - found.state.to_dense())
    assert gap <= found.distance + 1e-7
    roots = sum(np.sqrt(loss.weight) for loss in found.losses.each)
    assert found.distance <= roots + 1e-15
    assert found.state.norm() ** 2 == pytest.approx(found.losses.kept, abs=1e-12)
    operators = [{q: Z} for q in range(n)] + [{0: Z, q: Z} for q in range(1, n)]
    values, widths = found.certified(operators)
    assert (np.abs(exact.values(operators).real - values) <= widths + 1e-9).all()
    assert (widths <= 1.0 + np.abs(values)).all()


def test_far_from_a_loss_only_its_weight_counts():
    late = Losses((Loss(0, 0, 0.0), Loss(1, 7, 1e-6)))
    assert late.half_width([0], 0.5) == pytest.approx(1.5e-6, rel=1e-4)
    near = late.half_width([7, 8], 0.0)
    assert near == pytest.approx(2e-3, rel=1e-2)
    assert late.half_width([7], 0.0) == pytest.approx(1e-6, rel=1e-4)


def test_a_cone_grows_back_to_the_loss():
    losses = Losses((Loss(0, 3, 1e-6), Loss(1, 3, 0.0), Loss(2, 2, 0.0)))
    assert losses.half_width([2], 0.0) > 1e-3  # 2-3, then 3-4: on both sides of bond 3
    assert losses.half_width([1], 0.0) < 1e-5


def test_losses_of_one_sweep_add_in_squares():
    one = Losses(tuple(Loss(0, k, 1e-6) for k in range(100)))
    assert one.distance == pytest.approx(1e-2)
    assert Losses(tuple(Loss(k, k, 1e-6) for k in range(100))).distance == pytest.approx(1e-1)
    assert one.discarded(101).sum() == pytest.approx(1e-4)


def test_a_large_value_has_a_tighter_bound():
    losses = Losses((Loss(0, 0, 1e-6),))
    assert losses.half_width([0, 1], 0.99) < 0.2 * losses.half_width([0, 1], 0.0)


def test_nothing_kept_says_nothing():
    assert Losses((Loss(0, 0, 1.0),)).half_width([0], 0.3) == pytest.approx(1.3)


def test_a_brickwork_loses_much_less_than_the_sum_of_roots():
    hop = np.eye(4, dtype=complex)
    hop[1:3, 1:3] = [[np.cos(0.6), 1j * np.sin(0.6)], [1j * np.sin(0.6), np.cos(0.6)]]
    gates = [((q, q + 1), hop) for first in (0, 1) for q in range(first, 23, 2)] * 4
    found = qtn.BlockMPS.product([0, 1] * 12).evolved(gates, max_bond=8)
    roots = sum(np.sqrt(loss.weight) for loss in found.losses.each)
    assert 0.0 < found.distance < 0.4 * roots
