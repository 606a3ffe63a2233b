"""Figures of a comparison, drawn without global matplotlib state.

Colours are Okabe and Ito's, which stay apart for colour-blind readers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qtn.reports.table import Row, Table

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#6b7280"
# Characters of a label; longer ones would leave no room for the figure.
_LONGEST = 16
ROW_COLOURS = {
    "classical": GREY,
    "quantum, ideal": BLUE,
    "quantum, shots": GREEN,
    "noisy": RED,
    "mitigated": ORANGE,
}


def overview(comparison: Table) -> Figure:
    """Return all figures of the page on one sheet."""
    figure = Figure(figsize=(11, 8.5), layout="constrained")
    panels: Any = figure.subfigures(2, 1, height_ratios=(1.25, 1))
    top, bottom = panels
    left, middle, right = top.subplots(1, 3)
    draw_training(left, comparison.model)
    draw_compilation(middle, comparison)
    draw_scores(right, comparison)
    draw_confusions(bottom, comparison)
    return figure


def training_figure(model: Any) -> Figure:
    """Loss and accuracy of the classical model over the epochs."""
    figure = Figure(figsize=(4.8, 3.4), layout="constrained")
    draw_training(figure.subplots(), model)
    return figure


def compilation_figure(comparison: Table) -> Figure:
    """Infidelity of each compiled state against its depth, one point per number of layers."""
    figure = Figure(figsize=(4.8, 3.4), layout="constrained")
    draw_compilation(figure.subplots(), comparison)
    return figure


def scores_figure(comparison: Table) -> Figure:
    """Measured against classical scores."""
    figure = Figure(figsize=(4.8, 4.2), layout="constrained")
    draw_scores(figure.subplots(), comparison)
    return figure


def confusion_figure(comparison: Table) -> Figure:
    """One confusion matrix per row of the table."""
    figure = Figure(figsize=(2.4 * len(comparison.rows), 2.7), layout="constrained")
    draw_confusions(figure, comparison)
    return figure


def draw_training(axes: Axes, model: Any) -> None:
    """Draw the loss of every epoch, and the validation loss where there is one."""
    for key, label, colour in (
        ("loss", "training", BLUE),
        ("validation_loss", "validation", ORANGE),
    ):
        losses = model.history_.get(key, [])
        if losses:
            axes.plot(range(1, len(losses) + 1), losses, color=colour, label=label)
    axes.set(xlabel="epoch", ylabel="loss (nats per sample)", title="Training")
    axes.legend(frameon=False)


def draw_compilation(axes: Axes, comparison: Table) -> None:
    """Draw the infidelity of every class against two-qubit depth; a ring marks what was used."""
    deployed = comparison.quantum
    candidates = comparison.candidates or (deployed,)
    for index, label in enumerate(comparison.classes):
        compiled = [candidate.compiled[index] for candidate in candidates]
        axes.semilogy(
            [c.two_qubit_depth for c in compiled],
            [max(c.infidelity, 1e-16) for c in compiled],
            marker="o",
            markersize=4,
            label=f"class {plain(label)}",
        )
        used = deployed.compiled[index]
        axes.plot(used.two_qubit_depth, used.infidelity, "o", ms=10, mfc="none", mec="black")
    axes.set(xlabel="two-qubit depth", ylabel="infidelity 1 - F", title="Compilation")
    if len(comparison.classes) <= 4:
        axes.legend(frameon=False)


def draw_scores(axes: Axes, comparison: Table) -> None:
    """Draw device scores over classical scores; the diagonal is perfect."""
    classical = np.asarray(comparison["classical"].scores.value).ravel()
    shown = [row for row in comparison.rows if row.name in ("noisy", "mitigated")]
    for row in shown or [comparison["quantum, shots"]]:
        axes.errorbar(
            classical,
            np.asarray(row.scores.value).ravel(),
            yerr=np.asarray(row.scores.stderr).ravel(),
            fmt="o",
            markersize=2.5,
            elinewidth=0.5,
            alpha=0.6,
            color=ROW_COLOURS[row.name],
            label=plain(row.name),
        )
    limit = float(classical.max()) * 1.05
    axes.plot([0, limit], [0, limit], color=GREY, linewidth=1, zorder=0)
    axes.set(xlabel="classical score", ylabel="measured score", title="Scores")
    axes.legend(frameon=False)


def draw_confusions(figure: Any, comparison: Table) -> None:
    """Draw the confusion matrix of every row side by side."""
    panels = np.atleast_1d(figure.subplots(1, len(comparison.rows)))
    for axes, row in zip(panels, comparison.rows, strict=True):
        _draw_confusion(axes, row, comparison.labels, comparison.classes)
    panels[0].set_ylabel("true class")


def _draw_confusion(axes: Axes, row: Row, labels: np.ndarray, classes: np.ndarray) -> None:
    matrix = confusion(labels, row.predictions, classes)
    axes.imshow(matrix, cmap="Blues", vmin=0)
    size = 8 if len(classes) > 4 else 11
    for i, j in np.ndindex(matrix.shape):
        dark = matrix[i, j] > matrix.max() / 2
        colour = "white" if dark else "black"
        axes.text(j, i, str(matrix[i, j]), ha="center", va="center", color=colour, fontsize=size)
    axes.set_xticks(range(len(classes)), [plain(c) for c in classes])
    axes.set_yticks(range(len(classes)), [plain(c) for c in classes])
    axes.set_title(plain(row.name), fontsize=10)
    axes.set_xlabel("predicted")


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
