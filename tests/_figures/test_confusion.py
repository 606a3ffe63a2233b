"""Confusion matrices."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from qtn._figures.confusion import draw_confusion


def test_counts_are_drawn_by_true_and_predicted_class() -> None:
    ax = Figure().subplots()
    assert draw_confusion(ax, [0, 0, 1], [0, 1, 1], [0, 1]) is ax
    assert np.array_equal(ax.images[0].get_array(), [[1, 1], [0, 1]])
    assert [text.get_text() for text in ax.texts] == ["1", "1", "0", "1"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    assert plt.get_fignums() == []


def test_many_classes_have_no_numbers() -> None:
    labels = np.arange(8)
    ax = draw_confusion(Figure().subplots(), labels, labels, labels)
    assert [text.get_text() for text in ax.texts if text.get_text()] == []
