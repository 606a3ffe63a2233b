"""Where a figure is drawn: axes that were given, or those of a figure of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from qtn._checks import choice, fail, instance
from qtn._display.texts import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qtn._figures.shown import Panels

__all__ = ["axes_of", "chosen", "only_for", "plain", "side_by_side", "split"]

Draw = Callable[["Axes"], Any]
SIZE = (4.8, 3.6)  # inches
_LONGEST = 24  # characters of a label; longer ones would leave no room for the figure


def axes_of(ax: Axes | None, size: tuple[float, float] = SIZE) -> Axes:
    """Return the axes to draw on.

    Args:
        ax: axes of matplotlib, which are returned; None makes a figure, which no pyplot keeps.
        size: of that figure, in inches.

    Raises:
        ArgumentError: something else than axes.
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from qtn._figures.shown import ShownAxes

    if ax is not None:
        found: Axes = instance("ax", ax, Axes, "the axes of a figure of matplotlib")
        return found
    figure = Figure(figsize=size, layout="constrained")
    return figure.add_subplot(axes_class=ShownAxes)


def chosen(kind: str, panels: Mapping[str, Draw]) -> Draw:
    """Return the panel of this name.

    Raises:
        ArgumentError: none of `panels`.
    """
    name: str = choice("kind", kind, panels)
    return panels[name]


def only_for(kind: str, wanted: str, **options: Any) -> None:
    """Refuse options that the panel chosen has no use for.

    Args:
        kind: the panel chosen.
        wanted: the panel that takes the options.
        **options: their values by name; None where they were not given.

    Raises:
        ArgumentError: one was given for another panel.
    """
    for name, value in options.items():
        if value is not None and kind != wanted:
            raise fail(name, f"None for kind={kind!r}", value, f"It belongs to kind={wanted!r}.")


def side_by_side(panels: Mapping[str, Draw], size: tuple[float, float] = SIZE) -> Panels:
    """Draw all panels in a row of one figure and return the array of their axes."""
    from matplotlib.figure import Figure

    from qtn._figures.shown import Panels, ShownAxes

    figure = Figure(figsize=(size[0] * len(panels), size[1]), layout="constrained")
    row = figure.subplots(
        1, len(panels), squeeze=False, subplot_kw={"axes_class": ShownAxes}
    )[0]  # fmt: skip
    for ax, draw in zip(row, panels.values(), strict=True):
        draw(ax)
    return np.asarray(row).view(Panels)


def split(ax: Axes, share: float = 0.25) -> Axes:
    """Take the lower part of some axes for a panel below them, with the same x axis.

    Args:
        ax: keeps the upper part of its place.
        share: of the height that the new panel gets.

    Returns:
        The axes of the new panel.
    """
    figure = ax.figure
    spec = ax.get_subplotspec()
    if spec is None:
        left, bottom, width, height = ax.get_position().bounds
        ax.set_position((left, bottom + share * height, width, (1.0 - share) * height))
        below = figure.add_axes((left, bottom, width, 0.8 * share * height), sharex=ax)
    else:
        parts = spec.subgridspec(2, 1, height_ratios=(1.0 - share, share), hspace=0.08)
        ax.set_subplotspec(parts[0])
        below = figure.add_subplot(parts[1], sharex=ax)
    ax.tick_params(labelbottom=False)
    return below


def plain(text: Any, longest: int = _LONGEST) -> str:
    r"""Return a text that matplotlib draws as it stands, dollars included, and not too long.

    Control characters, for which fonts have no glyphs, are written out.

    Example:
        >>> plain("5 $ and then " + "more " * 9)
        '5 \\$ and then more more …'
    """
    words = printable(str(text))
    short = words if len(words) <= longest else words[: longest - 1] + "…"
    return short.replace("$", r"\$")
