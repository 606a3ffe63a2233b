"""Curves over steps, epochs, times or noise, with error bars where there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qtn._figures.axes import plain
from qtn._figures.palette import CYCLE, GREY, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_curves", "draw_descent", "draw_steps"]

_MARKED = 40  # points up to which each is marked


def draw_curves(
    ax: Axes,
    x: ArrayLike,
    curves: Mapping[str, ArrayLike],
    errors: Mapping[str, ArrayLike] | None = None,
    *,
    xlabel: str,
    ylabel: str,
    log: bool = False,
) -> Axes:
    """Draw curves over the same places.

    Args:
        ax: where to draw.
        x: places, shape (points,).
        curves: values by name, shape (points,) each.
        errors: by name, what is drawn below and above: (points,), or (2, points) if they differ.
        xlabel: what x is, with its unit.
        ylabel: what the values are, with their unit.
        log: whether the values have a logarithmic axis.
    """
    places = np.asarray(x)
    for number, (name, values) in enumerate(curves.items()):
        look = style(number) | {"label": plain(name), "markersize": 4}
        if len(places) > _MARKED:
            look |= {"marker": ""}
        bars = None if errors is None else errors.get(name)
        if bars is None:
            ax.plot(places, np.asarray(values), **look)
        else:
            ax.errorbar(places, np.asarray(values), yerr=np.asarray(bars), capsize=3, **look)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if log:
        ax.set_yscale("log")
    if len(curves) > 1:
        ax.legend(frameon=False, fontsize=8)
    return ax


def draw_steps(
    ax: Axes,
    histories: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    xlabel: str = "epoch",
    ylabel: str = "loss",
) -> Axes:
    """Draw what was recorded step by step: per name a solid line, and a dashed one held out.

    Args:
        ax: where to draw.
        histories: by name, the records "training" and, where rows were held out, "validation".
        xlabel: what is counted.
        ylabel: what was recorded, with its unit.
    """
    for number, (name, records) in enumerate(histories.items()):
        own = "" if len(histories) == 1 else f"{plain(name)}, "
        for key, line in (("training", "-"), ("validation", "--")):
            values = records.get(key, ())
            if len(values):
                ax.plot(
                    range(1, len(values) + 1), values, line, label=own + key,
                    color=CYCLE[number % len(CYCLE)], marker="." if len(values) == 1 else "",
                )  # fmt: skip
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    ax.legend(frameon=False, fontsize=8)
    return ax


def draw_descent(
    ax: Axes,
    values: ArrayLike,
    reference: float = float("nan"),
    *,
    xlabel: str = "step",
    ylabel: str = "energy (units of H)",
) -> Axes:
    """Draw a value over the steps of a search, from step 0 on.

    Args:
        ax: where to draw.
        values: shape (steps,).
        reference: where a dotted line stands; NaN for none.
        xlabel: what is counted.
        ylabel: what the values are, with their unit.
    """
    found = np.asarray(values, float)
    draw_curves(ax, np.arange(len(found)), {ylabel: found}, xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    if np.isfinite(reference):
        ax.axhline(reference, color=GREY, ls=":")
    return ax
