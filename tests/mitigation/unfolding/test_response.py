"""The response on all outcomes and between those that were seen."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import hadamard

from qtn.mitigation.unfolding.faults import Faults
from qtn.mitigation.unfolding.response import (
    convolution,
    likely_patterns,
    matrix,
    walsh_hadamard,
)

MASKS = tuple(np.array(m, dtype=np.uint64) for m in ([3, 12], [1], [24, 16, 31]))
CHANCES = (np.array([0.05, 0.02]), np.array([0.1]), np.array([0.01, 0.03, 0.02]))
FAULTS = Faults(5, MASKS, CHANCES, True)
RATES = np.array([0.01, 0.05, 0.02, 0.0, 0.1])


def test_transform_is_that_of_hadamard_matrices():
    values = np.random.default_rng(0).normal(size=16)
    np.testing.assert_allclose(walsh_hadamard(values), hadamard(16) @ values)
    np.testing.assert_array_equal(walsh_hadamard(np.ones(1)), [1])


@given(st.integers(0, 31))
def test_columns_are_distributions(place):
    point = np.zeros(32)
    point[place] = 1
    column = convolution(FAULTS, RATES).forward(point)
    assert abs(column.sum() - 1) < 1e-12
    assert column.min() > -1e-14


def test_matrix_holds_the_same_entries():
    every = np.arange(32, dtype=np.uint64)
    small = matrix(every, every[[4, 9]], likely_patterns(FAULTS), RATES)
    p = np.zeros(32)
    p[[4, 9]] = 0.3, 0.7
    whole = convolution(FAULTS, RATES)
    np.testing.assert_allclose(small.forward(np.array([0.3, 0.7])), whole.forward(p), atol=1e-14)
    weights = np.random.default_rng(1).random(32)
    np.testing.assert_allclose(small.backward(weights), whole.backward(weights)[[4, 9]])


def test_bits_beyond_a_byte_count():
    faults = Faults(63, (np.array([1 << 62], dtype=np.uint64),), (np.array([0.25]),), True)
    rates = np.full(63, 0.01)
    seen = np.array([0, 1 << 62, 1 << 40], dtype=np.uint64)
    found = matrix(seen, seen[:1], likely_patterns(faults), rates).entries[:, 0]
    same = 0.99**63
    flip = 0.01 / 0.99
    expected = same * np.array(
        [0.75 + 0.25 * flip, 0.25 + 0.75 * flip, flip * (0.75 + 0.25 * flip)]
    )
    np.testing.assert_allclose(found, expected)


def test_the_likeliest_patterns_are_kept():
    masks, weights = likely_patterns(FAULTS, 4)
    every, all_weights = likely_patterns(FAULTS)
    assert masks[0] == 0
    assert abs(all_weights.sum() - 1) < 1e-12
    assert len(every) > 4
    assert len(masks) == 4
    assert weights.sum() < 1
