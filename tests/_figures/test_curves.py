"""Curves over times and steps."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from qtn._figures.curves import draw_curves, draw_descent, draw_steps


def test_curves_hold_their_values_and_errors() -> None:
    values = {"exact": [0.5, 0.25], "measured $": [0.4, 0.3]}
    ax = Figure().subplots()
    errors = {"measured $": [0.1, 0.2]}
    found = draw_curves(ax, [1, 2], values, errors, xlabel="time", ylabel="value", log=True)
    assert found is ax
    assert [list(line.get_ydata()) for line in ax.lines[:2]] == [[0.5, 0.25], [0.4, 0.3]]
    (bar,) = [c for c in ax.containers if c.has_yerr]
    assert np.allclose([s[:, 1] for s in bar.lines[2][0].get_segments()], [[0.3, 0.5], [0.1, 0.5]])
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("time", "value", "log")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["exact", r"measured \$"]


def test_steps_are_counted_from_one_and_held_out_rows_dashed() -> None:
    records = {"training": [3.0, 2.0], "validation": [3.5, 2.5]}
    ax = draw_steps(Figure().subplots(), {"model": records}, ylabel="loss (nats per sample)")
    for line, (name, values) in zip(ax.lines, records.items(), strict=True):
        assert list(line.get_xdata()) == [1, 2]
        assert list(line.get_ydata()) == values
        assert (line.get_label(), line.get_linestyle()) == (name, "-" if name[0] == "t" else "--")
    several = draw_steps(Figure().subplots(), {"a": records, "b": {"training": [1.0]}})
    assert several.lines[2].get_label() == "b, training"
    assert several.lines[2].get_marker() == "."  # a line of one point would not be seen


def test_a_descent_begins_at_step_zero_beside_its_reference() -> None:
    ax = draw_descent(Figure().subplots(), [3.0, 2.0, 1.5], 1.0)
    assert list(ax.lines[0].get_xdata()) == [0, 1, 2]
    assert list(ax.lines[0].get_ydata()) == [3.0, 2.0, 1.5]
    assert ax.lines[1].get_ydata()[0] == 1.0
    assert len(draw_descent(Figure().subplots(), [1.0]).lines) == 1
