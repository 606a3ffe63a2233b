import numpy as np
import pytest
from matplotlib.figure import Figure

from qtn.aqc.figure import draw_front
from qtn.aqc.points import Point
from qtn.aqc.shape.blocks import Blocks
from qtn.errors import ArgumentError


def test_the_front_is_drawn_on_given_axes_with_the_choice_marked():
    pareto = [
        Point("a", 1, g, d, e, Blocks(2, ())) for g, d, e in ((3, 9, 0.1), (4, 1, 0.2), (5, 9, 0))
    ]
    axes = Figure().subplots()
    assert draw_front(pareto, 5, 0.0, "cz", axes) is axes
    lower, other, star = axes.lines
    assert np.array_equal(lower.get_xdata(), [3, 5])
    assert np.array_equal(other.get_xdata(), [4])
    assert star.get_ydata()[0] > 0.0  # exact circuits have a place on the logarithmic axis
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "CZ gates"


def test_axes_must_be_matplotlib_s():
    with pytest.raises(ArgumentError, match="`ax` must be the axes"):
        draw_front([], 1, 0.1, "cx", "axes")
