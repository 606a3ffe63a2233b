"""Layouts: factors of rows and columns, bonds that can be, parameters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtn.applications.compression.layout import Layout, balanced, count, low_rank, possible
from qtn.errors import ArgumentError


@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 4))
def test_balanced_layouts_have_the_shape_of_the_matrix(rows: int, columns: int, cores: int) -> None:
    layout = balanced(rows, columns, cores)
    assert layout.shape == (rows, columns)
    assert len(layout.outputs) == len(layout.inputs) == cores
    assert list(layout.outputs) == sorted(layout.outputs)


def test_factors_are_as_equal_as_divisors_allow() -> None:
    assert balanced(128, 784, 2) == Layout((8, 16), (28, 28))
    assert balanced(64, 13, 3) == Layout((4, 4, 4), (1, 1, 13))


@given(st.lists(st.integers(1, 40), min_size=3, max_size=3))
def test_bonds_are_cut_to_what_the_cores_hold(bonds: list[int]) -> None:
    layout = Layout((2, 3, 2, 2), (3, 1, 2, 2))
    kept = possible(layout, tuple(bonds))
    assert all(k <= b for k, b in zip(kept, bonds, strict=True))
    assert all(k <= f for k, f in zip(kept, layout.full, strict=True))
    assert possible(layout, kept) == kept


def test_parameters_are_the_sizes_of_the_cores() -> None:
    layout = Layout((2, 3), (5, 7), (4,))
    assert layout.parameters == count(layout, (4,)) == 2 * 5 * 4 + 4 * 3 * 7
    assert low_rank(6, 5) == Layout((1, 6), (5, 1))
    assert math.prod(Layout((2, 2, 2), (2, 2, 2)).full) == 16


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (((2,), (2, 2)), "`inputs` must be as many dimensions as `outputs`"),
        (((), ()), "`inputs` must be as many dimensions"),
        (((2, 0), (2, 2)), "`outputs` must be a positive integer, but is 0"),
        (((2, 2), (2, 2), (1, 1)), "`bonds` must be one dimension between each pair of cores"),
        ((3, (2, 2)), "`outputs` must be a sequence of positive integers"),
    ],
)
def test_what_is_no_layout_is_refused(arguments: tuple, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        Layout(*arguments)
