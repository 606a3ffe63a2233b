"""The front of cost against infidelity, with the point that was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qtn._figures.palette import BLUE, GREY, ORANGE, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_front"]


def draw_front(
    ax: Axes,
    gates: ArrayLike,
    infidelities: ArrayLike,
    chosen: tuple[float, float] | None = None,
    *,
    unit: str = "two-qubit gates",
    floor: float = 1e-12,
    label: str = "this circuit",
) -> Axes:
    """Draw infidelity, on a logarithmic axis, against cost.

    Args:
        ax: where to draw.
        gates: the cost of every point.
        infidelities: 1 - F of every point.
        chosen: cost and infidelity of the point that is marked; None for none.
        unit: what the cost counts.
        floor: what is below is drawn here: a logarithmic axis has no place for 0.
        label: of the point that is marked.
    """
    cost, lost = np.asarray(gates, float), np.maximum(np.asarray(infidelities, float), floor)
    order = np.lexsort((lost, cost))
    cost, lost = cost[order], lost[order]
    best = np.minimum.accumulate(np.concatenate([[np.inf], lost]))[:-1]
    lower = lost < best
    if (~lower).any():
        ax.plot(cost[~lower], lost[~lower], "s", color=GREY, label="less depth")
    ax.plot(cost[lower], lost[lower], "o-", color=BLUE, label="fewest gates")
    if chosen is not None:
        place = [chosen[0]], [max(chosen[1], floor)]
        ax.plot(*place, "*", color=ORANGE, mec=ink(ax), mew=0.6, ms=15, ls="", label=label)
    ax.set(yscale="log", xlabel=unit, ylabel="infidelity 1 − F")
    ax.legend(frameon=False, fontsize=8)
    return ax
