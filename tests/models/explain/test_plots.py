from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models import MPSBornMachine
from qtn.models.explain import information
from qtn.models.explain.plots import plot_anomaly, plot_entropies, plot_information, plot_marginals

mpl.use("Agg")
ROWS = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]])
STATE = MPSBornMachine(4).fit(ROWS).state()


def test_marginals_are_drawn_as_image_or_map() -> None:
    import matplotlib.pyplot as plt

    image = plot_marginals(STATE, shape=(2, 2)).images[0].get_array()
    assert np.asarray(image).ravel() == pytest.approx(np.array([1, 2, 1, 2]) / 3, abs=1e-3)
    table = np.asarray(plot_marginals(STATE).images[0].get_array())
    assert table.sum(axis=0) == pytest.approx(1.0)
    plt.close("all")


def test_entropies_and_information_are_drawn_as_computed() -> None:
    import matplotlib.pyplot as plt

    axes = plt.subplots()[1]
    assert plot_entropies(STATE, axes) is axes
    heights = np.array([bar.get_height() for bar in axes.patches])
    assert heights == pytest.approx(information.cut_entropies(STATE))
    drawn = plot_information(STATE, "classical").images[0].get_array()
    drawn = np.asarray(drawn)
    wanted = information.mutual_information(STATE, "classical")
    assert drawn == pytest.approx(wanted - np.diag(np.diag(wanted)))
    plt.close("all")


def test_the_most_surprising_features_are_named() -> None:
    import matplotlib.pyplot as plt

    row = np.array([0, 0, 1, 0])
    axes = plot_anomaly(STATE, row, names=list("abcd"), count=2)
    causes = information.anomaly(STATE, row[None]).causes(0, 2)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["abcd"[i] for i, _ in causes][::-1]
    with pytest.raises(ArgumentError, match="integers of shape"):
        plot_anomaly(STATE, row[:2])
    plt.close("all")
