"""Figures of a comparison."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qtn._figures.axes import Draw, plain
from qtn._figures.confusion import draw_confusion
from qtn._figures.curves import draw_steps
from qtn._figures.intervals import draw_intervals
from qtn._figures.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION, ink, style
from qtn.reports.entrants import BASELINE, QUANTUM
from qtn.reports.rows import Row
from qtn.reports.steps import IDEAL, MITIGATED, NOISY, SHOTS
from qtn.reports.table import Table

_ABREAST = 6  # confusion matrices beside each other
STEP_COLOURS = {IDEAL: BLUE, SHOTS: GREEN, NOISY: VERMILION, MITIGATED: ORANGE}


def overview(comparison: Table) -> Figure:
    """Return all figures of the page on one sheet."""
    lines = math.ceil(len(comparison.rows) / _ABREAST)
    matrices = comparison.classes is not None
    heights = (0.9 + 0.26 * len(comparison.rows), 3.4, *([2.1 * lines] if matrices else []))
    figure = Figure(figsize=(11, sum(heights)), layout="constrained")
    parts: Any = figure.subfigures(len(heights), 1, height_ratios=heights)
    draw_results(parts[0].subplots(), comparison)
    drawn = drawable(comparison)
    if drawn:
        for axes, draw in zip(
            np.atleast_1d(parts[1].subplots(1, len(drawn))), drawn.values(), strict=True
        ):
            draw(axes)
    if matrices:
        draw_confusions(parts[2], comparison)
    return figure


def drawable(comparison: Table) -> dict[str, Draw]:
    """Return by name the panels for which a comparison has something to draw."""
    found: dict[str, Draw] = {}
    if _histories(comparison):
        found["training"] = partial(draw_training, comparison=comparison)
    if comparison.quantum is not None:
        found["compilation"] = partial(draw_compilation, comparison=comparison)
    if _measured(comparison):
        found["scores"] = partial(draw_scores, comparison=comparison)
    return found


def panels(comparison: Table) -> dict[str, Draw]:
    """Return what draws each panel of its own, by name."""
    return {"results": partial(draw_results, comparison=comparison), **drawable(comparison)}


def figures(comparison: Table) -> dict[str, Figure]:
    """Return the figures of the page by name."""
    found = {"results": Figure(figsize=(9.6, 0.9 + 0.28 * len(comparison.rows)))}
    draw_results(found["results"].subplots(), comparison)
    for name, draw in drawable(comparison).items():
        found[name] = Figure(figsize=(4.8, 3.6))
        draw(found[name].subplots())
    if comparison.classes is not None:
        abreast = min(len(comparison.rows), _ABREAST)
        lines = math.ceil(len(comparison.rows) / _ABREAST)
        found["confusion"] = Figure(figsize=(2.2 * abreast, 2.5 * lines))
        draw_confusions(found["confusion"], comparison)
    for figure in found.values():
        figure.set_layout_engine("constrained")
    return found


def colour(row: Row) -> str:
    """Return the colour of a row: its step's, or that of its kind."""
    if row.kind == QUANTUM:
        return STEP_COLOURS.get(row.step, BLUE)
    return PURPLE if row.kind == BASELINE else GREY


def draw_results(axes: Axes, comparison: Table) -> Axes:
    """Draw the first measure of every row with its interval, the first row on top."""
    rows, found = comparison.rows, [row.measures[0] for row in comparison.rows]
    draw_intervals(
        axes, [row.name for row in rows], [m.value for m in found],
        [[m.low for m in found], [m.high for m in found]],
        xlabel=f"{found[0].name}, {100 * comparison.confidence:g} % intervals",
        colours=[colour(row) for row in rows], reference=found[0].value,
    )  # fmt: skip
    axes.set_title("Results")
    return axes


def draw_training(axes: Axes, comparison: Table) -> Axes:
    """Draw the loss of every epoch, and the validation loss where there is one."""
    histories = {
        name: {"training": h["loss"], "validation": h.get("validation_loss", ())}
        for name, h in _histories(comparison).items()
    }
    draw_steps(axes, histories, ylabel="loss (nats per sample)")
    axes.set_title("Training")
    return axes


