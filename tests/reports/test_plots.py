"""Figures show what the table holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qtn.reports import plots
from qtn.reports.plots import confusion, plain


def test_confusion() -> None:
    matrix = confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0, 1]))
    np.testing.assert_array_equal(matrix, [[1, 1], [0, 1]])


def axes_of(figure: Figure) -> Axes:
    return figure.get_axes()[0]


def test_training_shows_the_losses(comparison) -> None:
    axes = axes_of(plots.training_figure(comparison.model))
    assert list(axes.lines[0].get_ydata()) == comparison.model.history_["loss"]
    assert len(axes.lines) == 1  # nothing was held out


def test_compilation_marks_what_was_used(comparison) -> None:
    deeper = replace(comparison.quantum, compiled=comparison.quantum.compiled[::-1])
    both = replace(comparison, candidates=(comparison.quantum, deeper))
    for shown, points in ((comparison, 1), (both, 2)):
        lines = axes_of(plots.compilation_figure(shown)).lines
        assert [len(line.get_xdata()) for line in lines] == [points, 1] * 2
        used = comparison.quantum.compiled[0]
        assert lines[1].get_xdata()[0] == used.two_qubit_depth


def test_scores_lie_over_the_classical_ones(comparison) -> None:
    axes = axes_of(plots.scores_figure(comparison))
    assert axes.get_legend_handles_labels()[1] == ["noisy", "mitigated"]
    x = np.asarray(axes.containers[0].lines[0].get_xdata())
    assert np.array_equal(x, np.asarray(comparison["classical"].scores.value).ravel())


def test_one_confusion_matrix_per_row(comparison) -> None:
    panels = plots.confusion_figure(comparison).get_axes()
    assert [p.get_title() for p in panels] == [row.name for row in comparison.rows]
    for panel, row in zip(panels, comparison.rows, strict=True):
        shown = np.asarray(panel.images[0].get_array())
        assert np.trace(shown) == round(float(row.accuracy) * len(comparison.labels))


def test_labels_are_short_and_mean_what_they_say() -> None:
    assert plain("a$b$") == r"a\$b\$"
    assert len(plain("x" * 99)) == 16
