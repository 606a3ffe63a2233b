"""Circuits that go on after a measurement: shots with a common history share a state."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qtn.devices.tensor.branch import BranchSweep
from qtn.devices.tensor.channels import ChannelTable
from qtn.devices.tensor.pure import PureSimulator


def bits(circuit: QuantumCircuit, shots: int = 200) -> np.ndarray:
    sweep = BranchSweep(PureSimulator(ChannelTable(None), None, 1e-14), circuit, np.zeros((1, 0)))
    return sweep.sample(0, shots, np.random.default_rng(0))


def test_a_teleported_state_arrives() -> None:
    circuit = QuantumCircuit(3, 3)
    circuit.x(0)
    circuit.h(1)
    circuit.cx(1, 2)
    circuit.cx(0, 1)
    circuit.h(0)
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((circuit.clbits[1], 1)):
        circuit.x(2)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.z(2)
    circuit.measure(2, 2)
    found = bits(circuit)
    assert found[:, 2].all()
    assert 60 < found[:, 0].sum() < 140


def test_reset_and_second_measurement() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.reset(0)
    circuit.measure(0, 0)
    circuit.measure(1, 1)
    found = bits(circuit)
    assert not found[:, 0].any()
    assert 60 < found[:, 1].sum() < 140


def test_a_state_that_depends_on_outcomes_has_no_one_value() -> None:
    circuit = QuantumCircuit(1, 1)
    sweep = BranchSweep(PureSimulator(ChannelTable(None), None, 1e-14), circuit, np.zeros((1, 0)))
    with pytest.raises(NotImplementedError):
        sweep.values(0, [{"Z": 1.0}])