def draw_compilation(axes: Axes, comparison: Table) -> Axes:
    """Draw the infidelity of every circuit against two-qubit depth; a ring marks what was used."""
    deployed = comparison.quantum
    candidates = comparison.candidates or tuple(comparison.quantum_models.values())
    labels = _circuit_labels(comparison, deployed)
    for index, label in enumerate(labels):
        compiled = [c.compiled[index] for c in candidates if len(c.compiled) == len(labels)]
        axes.semilogy(
            [c.two_qubit_depth for c in compiled],
            [max(c.infidelity, 1e-16) for c in compiled],
            markersize=4,
            label=label,
            **style(index),
        )
        used = deployed.compiled[index]
        height = max(used.infidelity, 1e-16)
        axes.plot(used.two_qubit_depth, height, "o", ms=10, mfc="none", mec=ink(axes))
    axes.set(xlabel="two-qubit depth", ylabel="infidelity 1 − F", title="Compilation")
    if len(labels) <= 4:
        axes.legend(frameon=False, fontsize=8)
    return axes


def draw_scores(axes: Axes, comparison: Table) -> Axes:
    """Draw measured scores over classical scores; the diagonal is perfect."""
    reference = next(r for r in comparison.rows if r.kind != QUANTUM and r.scores is not None)
    classical = np.asarray(reference.scores.value).ravel()  # type: ignore[union-attr]
    for row in _measured(comparison):
        assert row.scores is not None
        axes.errorbar(
            classical,
            np.asarray(row.scores.value).ravel(),
            yerr=np.asarray(row.scores.stderr).ravel(),
            fmt="o",
            markersize=2.5,
            elinewidth=0.5,
            alpha=0.6,
            color=colour(row),
            label=plain(row.name),
        )
    ends = [min(0.0, float(classical.min())), float(classical.max()) * 1.05]
    axes.plot(ends, ends, color=GREY, linewidth=1, zorder=0)
    kind = "value" if comparison.classes is None else "score"
    axes.set(xlabel=f"classical {kind}", ylabel=f"measured {kind}", title=f"{kind.title()}s")
    axes.legend(frameon=False, fontsize=8)
    return axes


def draw_confusions(figure: Any, comparison: Table) -> None:
    """Draw the confusion matrix of every row, some of them side by side."""
    abreast = min(len(comparison.rows), _ABREAST)
    lines = math.ceil(len(comparison.rows) / abreast)
    panels = figure.subplots(lines, abreast, squeeze=False).ravel()
    for axes, row in zip(panels, comparison.rows, strict=False):
        draw_one_confusion(axes, comparison, row)
        axes.tick_params(labelsize=7)
        axes.set(xlabel="", ylabel="")
    for axes in panels[len(comparison.rows) :]:
        axes.set_axis_off()
    for axes in panels[-abreast:]:
        axes.set_xlabel("predicted", fontsize=8)
    for axes in panels[::abreast]:
        axes.set_ylabel("true class")


def _histories(comparison: Table) -> dict[str, dict[str, list[float]]]:
    """The training of the models that tell of it."""
    found = {n: getattr(m, "history_", None) for n, m in comparison.models.items()}
    return {n: h for n, h in found.items() if isinstance(h, dict) and h.get("loss")}


def _measured(comparison: Table) -> list[Row]:
    """The rows whose scores can be drawn over those of a classical model."""
    references = [r for r in comparison.rows if r.kind != QUANTUM and r.scores is not None]
    if not references:
        return []
    name = next(iter(comparison.quantum_models), None)
    rows = [r for r in comparison.rows if r.model == name and r.scores is not None]
    noisy = [r for r in rows if r.step in (NOISY, MITIGATED)]
    return noisy or [r for r in rows if r.step == SHOTS]


def _circuit_labels(comparison: Table, deployed: Any) -> list[str]:
    """One per circuit: its class where there is a circuit per class."""
    classes = comparison.classes
    if classes is not None and len(classes) == len(deployed.compiled):
        return [f"class {plain(label)}" for label in classes]
    return [f"circuit {number + 1}" for number in range(len(deployed.compiled))]


def draw_one_confusion(axes: Axes, comparison: Table, row: Row) -> Axes:
    """Draw the confusion matrix of a row."""
    assert comparison.classes is not None
    draw_confusion(axes, comparison.labels, row.predictions, comparison.classes)
    axes.set_title(plain(row.name), fontsize=9)
    return axes
