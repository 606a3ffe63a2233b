"""Outcomes and classes as bars."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from qtn._figures.histogram import draw_classes, draw_histogram


def test_bars_have_the_shares_and_their_intervals() -> None:
    ax = Figure().subplots()
    shares, low, high = [0.7, 0.2, 0.1], [0.6, 0.1, 0.05], [0.8, 0.3, 0.2]
    assert draw_histogram(ax, ["00", "11", "2 others"], shares, low, high, rest=1) is ax
    assert [bar.get_height() for bar in ax.patches] == shares
    assert ax.patches[2].get_facecolor() != ax.patches[1].get_facecolor()
    bars = ax.containers[-1].lines[2][0].get_segments()
    assert [s[:, 1].tolist() for s in bars] == [
        pytest.approx([a, b]) for a, b in zip(low, high, strict=True)
    ]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["00", "11", "2 others"]


def test_long_outcomes_are_cut_and_turned() -> None:
    ax = draw_histogram(Figure().subplots(), ["0" * 40, "1" * 40], [0.5] * 2, [0.4] * 2, [0.6] * 2)
    labels = [t.get_text() for t in ax.get_xticklabels()]
    assert labels == ["0" * 9 + "…" + "0" * 9, "1" * 9 + "…" + "1" * 9]
    many = draw_histogram(Figure().subplots(), ["01010101"] * 9, *np.full((3, 9), 0.1))
    assert many.get_xticklabels()[0].get_rotation() == 90


def test_classes_stand_side_by_side() -> None:
    ax = draw_classes(Figure().subplots(), ["a", "b"], {"train": [3, 4], "test": [1, 2]})
    assert [bar.get_height() for bar in ax.patches] == [3, 4, 1, 2]
    assert ax.patches[0].get_x() < ax.patches[2].get_x()
