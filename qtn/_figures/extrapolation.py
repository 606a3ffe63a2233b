"""Values at several levels of noise, the curve through them to none, and what it misses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qtn._figures.axes import plain, split
from qtn._figures.palette import GREY, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Fit", "draw_fits"]

Floats = NDArray[np.float64]
MOST = 6  # fits in one figure


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """An extrapolation to zero noise: the data, the curve, and the value that it reaches.

    Args:
        label: what was extrapolated.
        factors: noise factors of the data, shape (factors,).
        values: measured there.
        errors: standard errors of these.
        fitted: the curve at the same factors.
        grid: factors from 0 on, at which the curve is known.
        curve: its values there.
        value: at zero noise.
        stderr: its standard error, with what the data do not follow of the curve.
        method: the fit.
    """

    label: str
    factors: Floats
    values: Floats
    errors: Floats
    fitted: Floats
    grid: Floats
    curve: Floats
    value: float
    stderr: float
    method: str

    @property
    def residuals(self) -> Floats:
        """What the data miss of the curve, in their standard errors."""
        return np.asarray((self.values - self.fitted) / np.maximum(self.errors, 1e-300))

    def __repr__(self) -> str:
        return f"Fit({self.label}: {self.value:.4g} ± {self.stderr:.2g}, {self.method})"


def draw_fits(ax: Axes, fits: Sequence[Fit]) -> Axes:
    """Draw fits over the noise factor, with a panel of their residuals below.

    Args:
        ax: where to draw; the panel of the residuals takes its lower part.
        fits: at most 6 are drawn.
    """
    below = split(ax)
    shown = fits[:MOST]
    for number, fit in enumerate(shown):
        look = style(number)
        shift = 0.02 * (number - 0.5 * (len(shown) - 1))  # error bars do not hide each other
        ax.plot(fit.grid, fit.curve, color=look["color"], lw=1.2)
        ax.errorbar(
            fit.factors + shift, fit.values, yerr=fit.errors, ls="", capsize=3, ms=5,
            label=plain(fit.label), **look,
        )  # fmt: skip
        ax.errorbar(
            [shift], [fit.value], yerr=[fit.stderr], ls="", capsize=3, ms=6, mfc="none", **look
        )
        below.errorbar(fit.factors + shift, fit.residuals, yerr=1.0, ls="", capsize=2, ms=4, **look)
    ax.axvline(0.0, color=GREY, lw=0.8, zorder=0)
    below.axhline(0.0, color=GREY, lw=0.8, zorder=0)
    ax.set_ylabel("value")
    below.set(xlabel="noise factor", ylabel="residual (σ)")
    methods = ", ".join(dict.fromkeys(fit.method for fit in shown))
    ax.set_title(plain(f"extrapolated by {methods}", 60), fontsize=9)
    if len(shown) > 1:
        ax.legend(frameon=False, fontsize=8)
    return ax
