"""The figure of a balance."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from qiskit import QuantumCircuit

import qtn
from qtn.errors import ArgumentError
from qtn.reports.joules.exponent import schmidt_exponent


def test_joules_and_schmidt_values_are_drawn() -> None:
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.cx(0, 1)
    use = qtn.energy(circuit, shots=10)
    left, right = use.overview()
    assert left.get_ylabel() == "energy (J)"
    assert right.get_xlabel() == "place k"
    object.__setattr__(use, "exponent", schmidt_exponent(np.arange(1, 20) ** -1.0))
    assert "α = 1.00" in use.plot(kind="values").get_legend().get_texts()[0].get_text()
    circuit.reset(0)
    circuit.measure(0, 0)
    bare = qtn.energy(circuit, shots=10).plot(kind="values")
    assert "no pure state" in bare.texts[0].get_text()


def test_the_joules_are_those_of_the_balance() -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    use = qtn.energy(circuit, shots=10)
    ax = Figure().subplots()
    assert use.plot(ax) is ax
    part = use.parts[0]
    assert [t.fidelity for t in part.emulations.tried] == list(ax.lines[0].get_xdata())
    assert ax.lines[1].get_ydata()[0] == part.device_joules
    frame = use.to_frame()
    assert frame["bond"].tolist() == [t.bond for t in part.emulations.tried]
    assert frame["chosen"].sum() == 1
    with pytest.raises(ArgumentError, match="`kind` must be one of 'joules', 'values'"):
        use.plot(kind="watts")
