"""Trials without noise."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Kraus

from qtn.devices.tensor import forecast, trial
from qtn.devices.tensor.trial import tried_bonds
from qtn.mitigation.techniques.folding import fold


def layers(n: int, depth: int) -> QuantumCircuit:
    circuit, rng = QuantumCircuit(n), np.random.default_rng(0)
    for layer in range(depth):
        for qubit in range(n):
            circuit.rz(rng.uniform(0, 3), qubit)
            circuit.sx(qubit)
        for qubit in range(layer % 2, n - 1, 2):
            circuit.cz(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


def test_folded_circuits_need_no_more_than_they_entangle():
    short = layers(24, 4)
    folded = fold(short, 5)
    counted = forecast._followed(folded, 4).seconds
    assert counted > 1e3
    assert forecast.chain_seconds(folded, 100, 1) < 20
    assert tried_bonds(folded).max() == tried_bonds(short).max() == 4


def test_what_was_tried_is_remembered(monkeypatch):
    first = tried_bonds(layers(6, 3))
    monkeypatch.setattr(trial, "apply_gates", None)
    assert tried_bonds(layers(6, 3)) is first


def test_what_cannot_be_tried_is_left_to_counting(monkeypatch):
    for name in ("reset", "ccx", "channel", "free", "ring", "none"):
        circuit = QuantumCircuit(3, 1)
        if name == "reset":
            circuit.reset(0)
        elif name == "ccx":
            circuit.ccx(0, 1, 2)
        elif name == "channel":
            lost = [np.diag([1.0, 0.8]), np.array([[0.0, 0.6], [0.0, 0.0]])]
            circuit.append(Kraus(lost).to_instruction(), [0])
        elif name == "ring":
            circuit = QuantumCircuit(5)
            for qubit in range(5):
                circuit.cx(qubit, (qubit + 1) % 5)
        elif name == "free":
            circuit.rx(Parameter("a"), 0)
        assert tried_bonds(circuit) is None
    monkeypatch.setattr(trial, "ALLOWED", 1.0)
    assert tried_bonds(layers(7, 4)) is None


def test_remembered_trials_are_few(monkeypatch):
    monkeypatch.setattr(trial, "_REMEMBERED", {})
    monkeypatch.setattr(trial, "KEPT", 2)
    for n in (3, 4, 5):
        tried_bonds(layers(n, 2))
    assert len(trial._REMEMBERED) == 2
    assert tried_bonds(layers(5, 2)) == pytest.approx(tried_bonds(layers(5, 2)))
