"""Figures of a balance of energies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qtn._figures.palette import BLUE, GREY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_joules", "draw_values"]


def draw_joules(axes: Axes, use: Any) -> Axes:
    """Draw joules against fidelity: the device, and emulations by their bond.

    Args:
        axes: where to draw.
        use: an `EnergyUse`; of its circuits, the one that needs the largest bond is drawn.
    """
    part = max(use.parts, key=lambda p: p.emulations.chosen.bond)
    tried, chosen = part.emulations.tried, part.emulations.chosen
    spent = chosen.seconds + part.emulations.sampling
    scale = part.emulated_joules / max(spent, 1e-300)
    joules = [(e.seconds + part.emulations.sampling) * scale for e in tried]
    axes.semilogy([e.fidelity for e in tried], joules, "o-", color=BLUE, label="emulated, by bond")
    for entry, height in zip(tried, joules, strict=True):
        axes.annotate(str(entry.bond), (entry.fidelity, height), fontsize=7, color=GREY)
    axes.semilogy(
        [part.device_fidelity], [part.device_joules], "s", color=VERMILION, label=use.device
    )
    axes.axvline(part.device_fidelity, color=VERMILION, linewidth=0.8)
    axes.set(xlabel="fidelity of the state", ylabel="energy (J)")
    axes.legend(frameon=False, fontsize=8)
    return axes


def draw_values(axes: Axes, use: Any) -> Axes:
    """Draw the Schmidt values with their power law where there is one."""
    found = [p.emulations.schmidt for p in use.parts if p.emulations.schmidt is not None]
    if not found:
        axes.set_axis_off()
        axes.text(0.5, 0.5, use.no_exponent, ha="center", wrap=True)
        return axes
    fit = use.exponent
    values = np.asarray(max(found, key=len)) if fit is None else fit.values
    place = np.arange(1, len(values) + 1)
    axes.loglog(place, values, ".", color=BLUE)
    if fit is not None:
        middle = np.exp(np.average(np.log(values), weights=1.0 / place))
        centre = np.exp(np.average(np.log(place), weights=1.0 / place))
        label = f"α = {fit.alpha:.2f} [{fit.low:.2f}, {fit.high:.2f}]"
        axes.loglog(place, middle * (place / centre) ** -fit.alpha, color=VERMILION, label=label)
        axes.legend(frameon=False, fontsize=8)
    axes.set(xlabel="place k", ylabel="Schmidt value")
    return axes
