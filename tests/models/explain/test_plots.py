from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from qtn.errors import ArgumentError
from qtn.models import MPSBornMachine
from qtn.models.explain import information
from qtn.models.explain.plots import plot_anomaly, plot_entropies, plot_information, plot_marginals

ROWS = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]])
STATE = MPSBornMachine(4).fit(ROWS).state()


def test_marginals_are_drawn_as_image_or_map() -> None:
    image = plot_marginals(STATE, shape=(2, 2)).images[0].get_array()
    assert np.asarray(image).ravel() == pytest.approx(np.array([1, 2, 1, 2]) / 3, abs=1e-3)
    table = np.asarray(plot_marginals(STATE).images[0].get_array())
    assert table.sum(axis=0) == pytest.approx(1.0)
    assert plt.get_fignums() == []


def test_entropies_and_information_are_drawn_as_computed() -> None:
    ax = Figure().subplots()
    assert plot_entropies(STATE, ax) is ax
    assert ax.lines[1].get_ydata() == pytest.approx(information.cut_entropies(STATE))
    assert ax.lines[2].get_ydata() == pytest.approx(information.site_entropies(STATE))
    drawn = plot_information(STATE, "classical").images[0].get_array()
    wanted = information.mutual_information(STATE, "classical")
    apart = ~np.eye(4, dtype=bool)
    assert np.asarray(drawn)[apart] == pytest.approx(wanted[apart])
    assert np.ma.getmaskarray(drawn).diagonal().all()


def test_the_most_surprising_features_are_named() -> None:
    row = np.array([0, 0, 1, 0])
    axes = plot_anomaly(STATE, row, names=list("abcd"), count=2)
    causes = information.anomaly(STATE, row[None]).causes(0, 2)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["abcd"[i] for i, _ in causes][::-1]
    with pytest.raises(ArgumentError, match="integers of shape"):
        plot_anomaly(STATE, row[:2])
