"""Figure of a balance of energies, drawn without global matplotlib state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qtn._optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["balance_figure"]

BLUE, GREY, RED = "#0072B2", "#6b7280", "#D55E00"  # Okabe and Ito's


def balance_figure(use: Any) -> Figure:
    """Draw joules against fidelity, and Schmidt values with their power law where there is one.

    Args:
        use: an `EnergyUse`.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    require("matplotlib.figure", "plot")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_joules(left, use)
    _draw_values(right, use)
    return figure


def _draw_joules(axes: Any, use: Any) -> None:
    part = max(use.parts, key=lambda p: p.emulations.chosen.bond)
    tried, chosen = part.emulations.tried, part.emulations.chosen
    spent = chosen.seconds + part.emulations.sampling
    scale = part.emulated_joules / max(spent, 1e-300)
    joules = [(e.seconds + part.emulations.sampling) * scale for e in tried]
    axes.semilogy([e.fidelity for e in tried], joules, "o-", color=BLUE, label="emulated, by bond")
    for entry, height in zip(tried, joules, strict=True):
        axes.annotate(str(entry.bond), (entry.fidelity, height), fontsize=7, color=GREY)
    axes.semilogy([part.device_fidelity], [part.device_joules], "s", color=RED, label=use.device)
    axes.axvline(part.device_fidelity, color=RED, linewidth=0.8)
    axes.set_xlabel("fidelity of the state")
    axes.set_ylabel("joules")
    axes.legend(fontsize=8)


def _draw_values(axes: Any, use: Any) -> None:
    found = [p.emulations.schmidt for p in use.parts if p.emulations.schmidt is not None]
    if not found:
        axes.set_axis_off()
        axes.text(0.5, 0.5, use.no_exponent, ha="center", wrap=True)
        return
    fit = use.exponent
    values = np.asarray(max(found, key=len)) if fit is None else fit.values
    place = np.arange(1, len(values) + 1)
    axes.loglog(place, values, ".", color=BLUE)
    if fit is not None:
        middle = np.exp(np.average(np.log(values), weights=1.0 / place))
        centre = np.exp(np.average(np.log(place), weights=1.0 / place))
        label = f"α = {fit.alpha:.2f} [{fit.low:.2f}, {fit.high:.2f}]"
        axes.loglog(place, middle * (place / centre) ** -fit.alpha, color=RED, label=label)
        axes.legend(fontsize=8)
    axes.set_xlabel("place k")
    axes.set_ylabel("Schmidt value")
