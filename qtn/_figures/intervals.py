"""Values with their intervals: named ones below each other, many over their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qtn._figures.axes import plain
from qtn._figures.palette import BLUE, GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_intervals", "draw_values"]

_NAMED = 24  # values up to which each has a line and a name


def draw_intervals(
    ax: Axes,
    names: Sequence[str],
    values: ArrayLike,
    ends: ArrayLike,
    *,
    xlabel: str,
    colours: Sequence[str] | None = None,
    reference: float | None = None,
) -> Axes:
    """Draw one line per value, the first on top, with its interval.

    Args:
        ax: where to draw.
        names: of the values.
        values: shape (values,).
        ends: lower and upper ends, shape (2, values); one that is infinite is not drawn.
        xlabel: what the values are.
        colours: one per value; None takes the same for all.
        reference: where a dotted line stands; None for none.
    """
    middle = np.asarray(values, float)
    low, high = np.asarray(ends, float)
    with np.errstate(invalid="ignore"):  # ∞ - ∞: no bar
        bars = np.maximum(_finite([middle - low, high - middle]), 0.0)
    for place, name in enumerate(names):
        ax.errorbar(
            [middle[place]], [place], xerr=bars[:, place : place + 1], fmt="o", markersize=5,
            capsize=3, color=BLUE if colours is None else colours[place], label=plain(name),
        )  # fmt: skip
    if reference is not None:
        ax.axvline(reference, color=GREY, linewidth=1, linestyle=":", zorder=0)
    ax.set_yticks(range(len(names)), [plain(name) for name in names])
    ax.set_ylim(max(len(names), 1) - 0.5, -0.5)
    ax.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.set_xlabel(xlabel)
    return ax


def draw_values(
    ax: Axes, values: ArrayLike, errors: ArrayLike, *, xlabel: str, ylabel: str, unit: str = "±"
) -> Axes:
    """Draw values with symmetric errors: few below each other, many over their number.

    Args:
        ax: where to draw.
        values: shape (values,), real.
        errors: shape (values,); one that is infinite is not drawn.
        xlabel: what their number counts.
        ylabel: what they are.
        unit: what the bars are, for the label.
    """
    middle = np.atleast_1d(np.asarray(values, float)).ravel()
    bars = _finite(np.atleast_1d(np.asarray(errors, float)).ravel())
    if len(middle) <= _NAMED:
        names = [f"{xlabel} {k}" if len(middle) > 1 else "" for k in range(len(middle))]
        return draw_intervals(
            ax, names, middle, [middle - bars, middle + bars], xlabel=f"{ylabel}, {unit}"
        )
    ax.errorbar(np.arange(len(middle)), middle, yerr=bars, fmt="o", ms=3, lw=1, color=BLUE)
    ax.set(xlabel=xlabel, ylabel=f"{ylabel}, {unit}")
    return ax


def _finite(bars: ArrayLike) -> np.ndarray:
    """Return lengths of bars, 0 where they are not finite: matplotlib would draw nothing at all."""
    found = np.asarray(bars, float)
    return np.where(np.isfinite(found), found, 0.0)
