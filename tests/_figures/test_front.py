"""The front and its chosen point."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from qtn._figures.front import draw_front


def test_the_front_is_drawn_with_the_choice_marked() -> None:
    ax = Figure().subplots()
    assert draw_front(ax, [5, 3, 4], [0.0, 0.1, 0.2], (5, 0.0), unit="CZ gates") is ax
    other, lower, star = ax.lines
    assert np.array_equal(lower.get_xdata(), [3, 5])
    assert np.array_equal(lower.get_ydata(), [0.1, 1e-12])  # exact circuits have a place
    assert np.array_equal(other.get_xdata(), [4])
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (5, 1e-12)
    assert (ax.get_yscale(), ax.get_xlabel()) == ("log", "CZ gates")


def test_a_front_without_a_choice_has_no_star() -> None:
    ax = draw_front(Figure().subplots(), [1, 2], [0.5, 0.1])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["fewest gates"]
