"""A drawing holds every gate, in a column of its own where gates share a qubit."""

from __future__ import annotations

from qiskit import QuantumCircuit

from qtn.reports.page.gate_drawing import COLUMN, LEFT, drawing
from qtn.reports.records.model_record import gates_of


def test_marks_of_the_gates() -> None:
    circuit = QuantumCircuit(3, 1)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cz(1, 2)
    circuit.swap(0, 2)
    circuit.rzz(0.3, 0, 1)
    circuit.barrier()
    circuit.reset(1)
    circuit.measure(2, 0)
    found = drawing(circuit.num_qubits, gates_of(circuit))
    assert [q for _, q in found.wires] == [0, 1, 2]
    assert found.paths["link"].count("M") == 4
    assert found.paths["dot"].count("M") == 3  # control of CX, both ends of CZ
    assert found.paths["plus"].count("a7") == 2  # one circle of two arcs
    assert found.paths["cross"].count("M") == 4
    assert found.paths["barrier"].count("M") == 1
    assert sorted(text for *_, text in found.labels) == ["H", "M", "RZZ", "RZZ", "|0⟩"]


def test_gates_stand_as_early_as_they_can() -> None:
    circuit = QuantumCircuit(4)
    circuit.x(0)
    circuit.x(3)
    circuit.cx(0, 1)
    circuit.cx(2, 3)
    circuit.cx(0, 3)  # its line crosses all wires
    circuit.x(1)
    columns = [
        (x - LEFT) // COLUMN for x, *_ in drawing(circuit.num_qubits, gates_of(circuit)).labels
    ]
    assert columns == [0, 0, 3]
    assert drawing(circuit.num_qubits, gates_of(circuit)).width == LEFT + 4 * COLUMN + COLUMN // 2


def test_nothing_to_draw() -> None:
    found = drawing(1, ())
    assert (found.paths, found.labels) == ({}, ())
    assert found.width > 0
    assert found.height > 0
    phase = QuantumCircuit(1, global_phase=1.0)
    assert drawing(1, gates_of(phase)).paths == {}
