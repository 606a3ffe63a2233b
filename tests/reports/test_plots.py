"""Figures show what the table holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes

from qtn.reports import plots
from qtn.reports.table import Table


def drawn(comparison: Table, name: str) -> Axes:
    return plots.figures(comparison)[name].get_axes()[0]


def test_results_show_every_row_with_its_interval(comparison) -> None:
    axes = drawn(comparison, "results")
    assert [t.get_text() for t in axes.get_yticklabels()] == [r.name for r in comparison.rows]
    for row, container in zip(comparison.rows, axes.containers, strict=True):
        (segment,) = container.lines[2][0].get_segments()
        measure = row.measures[0]
        assert segment[:, 0] == pytest.approx([measure.low, measure.high])
    assert len({plots.colour(row) for row in comparison.rows}) == len(comparison.rows)


def test_training_shows_the_losses(comparison) -> None:
    axes = drawn(comparison, "training")
    assert list(axes.lines[0].get_ydata()) == comparison.model.history_["loss"]
    assert len(axes.lines) == 1  # nothing was held out


def test_compilation_marks_what_was_used(comparison) -> None:
    deeper = replace(comparison.quantum, compiled=comparison.quantum.compiled[::-1])
    both = replace(comparison, candidates=(comparison.quantum, deeper))
    for shown, points in ((comparison, 1), (both, 2)):
        lines = drawn(shown, "compilation").lines
        assert [len(line.get_xdata()) for line in lines] == [points, 1] * 2
        used = comparison.quantum.compiled[0]
        assert lines[1].get_xdata()[0] == used.two_qubit_depth


def test_scores_lie_over_the_classical_ones(comparison) -> None:
    axes = drawn(comparison, "scores")
    assert axes.get_legend_handles_labels()[1] == ["noisy", "mitigated"]
    x = np.asarray(axes.containers[0].lines[0].get_xdata())
    assert np.array_equal(x, np.asarray(comparison["classical"].scores.value).ravel())


def test_one_confusion_matrix_per_row(comparison) -> None:
    panels = plots.figures(comparison)["confusion"].get_axes()
    assert [p.get_title() for p in panels] == [row.name for row in comparison.rows]
    for panel, row in zip(panels, comparison.rows, strict=True):
        shown = np.asarray(panel.images[0].get_array())
        assert np.trace(shown) == round(float(row.accuracy) * len(comparison.labels))


def test_many_rows_take_several_lines(comparison) -> None:
    many = replace(comparison, rows=comparison.rows * 2)
    panels = plots.figures(many)["confusion"].get_axes()
    assert len(panels) == 12  # six abreast: the last two are empty
    assert [p.axison for p in panels] == [True] * 10 + [False] * 2
    assert len(plots.overview(many).get_axes()) == 1 + 3 + 12


def test_what_a_comparison_has_not_is_not_drawn(comparison) -> None:
    classical = replace(comparison, rows=comparison.rows[:1], entrants=comparison.entrants[:1])
    assert set(plots.figures(classical)) == {"results", "training", "confusion"}
    plots.overview(classical)
    quantum = replace(comparison, rows=comparison.rows[1:], entrants=comparison.entrants[1:])
    assert set(plots.figures(quantum)) == {"results", "compilation", "confusion"}
    plots.overview(quantum)
