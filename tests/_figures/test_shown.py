"""What a notebook shows of axes: the picture of their figure, once, without pyplot."""

from __future__ import annotations

import numpy as np
from IPython.core.formatters import DisplayFormatter
from matplotlib import pyplot as plt

from qtn._figures.axes import axes_of, side_by_side
from qtn._figures.shown import Panels, picture

PNG = b"\x89PNG"


def test_a_notebook_shows_axes_and_arrays_of_axes() -> None:
    formatter = DisplayFormatter()
    row = side_by_side({"a": lambda ax: ax.plot([1, 2]), "b": lambda ax: ax.plot([2, 1])})
    for shown in (axes_of(None), row):
        data, _ = formatter.format(shown)
        assert data["image/png"].startswith(PNG)
    assert plt.get_fignums() == []


def test_no_axes_have_no_picture() -> None:
    assert np.array([], object).view(Panels)._repr_png_() is None


def test_the_whole_figure_is_shown_from_any_part_of_it() -> None:
    row = side_by_side({"a": lambda ax: ax.plot([1, 2]), "b": lambda ax: ax.plot([2, 1])})
    assert picture(row[0]) == picture(row[1])
