"""Trees: no lines cross, and every bond has its breadth and its colour."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from qtn._figures.branches import draw_tree, places_of

PAIRS = [(0, 2), (3, 1), (4, 5)]


def test_leaves_stand_in_the_order_of_the_branches() -> None:
    places = places_of(PAIRS)
    assert np.argsort(places[:4, 0]).tolist() == [0, 2, 3, 1]
    assert places[:, 1].tolist() == [0, 0, 0, 0, 1, 1, 2]


def test_bonds_have_breadths_and_colours() -> None:
    ax = Figure().subplots()
    bonds, entropies = [2, 2, 2, 2, 4, 4], np.arange(6) / 10
    assert draw_tree(ax, PAIRS, bonds, entropies) is ax
    lines = ax.collections[1]
    assert np.array_equal(lines.get_array(), entropies)
    assert np.allclose(lines.get_linewidths(), [2.2] * 4 + [3.4] * 2)
    assert [text.get_text() for text in ax.texts] == list("222244")
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "1", "2", "3"]


def test_large_trees_have_no_numbers() -> None:
    pairs = [(0, 1), *((k, 48 + k) for k in range(2, 50))]
    ax = draw_tree(Figure().subplots(), pairs, [2] * 98, [0.0] * 98)
    assert len(ax.texts) == 0
