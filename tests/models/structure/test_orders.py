"""Orders of columns along a chain."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models.structure.orders import fiedler, pairwise_information, site_order, walk


def shuffled_line(columns: int = 12, rows: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Bits of a chain that flips rarely, its columns shuffled; the true neighbours."""
    rng = np.random.default_rng(0)
    line = np.cumsum(rng.random((rows, columns)) < 0.1, axis=1) % 2
    order = rng.permutation(columns)
    return line[:, order].astype(float), order


def test_information_is_that_of_the_table() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 2, 4000)
    y = np.where(rng.random(4000) < 0.2, 1 - x, x)
    found = pairwise_information(np.stack([x, y, rng.random(4000)], axis=1).astype(float))
    noise = 0.2
    exact = np.log(2) + noise * np.log(noise) + (1 - noise) * np.log(1 - noise)
    assert found[0, 1] == pytest.approx(exact, abs=0.02)
    assert found[0, 2] < 0.01
    assert np.allclose(found, found.T)
    assert not found.diagonal().any()
    weights = np.ones(4000)
    assert np.allclose(
        pairwise_information(np.stack([x, y], 1).astype(float), weights), found[:2, :2]
    )


@pytest.mark.parametrize("name", ["walk", "fiedler"])
def test_a_shuffled_line_is_found_again(name: str) -> None:
    rows, order = shuffled_line()
    found = site_order(name, rows)
    assert found is not None
    line = order[found]
    assert (line == np.arange(12)).all() or (line == np.arange(12)[::-1]).all()


def test_walk_takes_short_branches_first() -> None:
    information = np.zeros((6, 6))
    for a, b in ((0, 1), (1, 2), (2, 3), (3, 4), (2, 5)):
        information[a, b] = information[b, a] = 1.0
    assert walk(information).tolist() in ([0, 1, 2, 5, 3, 4], [4, 3, 2, 5, 1, 0])


def test_columns_that_share_nothing_are_a_permutation_all_the_same() -> None:
    for order in (walk(np.zeros((5, 5))), fiedler(np.zeros((5, 5)))):
        assert sorted(order.tolist()) == list(range(5))


def test_orders_by_hand_are_checked() -> None:
    rows = np.random.default_rng(0).random((20, 3))
    assert site_order(None, rows) is None
    assert site_order("given", rows) is None
    assert site_order([2, 0, 1], rows).tolist() == [2, 0, 1]  # type: ignore[union-attr]
    for wrong in ([0, 1], [0, 1, 3], [0.0, 1.0, 2.0]):
        with pytest.raises(ArgumentError, match="`order` must be every number of 0 … 2 once"):
            site_order(wrong, rows)
    with pytest.raises(ArgumentError, match="`order` must be one of"):
        site_order("random", rows)


def test_a_column_that_shares_nothing_does_not_hide_the_others() -> None:
    information = np.zeros((4, 4))
    information[0, 3] = information[3, 0] = information[3, 2] = information[2, 3] = 1.0
    assert fiedler(information).tolist() == [0, 3, 2, 1]
