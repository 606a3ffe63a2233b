import numpy as np
import pytest

from qtn.aqc.shape.ansatz import (
    Ansatz,
    Layer,
    brickwall_shape,
    from_bonds,
    identity_gates,
    staircase_shape,
)
from qtn.errors import ArgumentError


def test_brickwall_alternates_even_and_odd_bonds():
    shape = brickwall_shape(6, 3)
    assert [layer.bonds for layer in shape.layers] == [(0, 2, 4), (1, 3), (0, 2, 4)]
    assert shape.size == 8
    assert all(layer.disjoint for layer in shape.layers)


def test_two_sites_need_one_block_only():
    assert [layer.bonds for layer in brickwall_shape(2, 3).layers] == [(0,)]


def test_order_inside_a_layer_follows_its_direction():
    shape = Ansatz(4, (Layer((0, 1, 2), True), Layer((0, 1, 2), False)))
    assert list(shape.sequence()) == [(0, 0), (1, 1), (2, 2), (5, 2), (4, 1), (3, 0)]
    assert not shape.layers[0].disjoint


def test_sum_puts_the_first_shape_first():
    shape = staircase_shape(3, 1) + brickwall_shape(3, 1)
    assert [layer.bonds for layer in shape.layers] == [(0, 1), (0,)]


def test_blocks_in_time_order_are_packed_into_layers():
    bonds = [0, 2, 1, 0, 2]
    shape, order = from_bonds(4, bonds)
    assert [layer.bonds for layer in shape.layers] == [(0, 2), (1,), (0, 2)]
    assert [bonds[i] for i in order] == [0, 2, 1, 0, 2]
    staircase_shape, order = from_bonds(4, [0, 1, 2])
    assert [layer.bonds for layer in staircase_shape.layers] == [(0,), (1,), (2,)]
    assert order == [0, 1, 2]


def test_identity_gates_have_the_wanted_type():
    assert identity_gates(staircase_shape(3, 1), True).dtype == np.float64
    assert identity_gates(staircase_shape(3, 1), False).dtype == np.complex128


@pytest.mark.parametrize("make", [brickwall_shape, staircase_shape])
def test_zero_layers_are_refused(make):
    with pytest.raises(ArgumentError, match="`layers` must be a positive integer, but is 0"):
        make(4, 0)
