"""The table of all shapes equals shapes tried one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.states.tucker.factors import hosvd
from qtn.states.tucker.shape_table import best_shape, error_table, tails, wasteful


def enumerated(core: np.ndarray, sizes: tuple[int, ...], most: int) -> tuple[float, int]:
    """The least error and the fewest parameters that reach it, shape by shape."""
    found = []
    for shape in itertools.product(*(range(1, n + 1) for n in core.shape)):
        volume = int(np.prod(shape))
        count = volume + sum(n * r for n, r in zip(sizes, shape))
        if count <= most and all(r * r <= volume for r in shape):
            outside = np.abs(core) ** 2
            outside[tuple(slice(r) for r in shape)] = 0.0
            found.append((float(outside.sum()), count, shape))
    return min(found)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.floats(0, 1), st.integers(0, 999))
def test_the_best_shape_is_that_of_an_enumeration(
    sides: list[int], share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    decay = np.exp(-rng.uniform(0, 2) * np.indices(sides).sum(0))
    core = hosvd(rng.normal(size=sides) * decay)[0].core
    sizes = tuple(sides)
    least = 1 + sum(sizes)
    most = int(least + share * (np.prod(sides) + sum(n * n for n in sides) - least))
    error, count, shape = enumerated(core, sizes, most)
    found, lost = best_shape(core, sizes, most)
    assert found == shape
    assert lost == pytest.approx(error, rel=1e-12)
    assert error_table(core, shape)[tuple(r - 1 for r in shape)] == lost
    assert count <= most


def test_small_errors_keep_their_digits() -> None:
    core = np.diag([1.0, 1e-9, 1e-12])
    assert error_table(core, (3, 3)).diagonal() == pytest.approx([1e-18 + 1e-24, 1e-24, 0.0])


def test_an_axis_longer_than_the_others_can_use_is_left_out() -> None:
    assert wasteful((4, 2, 2))[:, 0, 1].tolist() == [True, False, True, True]
    assert not wasteful((3, 3))[np.eye(3, dtype=bool)].any()
    # As many numbers as (2, 2), and a block that is larger in an accident of the axes.
    core = np.array([[3.0, 0.0], [2.0, 0.0], [1.0, 0.1]])
    assert best_shape(core, (3, 2), 14)[0] == (2, 2)


def test_tails() -> None:
    assert tails(np.array([3.0, 2.0, 1.0])).tolist() == [14.0, 5.0, 1.0, 0.0]
