"""Numbers as colours."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from qtn._figures.heatmap import draw_field, draw_matrix, draw_rows, mosaic_size


def test_a_matrix_is_drawn_with_its_bar() -> None:
    ax = Figure().subplots()
    matrix = np.arange(6.0).reshape(2, 3)
    assert draw_matrix(ax, matrix, "nats", xlabel="site") is ax
    assert np.array_equal(ax.images[0].get_array(), matrix)
    assert ax.images[0].colorbar.ax.get_ylabel() == "nats"


def test_a_field_stands_over_its_places() -> None:
    values = np.arange(6.0).reshape(2, 3)
    ax = draw_field(Figure().subplots(), [0, 1], [2, 3, 4], values, "S", xlabel="k", ylabel="ω")
    assert np.array_equal(np.ravel(ax.collections[0].get_array()), values.T.ravel())
    assert ax.get_xlim() == (-0.5, 1.5)


def test_rows_that_are_images_become_a_mosaic() -> None:
    rows = np.arange(20.0).reshape(5, 4) / 20
    ax = draw_rows(Figure().subplots(), rows, (2, 2), list("abcde"), abreast=3)
    mosaic = np.asarray(ax.images[0].get_array())
    assert np.array_equal(mosaic[1:3, 3:5], rows[1].reshape(2, 2))
    assert np.array_equal(mosaic[4:6, 0:2], rows[3].reshape(2, 2))
    assert [text.get_text() for text in ax.texts] == list("abcde")
    plain = draw_rows(Figure().subplots(), rows, (4,))
    assert np.array_equal(plain.images[0].get_array(), rows)


def test_a_figure_of_images_is_as_high_as_they_are() -> None:
    assert mosaic_size(8) == (4.8, 0.7)
    assert mosaic_size(9)[1] == 1.4
    assert mosaic_size(1)[0] > 2
