"""Where a circuit lies on a device."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit

from qtn.devices import resolve, transpile_for
from qtn.reports.records.placed import placement


def test_the_placement_is_that_of_a_run() -> None:
    circuit = QuantumCircuit(3)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    found = placement(circuit, "FakeManilaV2", 7)
    assert found is not None
    placed = transpile_for(circuit, "FakeManilaV2", 7)
    assert found.qubits == placed.initial
    assert found.two_qubit_gates == placed.two_qubit_gates
    assert [(c.first, c.second) for c in found.couplings] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    target = resolve("FakeManilaV2").target
    assert found.couplings[0].error == pytest.approx(target["cx"][(0, 1)].error)
    assert found.readout[2] == pytest.approx(target["measure"][(2,)].error)


def test_simulators_have_no_layout() -> None:
    assert placement(QuantumCircuit(2), "aer", 0) is None
