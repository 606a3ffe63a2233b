"""How entangled the two sides of every cut of a chain are, and how much its bonds could hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qtn._figures.palette import BLUE, GREY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_cuts", "draw_profile"]


def draw_profile(
    ax: Axes, entropies: ArrayLike, bonds: ArrayLike, sites: ArrayLike | None = None
) -> Axes:
    """Draw the entropy of every cut below what its bond could hold, ln χ.

    Args:
        ax: where to draw.
        entropies: of the n - 1 cuts, in nats.
        bonds: their dimensions χ.
        sites: entropies of the n single sites, drawn as points; None leaves them out.
    """
    found = np.asarray(entropies, float)
    cuts = np.arange(len(found)) + 0.5
    ax.step(
        cuts, np.log(np.asarray(bonds, float)), where="mid", color=GREY, lw=1, label="ln χ, at most"
    )
    marker = "o" if len(cuts) <= 60 else ""
    ax.plot(cuts, found, color=BLUE, marker=marker, ms=4, label="cut")
    if sites is not None:
        ax.plot(np.asarray(sites, float), "D", color=VERMILION, ms=4, label="site")
    ax.set(xlabel="site; cuts lie between sites", ylabel="von Neumann entropy (nats)")
    ax.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    seen = np.concatenate([found, [] if sites is None else np.asarray(sites, float)])
    # What is little entangled is seen better without the line far above it.
    most, top = np.log(np.asarray(bonds, float)).max(initial=0.0), seen.max(initial=1e-3)
    ax.set_ylim(0.0, 1.08 * max(top, min(most, 4.0 * top)))
    ax.legend(frameon=False, fontsize=8)
    return ax


def draw_cuts(ax: Axes, weights: ArrayLike, *, total: float, xlabel: str, ylabel: str) -> Axes:
    """Draw the weight that every cut lost, on a logarithmic axis, and the error of all together.

    Args:
        ax: where to draw.
        weights: per cut; 0 is not drawn.
        total: estimated norm of the error, √Σ of the weights, said in the title.
        xlabel: what is counted.
        ylabel: what was lost.
    """
    lost = np.asarray(weights, float)
    drawn = np.where(lost > 0, lost, np.nan)
    ax.bar(np.arange(len(lost)) + 0.5, drawn, color=BLUE)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=f"truncation error {total:.1e}")
    if (lost > 0).any():
        ax.set_yscale("log")
    return ax
