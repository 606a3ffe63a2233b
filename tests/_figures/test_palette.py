"""Colours that can be told apart, and from the background."""

from __future__ import annotations

from itertools import combinations

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from qtn._figures.palette import CYCLE, GREY, ink, style


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [*CYCLE, GREY])
def test_colours_are_seen_on_white_and_on_black(colour: str) -> None:
    found = luminance(colour)
    assert 1.05 / (found + 0.05) > 2.0
    assert (found + 0.05) / 0.05 > 3.0


def test_styles_differ_in_colour_or_marker() -> None:
    styles = [tuple(style(k).values()) for k in range(30)]
    assert len(set(styles[:6])) == 6
    assert all(len({*pair}) == 2 for pair in combinations(styles[:6], 2))


def test_the_ink_is_that_of_the_text() -> None:
    ax = Figure().subplots()
    ax.xaxis.label.set_color("white")
    assert ink(ax) == "white"
