"""Pictures of states hold what the states say."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import qtn
from qtn.errors import ArgumentError

GHZ = qtn.MPS.from_dense(np.eye(16)[0] + np.eye(16)[15])


def test_the_profile_is_that_of_the_state() -> None:
    ax = Figure().subplots()
    assert GHZ.plot(ax) is ax
    most, cuts, sites = (line.get_ydata() for line in ax.lines)
    assert np.allclose(most, np.log(GHZ.bonds))
    assert np.allclose(cuts, GHZ.entropies())
    assert np.allclose(sites, np.log(2))
    frame = GHZ.to_frame()
    assert frame["bond"].tolist() == list(GHZ.bonds)
    assert np.allclose(frame["entropy"], np.log(2))
    assert qtn.MPS.product([[1, 0]]).plot().get_xlabel()  # a chain without cuts


def test_mutual_information_has_no_diagonal() -> None:
    drawn = GHZ.plot(kind="information").images[0].get_array()
    assert np.allclose(np.asarray(drawn)[~np.eye(4, dtype=bool)], np.log(2))
    assert np.ma.getmaskarray(drawn).diagonal().all()
    assert plt.get_fignums() == []


def test_a_tree_is_drawn_with_its_entropies() -> None:
    rng = np.random.default_rng(0)
    shapes = [(2, 2, 3), (2, 2, 2), (3, 2, 1)]
    tree = qtn.TTN(tuple(rng.normal(size=s) for s in shapes), ((0, 2), (1, 3), (4, 5)))
    ax = Figure().subplots()
    assert tree.plot(ax) is ax
    wanted = [tree.entropy(node) for node in range(6)]
    assert np.allclose(ax.collections[1].get_array(), wanted)
    assert np.allclose(tree.entropies(), wanted)
    assert [text.get_text() for text in ax.texts] == list("222232")
    assert np.allclose(tree.to_frame()["entropy"], wanted)
    chain = tree.to_mps().plot(kind="information").images[0].get_array()
    same = tree.plot(kind="information").images[0].get_array()
    assert np.ma.allclose(chain, same)


def test_an_evolution_shows_what_it_cut() -> None:
    state = qtn.evolve(qtn.chain("heisenberg", 6), "neel", 1.0, cutoff=1e-6, progress=False)
    lost = state.origin
    ax = lost.plot()
    drawn = np.nan_to_num([bar.get_height() for bar in ax.patches])
    assert np.allclose(drawn, lost.discarded)
    assert ax.get_title() == f"truncation error {lost.truncation_error:.1e}"


def test_unknown_pictures_are_refused() -> None:
    with pytest.raises(ArgumentError, match="`kind` must be one of 'entropy', 'information'"):
        GHZ.plot(kind="tree")
    with pytest.raises(ArgumentError, match="`kind` must be one of 'tree', 'information'"):
        qtn.TTN.product([[1, 0]] * 2, ((0, 1),)).plot(kind="entropy")
