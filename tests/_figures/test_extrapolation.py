"""Fits over the noise factor, and their residuals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from qtn._figures.extrapolation import Fit, draw_fits

X, GRID = np.array([1.0, 3.0]), np.linspace(0, 3, 7)
FIT = Fit(
    *("ZZ", X, np.array([0.5, 0.2]), np.array([0.1, 0.05]), np.array([0.4, 0.25])),
    *(GRID, np.exp(-GRID), 1.0, 0.2, "exponential"),
)


def test_residuals_are_in_standard_errors() -> None:
    assert np.allclose(FIT.residuals, [1.0, -1.0])
    assert repr(FIT) == "Fit(ZZ: 1 ± 0.2, exponential)"


def test_curve_data_and_value_are_drawn_with_the_residuals_below() -> None:
    figure = Figure()
    ax = figure.subplots()
    assert draw_fits(ax, [FIT]) is ax
    _, below = figure.axes
    assert np.array_equal(ax.lines[0].get_ydata(), FIT.curve)
    data, value = ax.containers
    assert np.array_equal(data.lines[0].get_ydata(), FIT.values)
    assert (value.lines[0].get_xdata()[0], value.lines[0].get_ydata()[0]) == (0.0, 1.0)
    assert np.allclose(below.containers[0].lines[0].get_ydata(), FIT.residuals)
    assert below.get_xlabel() == "noise factor"
    assert ax.get_title() == "extrapolated by exponential"


def test_many_fits_are_not_all_drawn() -> None:
    ax = draw_fits(Figure().subplots(), [replace(FIT, label=str(k)) for k in range(9)])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list("012345")
