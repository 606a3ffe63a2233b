"""Where figures are drawn: on what is given, or on a figure that pyplot does not keep."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from qtn._figures.axes import axes_of, chosen, only_for, plain, side_by_side, split
from qtn._figures.shown import Panels, ShownAxes
from qtn.errors import ArgumentError


def test_given_axes_are_taken_and_others_are_made_beside_pyplot() -> None:
    own = Figure().subplots()
    assert axes_of(own) is own
    made = axes_of(None, (3.0, 2.0))
    assert isinstance(made, ShownAxes)
    assert tuple(made.figure.get_size_inches()) == (3.0, 2.0)
    assert plt.get_fignums() == []


def test_something_else_than_axes_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"`ax` must be the axes of a figure of matplotlib"):
        axes_of(Figure())  # type: ignore[arg-type]


def test_a_panel_is_chosen_by_its_name() -> None:
    panels = {"one": lambda ax: ax.set_title("first"), "two": lambda ax: ax.set_title("second")}
    assert chosen("two", panels) is panels["two"]
    with pytest.raises(ArgumentError, match=r"`kind` must be one of 'one', 'two', but is 'all'"):
        chosen("all", panels)
    both = side_by_side(panels)
    assert isinstance(both, Panels)
    assert [ax.get_title() for ax in both] == ["first", "second"]


@pytest.mark.parametrize("gridded", [True, False])
def test_a_panel_below_takes_its_place_from_the_axes(gridded: bool) -> None:
    figure = Figure()
    ax = figure.subplots() if gridded else figure.add_axes((0.1, 0.2, 0.8, 0.7))
    before = ax.get_position().bounds
    below = split(ax, 0.25)
    ax.plot([0, 7], [0, 1])
    assert below.get_xlim() == ax.get_xlim()
    assert below.get_position().y1 < ax.get_position().y0
    assert ax.get_position().height < 0.8 * before[3]
    assert below.get_position().y0 == pytest.approx(before[1])


def test_texts_are_drawn_as_they_stand() -> None:
    assert plain("costs 5 $") == r"costs 5 \$"
    assert len(plain("x" * 50)) == 24
    assert plain(np.int64(3)) == "3"
    assert plain("\x1b[31mred") == r"\x1b[31mred"  # no font has a glyph for it


def test_options_of_another_panel_are_refused() -> None:
    only_for("circuit", "circuit", observable="Z")
    only_for("front", "circuit", observable=None)
    with pytest.raises(
        ArgumentError, match="`observable` must be None for kind='front', but is 'Z'"
    ):
        only_for("front", "circuit", observable="Z")
