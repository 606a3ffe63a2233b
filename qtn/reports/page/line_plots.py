"""The curves of a page: those of every comparison, entanglement, and answers against noise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from qtn._figures.axes import plain
from qtn._figures.palette import CYCLE
from qtn.hybrid import Robustness
from qtn.reports import plots
from qtn.reports.page.cells import isolated
from qtn.reports.page.embedding import Picture, picture
from qtn.reports.records import ModelRecord
from qtn.reports.table import Table

_SIZE = (4.4, 3.3)  # inches: as wide as a phone, its letters as large as the text
_STYLES = ("-", "--", ":")
_LEGEND = 10  # lines that a legend names
_SHORT = 8  # letters of names that stand in two columns
_SAYS = {
    "training": ("Training", "Loss of the classical models per epoch."),
    "compilation": (
        "Compilation",
        "Infidelity with 1, 2, … layers; the ring is the circuit used.",
    ),
    "scores": ("Scores", "Each point is one input and class; on the line both models agree."),
}


def learning(comparison: Table) -> list[Picture]:
    """Return training, compilation and scores, as far as there is something to draw."""
    found = []
    for name, draw in plots.drawable(comparison).items():
        figure = Figure(figsize=_SIZE, layout="constrained")
        draw(figure.subplots())
        found.append(picture(figure, *_SAYS[name]))
    return found


def entanglement(models: Mapping[str, ModelRecord]) -> list[Picture]:
    """Return the entropies of the states that each model has learned."""
    found = []
    for name, model in models.items():
        if not model.entropies:
            continue
        figure = Figure(figsize=_SIZE, layout="constrained")
        _draw_entropies(figure.subplots(), model)
        most = max(max(state.values, default=0.0) for state in model.entropies)
        caption = (
            f"Entanglement of the states of {isolated(name)}; at most {most:.2f} nats, where two "
            f"qubits hold up to {np.log(2):.2f}. Little entanglement means a short circuit."
        )
        found.append(picture(figure, f"Entanglement: {name}", caption))
    return found


def noise_scaling(robustness: Robustness | None) -> list[Picture]:
    """Return the figure of merit and the share of the signal against noise."""
    if robustness is None:
        return []
    found = []
    for title, caption, kind in (
        (
            f"Noise: {robustness.figure}",
            f"On {robustness.rows} rows, with 95 % intervals, against depolarising noise; "
            f"{robustness.device}.",
            "merit",
        ),
        ("Noise: signal", "Share of the signal that is left, with standard errors.", "signal"),
    ):
        figure = Figure(figsize=_SIZE, layout="constrained")
        robustness.plot(figure.subplots(), kind=kind).set_title("Noise scaling")
        found.append(picture(figure, title, caption))
    return found


def _draw_entropies(axes: Axes, model: ModelRecord) -> None:
    for number, state in enumerate(model.entropies):
        shade = CYCLE[number % len(CYCLE)]
        style = _STYLES[number // len(CYCLE) % len(_STYLES)]
        cuts = range(1, len(state.values) + 1)
        label = plain(state.label) or "state"
        axes.plot(cuts, state.values, style, marker=".", color=shade, label=label)
    where = "node" if model.sort.startswith("TTN") else "cut between sites"
    axes.set(xlabel=where, ylabel="entropy (nats)", title="Entanglement")
    axes.set_ylim(bottom=0.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if 1 < len(model.entropies) <= _LEGEND:
        short = all(len(state.label) < _SHORT for state in model.entropies)
        axes.legend(frameon=False, fontsize=8, ncols=2 if short else 1)
