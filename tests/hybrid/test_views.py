"""Pictures of deployed models."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import qtn
from qtn.errors import ArgumentError


@pytest.fixture(scope="module")
def deployed() -> qtn.QuantumClassifier:
    x, y = np.random.default_rng(0).random((16, 4)), np.arange(16) % 2
    model = qtn.MPSClassifier(bond=2, epochs=2, progress=False).fit(x, y)
    return qtn.deploy(
        model, qtn.Brickwall(2, steps=5), form="overlap", device="FakeAlgiers", progress=False
    )


def test_every_circuit_has_its_front_and_its_ring(deployed: qtn.QuantumClassifier) -> None:
    ax = Figure().subplots()
    assert deployed.plot(ax) is ax
    for k, compiled in enumerate(deployed.compiled):
        front, ring = ax.lines[2 * k : 2 * k + 2]
        wanted = [p.two_qubit_gates for p in compiled.pareto]
        assert list(front.get_xdata()) == sorted(wanted)
        assert ring.get_xdata()[0] == compiled.two_qubit_gates
        assert ring.get_ydata()[0] == pytest.approx(max(compiled.infidelity, 1e-12))


def test_a_circuit_and_its_place_are_drawn(deployed: qtn.QuantumClassifier) -> None:
    assert deployed.plot(kind="circuit", i=1, observable="IIIZ").get_ylabel() == "qubit"
    assert deployed.plot(kind="layout").get_title() == "4 qubits on FakeAlgiers"
    assert plt.get_fignums() == []


def test_what_is_not_there_is_refused(deployed: qtn.QuantumClassifier) -> None:
    with pytest.raises(ArgumentError, match="`i` must be an integer of at least 0 and at most 1"):
        deployed.plot(i=2)
    with pytest.raises(ArgumentError, match="`kind` must be one of 'front', 'circuit', 'layout'"):
        deployed.plot(kind="confusion")
