"""Figures of a comparison, drawn without global matplotlib state.

Colours are Okabe and Ito's, which stay apart for colour-blind readers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qtn.reports.entrants import BASELINE, QUANTUM
from qtn.reports.rows import Row
from qtn.reports.steps import IDEAL, MITIGATED, NOISY, SHOTS
from qtn.reports.table import Table

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#6b7280"
PURPLE = "#CC79A7"
# Characters of a label; longer ones would leave no room for the figure.
_LONGEST = 24
# Confusion matrices beside each other, and classes up to which their counts are written.
_ABREAST = 6
_NUMBERED = 6
STEP_COLOURS = {IDEAL: BLUE, SHOTS: GREEN, NOISY: RED, MITIGATED: ORANGE}


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
            draw(axes, comparison)
    if matrices:
        draw_confusions(parts[2], comparison)
    return figure


def drawable(comparison: Table) -> dict[str, Any]:
    """Return by name the panels for which a comparison has something to draw."""
    found: dict[str, Any] = {}
    if _histories(comparison):
        found["training"] = draw_training
    if comparison.quantum is not None:
        found["compilation"] = draw_compilation
    if _measured(comparison):
        found["scores"] = draw_scores
    return found


def figures(comparison: Table) -> dict[str, Figure]:
    """Return the figures of the page by name."""
    found = {"results": Figure(figsize=(9.6, 0.9 + 0.28 * len(comparison.rows)))}
    draw_results(found["results"].subplots(), comparison)
    for name, draw in drawable(comparison).items():
        found[name] = Figure(figsize=(4.8, 3.6))
        draw(found[name].subplots(), comparison)
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


def draw_results(axes: Axes, comparison: Table) -> None:
    """Draw the first measure of every row with its interval, the first row on top."""
    rows = comparison.rows
    first = rows[0].measures[0]
    for place, row in enumerate(rows):
        measure = row.measures[0]
        ends = [[measure.value - measure.low], [measure.high - measure.value]]
        axes.errorbar(
            [measure.value], [place], xerr=np.maximum(ends, 0.0),
            fmt="o", markersize=5, capsize=3, color=colour(row),
        )  # fmt: skip
    axes.axvline(first.value, color=GREY, linewidth=1, linestyle=":", zorder=0)
    axes.set_yticks(range(len(rows)), [plain(row.name) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set(xlabel=f"{first.name}, {100 * comparison.confidence:g} % intervals", title="Results")


def draw_training(axes: Axes, comparison: Table) -> None:
    """Draw the loss of every epoch, and the validation loss where there is one."""
    histories = _histories(comparison)
    colours = (BLUE, ORANGE, GREEN, RED, PURPLE, GREY)
    for number, (name, history) in enumerate(histories.items()):
        shade = colours[number % len(colours)]
        own = "" if len(histories) == 1 else f"{plain(name)}, "
        for key, label, style in (
            ("loss", "training", "-"),
            ("validation_loss", "validation", "--"),
        ):
            losses = history.get(key, [])
            if losses:
                epochs = range(1, len(losses) + 1)
                axes.plot(epochs, losses, style, color=shade, label=own + label)
    axes.set(xlabel="epoch", ylabel="loss (nats per sample)", title="Training")
    axes.legend(frameon=False, fontsize=8)


def draw_compilation(axes: Axes, comparison: Table) -> None:
    """Draw the infidelity of every circuit against two-qubit depth; a ring marks what was used."""
    deployed = comparison.quantum
    candidates = comparison.candidates or tuple(comparison.quantum_models.values())
    labels = _circuit_labels(comparison, deployed)
    for index, label in enumerate(labels):
        compiled = [c.compiled[index] for c in candidates if len(c.compiled) == len(labels)]
        axes.semilogy(
            [c.two_qubit_depth for c in compiled],
            [max(c.infidelity, 1e-16) for c in compiled],
            marker="o",
            markersize=4,
            label=label,
        )
        used = deployed.compiled[index]
        height = max(used.infidelity, 1e-16)
        axes.plot(used.two_qubit_depth, height, "o", ms=10, mfc="none", mec="black")
    axes.set(xlabel="two-qubit depth", ylabel="infidelity 1 - F", title="Compilation")
    if len(labels) <= 4:
        axes.legend(frameon=False, fontsize=8)


def draw_scores(axes: Axes, comparison: Table) -> None:
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


def draw_confusions(figure: Any, comparison: Table) -> None:
    """Draw the confusion matrix of every row, some of them side by side."""
    abreast = min(len(comparison.rows), _ABREAST)
    lines = math.ceil(len(comparison.rows) / abreast)
    panels = figure.subplots(lines, abreast, squeeze=False).ravel()
    assert comparison.classes is not None
    for axes, row in zip(panels, comparison.rows, strict=False):
        _draw_confusion(axes, row, comparison.labels, comparison.classes)
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


def _draw_confusion(axes: Axes, row: Row, labels: np.ndarray, classes: np.ndarray) -> None:
    matrix = confusion(labels, row.predictions, classes)
    axes.imshow(matrix, cmap="Blues", vmin=0)
    for i, j in np.ndindex(matrix.shape):
        if len(classes) <= _NUMBERED:  # more would be too small to read
            ink = "white" if matrix[i, j] > matrix.max() / 2 else "black"
            axes.text(j, i, str(matrix[i, j]), ha="center", va="center", color=ink, fontsize=9)
    axes.set_xticks(range(len(classes)), [plain(c) for c in classes])
    axes.set_yticks(range(len(classes)), [plain(c) for c in classes])
    axes.tick_params(labelsize=7)
    axes.set_title(plain(row.name), fontsize=9)


def plain(text: Any) -> str:
    """Return a text that matplotlib draws as it stands, dollars included, and not too long."""
    words = str(text)
    short = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    return short.replace("$", r"\$")


def confusion(labels: np.ndarray, predictions: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return counts (true class, predicted class)."""
    return np.array(
        [[np.sum((labels == t) & (predictions == p)) for p in classes] for t in classes]
    )
