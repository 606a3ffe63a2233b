"""Packed charges: one integer stands for a vector, and adds like it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qtn
from qtn.states.blocks.labels import Charges, check_same, read_charges


@given(st.lists(st.tuples(*[st.integers(-5, 5)] * 3), min_size=1, max_size=8))
def test_sums_and_differences_of_packed_charges_are_those_of_the_vectors(vectors):
    charges = Charges(tuple(((0, 0, 0), v) for v in vectors))
    total = sum(charges.pack(v) for v in vectors)
    assert charges.unpack(total) == tuple(np.sum(vectors, axis=0))
    apart = charges.pack(vectors[0]) - charges.pack(vectors[-1])
    assert charges.unpack(apart) == tuple(np.subtract(vectors[0], vectors[-1]))


def test_three_ways_to_say_the_same_charges():
    counted = read_charges(None, (2, 3))
    assert counted == read_charges([[1, 1]], (2, 3))
    assert counted == read_charges([[[0, 1, 9], [0, 1, 2]]], (2, 3))
    assert counted.levels() == [(0, 1), (0, 1, 2)]
    assert read_charges([[1, 0], [0, -2]], (2, 2)).table[1] == ((0, 0), (0, -2))


@pytest.mark.parametrize(
    "charges", [[[1, 1, 1]], [1, 1], [[0.5, 1]], [[10**7, 1]], "total", [[[0], [0]]]]
)
def test_bad_charges(charges):
    with pytest.raises(qtn.ArgumentError, match="`charges`"):
        read_charges(charges, (2, 2))


def test_states_of_other_charges_do_not_meet():
    check_same(read_charges(None, (2, 2)), read_charges([[1, 1]], (2, 2)))
    with pytest.raises(qtn.ArgumentError, match="same sites and charges"):
        check_same(read_charges(None, (2, 2)), read_charges([[1, 2]], (2, 2)))
