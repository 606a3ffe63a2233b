"""Pictures and frames of a compiled circuit hold its numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import qtn
from qtn.aqc import Compiled
from qtn.errors import ArgumentError


@pytest.fixture(scope="module")
def found() -> Compiled:
    state = qtn.evolve(qtn.chain("heisenberg", 6), "neel", 0.5)
    return qtn.compile(state, qtn.Brickwall(2, steps=20), progress=False)


def test_the_front_has_this_circuit_as_its_star(found: Compiled) -> None:
    ax = Figure().subplots()
    assert found.plot(ax) is ax
    star = ax.lines[-1]
    place = star.get_xdata()[0], star.get_ydata()[0]
    assert place == (found.two_qubit_gates, max(found.infidelity, 1e-12))
    drawn = {x for line in ax.lines[:-1] for x in line.get_xdata()}
    assert drawn == {p.two_qubit_gates for p in found.pareto}
    assert ax.get_xlabel() == "CX gates"
    unknown = replace(found, infidelity=np.nan).plot()
    assert unknown.get_legend_handles_labels()[1] == ["fewest gates"]


def test_the_history_is_drawn_over_the_seconds(found: Compiled) -> None:
    (line,) = found.plot(kind="history").lines
    assert np.array_equal(line.get_xdata(), [r.seconds for r in found.history])
    assert np.allclose(line.get_ydata(), [max(r.infidelity, 1e-12) for r in found.history])


def test_the_circuit_is_drawn_with_a_light_cone(found: Compiled) -> None:
    whole = found.plot(kind="circuit")
    dots = sum(len(line.get_xdata()) for line in whole.lines if line.get_marker() == "o")
    assert dots == 2 * found.two_qubit_gates
    cone = found.plot(kind="circuit", observable="IIIIIZ")
    labels = [text.get_text() for text in cone.get_legend().get_texts()]
    assert labels == ["outside: cancels", "light cone of IIIIIZ"]


def test_the_layout_is_drawn_on_a_device(found: Compiled) -> None:
    ax = found.plot(kind="layout", device="FakeAlgiers")
    assert ax.get_title() == "6 qubits on FakeAlgiers"
    assert sorted(text.get_text() for text in ax.texts) == list("012345")
    assert plt.get_fignums() == []


def test_what_cannot_be_drawn_is_refused(found: Compiled) -> None:
    with pytest.raises(ArgumentError, match=r"`device` is needed for kind=\"layout\""):
        found.plot(kind="layout")
    with pytest.raises(ArgumentError, match=r"'aer' has no couplings to draw"):
        found.plot(kind="layout", device="aer")
    with pytest.raises(
        ArgumentError, match=r"`device` must be None for kind='front', .*kind='layout'"
    ):
        found.plot(device="FakeTorino")
    with pytest.raises(ArgumentError, match="`observable` must be None for kind='history'"):
        found.plot(kind="history", observable="IIIIIZ")
    with pytest.raises(ArgumentError, match="`kind` must be one of 'front', 'history'"):
        found.plot(kind="picture")
    with pytest.raises(ArgumentError, match="`observable`"):
        found.plot(kind="circuit", observable="ZZ")


def test_front_and_history_as_frames(found: Compiled) -> None:
    front = found.to_frame()
    assert front["two_qubit_gates"].tolist() == [p.two_qubit_gates for p in found.pareto]
    assert len(found.to_frame("history")) == len(found.history)
    with pytest.raises(ArgumentError, match="`table` must be one of 'front', 'history'"):
        found.to_frame("circuit")
