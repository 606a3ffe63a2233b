"""Certified values: what is asked must be Hermitian and come from gates."""

from __future__ import annotations

import numpy as np
import pytest

import qtn

Z = np.diag([1.0, -1.0])
HOP = np.eye(4, dtype=complex)
HOP[1:3, 1:3] = [[0.8, 0.6j], [0.6j, 0.8]]


@pytest.fixture
def cut() -> qtn.BlockTruncation:
    gates = [((k, k + 1), HOP) for k in (0, 2, 4, 1, 3)] * 3
    return qtn.BlockMPS.product([0, 1] * 3).evolved(gates, max_bond=4)


def test_values_scale_with_the_operator(cut):
    values, widths = cut.certified([{2: Z}, {2: 3.0 * Z}, {}, {2: 0.0 * Z}])
    assert values[1] == pytest.approx(3.0 * values[0])
    assert widths[1] == pytest.approx(3.0 * widths[0])
    assert (values[2], widths[2], widths[3]) == (pytest.approx(1.0), 0.0, 0.0)


def test_only_hermitian_operators_are_certified(cut):
    with pytest.raises(qtn.ArgumentError, match="Hermitian"):
        cut.certified([{0: Z}, {1: np.array([[0.0, 1.0], [0.0, 0.0]])}])


def test_a_state_that_was_only_shortened_has_no_exact_one(cut):
    shorter = cut.state.truncated(max_bond=2)
    assert 0.0 < shorter.distance < 1.0
    with pytest.raises(qtn.ArgumentError, match="not made by gates"):
        shorter.certified([{0: Z}])


def test_shortening_is_one_projection():
    state = qtn.BlockMPS.product([0, 1] * 3).evolved([((k, k + 1), HOP) for k in (0, 2, 4, 1, 3)])
    found = state.state.truncated(max_bond=2)
    gap = np.linalg.norm(state.state.to_dense() - found.state.to_dense())
    assert gap == pytest.approx(found.distance, rel=1e-9)
    assert found.fidelity_floor == pytest.approx(1.0 - found.distance**2)
