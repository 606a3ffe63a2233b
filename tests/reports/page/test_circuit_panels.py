"""Circuits are listed, drawn and written; large ones are folded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from qiskit import QuantumCircuit

from qtn.interop.qasm import to_qasm3
from qtn.reports.page import circuit_panels
from qtn.reports.page.circuit_panels import circuit_table, panels
from qtn.reports.records import CircuitRecord, ModelRecord
from qtn.reports.records.model_record import gates_of


def record(circuit: QuantumCircuit) -> CircuitRecord:
    return CircuitRecord(
        to_qasm3(circuit), gates_of(circuit), circuit.num_qubits, 1, 1, 0.25, float("nan"), 0.5
    )


@pytest.fixture
def small() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def test_a_table_of_all_circuits(small: QuantumCircuit) -> None:
    models = {"a": ModelRecord("M", compiled=(record(small),) * 2), "b": ModelRecord("M")}
    table = circuit_table(models, ["cat", "dog"])
    assert [row[0].text for row in table.rows] == ["a, class cat", "a, class dog"]
    assert [c.text for c in table.rows[0][1:7]] == ["2", "1", "1", "0.750000", "–", "0.50"]
    assert record(small).sha256.startswith(table.rows[0][7].text)
    assert circuit_table(models, None).rows[0][0].text == "a, circuit 1"


def test_large_circuits_are_folded_and_very_large_ones_not_drawn(
    small: QuantumCircuit, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = small.copy()
    for _ in range(70):
        large.h(0)
    found = panels({"a": ModelRecord("M", compiled=(record(small), record(large)))}, None)
    assert [p.folded for p in found] == [False, True]
    assert found[1].says == "2 qubits, 1 two-qubit gates, 72 gates in all"
    assert all(p.drawing for p in found)
    monkeypatch.setattr(circuit_panels, "_LARGEST", 10)
    assert panels({"a": ModelRecord("M", compiled=(record(large),))}, None)[0].drawing is None


def test_what_openqasm_cannot_say_is_drawn(small: QuantumCircuit) -> None:
    (found,) = panels({"a": ModelRecord("M", compiled=(replace(record(small), qasm=""),))}, None)
    assert found.drawing is not None
    assert (found.qasm, found.sha256) == ("", "")
