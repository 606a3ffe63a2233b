"""Colours that stay apart for colour-blind readers, on white and on dark backgrounds.

Reference: Okabe and Ito, "Color Universal Design" (2008); their yellow is left out, which white
    swallows, and their black, which a dark background does: `ink` is the colour of the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, GREY = "#CC79A7", "#56B4E9", "#808080"
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
HEAT = "cividis"  # from dark to bright alike for everyone
_MARKERS = "osD^vP"


def style(number: int) -> dict[str, Any]:
    """Return colour and marker of the curve with this number: they differ in both.

    Example:
        >>> style(0)["color"], style(7)["marker"]
        ('#0072B2', 's')
    """
    return {"color": CYCLE[number % len(CYCLE)], "marker": _MARKERS[number % len(_MARKERS)]}


def ink(ax: Axes) -> Any:
    """Return the colour of the text of some axes, which their background does not swallow."""
    return ax.xaxis.label.get_color()
