"""What is drawn of a device is what it tells."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from qiskit import QuantumCircuit
from qiskit.circuit.library import CXGate, Measure
from qiskit.transpiler import InstructionProperties, Target

from qtn.devices import transpile_for
from qtn.devices.lookup import Device, resolve
from qtn.devices.placement.chart import coupling_errors, draw_target, readout_errors
from qtn.errors import ArgumentError


def test_errors_are_those_of_the_target() -> None:
    target = resolve("FakeManilaV2").target
    assert target is not None
    assert readout_errors(target) == [target["measure"][(q,)].error for q in range(5)]
    pairs = coupling_errors(target)
    assert list(pairs) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert pairs[0, 1] == min(target["cx"][pair].error for pair in ((0, 1), (1, 0)))


def test_rates_that_are_not_told_are_nan() -> None:
    target = Target(num_qubits=2)
    target.add_instruction(CXGate(), {(1, 0): None, (0, 1): InstructionProperties(error=0.1)})
    target.add_instruction(Measure(), {(0,): None})
    assert coupling_errors(target) == {(0, 1): 0.1}
    assert np.isnan(readout_errors(target)).all()


def test_a_circuit_is_marked_where_it_lies() -> None:
    line = QuantumCircuit(3)
    line.cx(0, 1)
    line.cx(1, 2)
    placed = transpile_for(line, "FakeManilaV2")
    ax = Figure().subplots()
    assert Device("FakeManilaV2").plot(ax, circuit=line) is ax
    assert [text.get_text() for text in ax.texts] == [
        str(placed.initial.index(q)) for q in sorted(placed.initial)
    ]
    assert len(ax.collections[0].get_segments()) == 2  # couplings with gates
    again = Device("FakeManilaV2").plot(circuit=placed)
    assert again.get_title() == "3 qubits on FakeManilaV2"


def test_a_device_without_couplings_is_refused() -> None:
    for target in (None, resolve("aer").target):
        with pytest.raises(ArgumentError, match=r"'aer' has no couplings to draw"):
            draw_target(Figure().subplots(), target, "aer")
