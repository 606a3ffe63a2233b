"""Values with their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from qtn._figures.intervals import draw_intervals, draw_values


def segments(ax, axis: int) -> list[list[float]]:
    return [c.lines[2][0].get_segments()[0][:, axis].tolist() for c in ax.containers]


def test_every_value_has_its_line_and_ends() -> None:
    ax = Figure().subplots()
    ends = ([0.8, 0.1], [0.95, np.inf])
    assert draw_intervals(ax, ["a", "b"], [0.9, 0.2], ends, xlabel="accuracy") is ax
    assert segments(ax, 0)[0] == pytest.approx([0.8, 0.95])
    assert segments(ax, 0)[1] == pytest.approx([0.1, 0.2])  # no end, no bar
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_ylim() == (1.5, -0.5)  # the first on top


@pytest.mark.filterwarnings("error")
def test_values_that_are_no_numbers_and_none_at_all_warn_of_nothing() -> None:
    values = [np.inf, np.nan, 0.5]
    ax = draw_values(Figure().subplots(), values, [0.1, 0.1, 0.2], xlabel="value", ylabel="⟨O⟩")
    assert ax.containers[2].lines[2][0].get_segments()[0][:, 0] == pytest.approx([0.3, 0.7])
    empty = draw_values(Figure().subplots(), [], [], xlabel="value", ylabel="⟨O⟩")
    assert not empty.containers


def test_a_reference_is_a_dotted_line() -> None:
    ax = draw_intervals(Figure().subplots(), ["a"], [1], [[0], [2]], xlabel="x", reference=1.5)
    assert ax.lines[-1].get_xdata()[0] == 1.5


def test_many_values_stand_over_their_number() -> None:
    values = np.linspace(0, 1, 50)
    ax = draw_values(Figure().subplots(), values, 0 * values, xlabel="pair", ylabel="overlap")
    assert np.allclose(ax.containers[0].lines[0].get_ydata(), values)
    assert ax.get_xlabel() == "pair"
    few = draw_values(Figure().subplots(), [0.5, 0.2], [0.1, np.inf], xlabel="value", ylabel="⟨O⟩")
    assert [t.get_text() for t in few.get_yticklabels()] == ["value 0", "value 1"]
    assert segments(few, 0) == [pytest.approx([0.4, 0.6]), pytest.approx([0.2, 0.2])]
