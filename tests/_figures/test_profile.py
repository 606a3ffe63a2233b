"""Entropies along a chain."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from qtn._figures.profile import draw_cuts, draw_profile


def test_entropies_lie_at_their_cuts_below_what_the_bonds_hold() -> None:
    ax = Figure().subplots()
    assert draw_profile(ax, [0.5, 0.6], [2, 4], [0.1, 0.2, 0.3]) is ax
    most, cuts, sites = ax.lines
    assert np.allclose(most.get_ydata(), np.log([2, 4]))
    assert np.array_equal(cuts.get_xdata(), [0.5, 1.5])
    assert np.array_equal(cuts.get_ydata(), [0.5, 0.6])
    assert np.array_equal(sites.get_ydata(), [0.1, 0.2, 0.3])


def test_weights_of_cuts_are_bars_and_zeros_are_none() -> None:
    ax = draw_cuts(Figure().subplots(), [0.0, 1e-8], total=1e-4, xlabel="cut", ylabel="weight")
    heights = [bar.get_height() for bar in ax.patches]
    assert np.isnan(heights[0])
    assert heights[1] == 1e-8
    assert ax.get_title() == "truncation error 1.0e-04"
    assert ax.get_yscale() == "log"
    nothing = draw_cuts(Figure().subplots(), [0.0], total=0.0, xlabel="cut", ylabel="weight")
    assert nothing.get_yscale() == "linear"


def test_little_entanglement_fills_the_panel() -> None:
    ax = draw_profile(Figure().subplots(), [0.01, 0.02], [16, 16])
    assert 0.02 < ax.get_ylim()[1] < 0.1
    full = draw_profile(Figure().subplots(), [2.0, 2.5], [16, 16])
    assert full.get_ylim()[1] > np.log(16)
