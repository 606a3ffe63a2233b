"""What a balance prints."""

from __future__ import annotations

import json

from qiskit import QuantumCircuit

import qtn
from qtn.reports.joules.assumptions import DEFAULTS


def use() -> qtn.EnergyUse:
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    return qtn.energy(circuit, shots=100, assume={"core_power": 7.0})


def test_every_assumption_is_printed() -> None:
    found = use()
    for text in (str(found), found._repr_html_()):
        for one in DEFAULTS:
            assert one.name in text
        assert "given by the caller" in text
    assert "green advantage" in str(found)
    assert "No exponent: The cut has 2 Schmidt values" in str(found)
    assert repr(found).startswith("EnergyUse(all-to-all, errors assumed: ")


def test_numbers_for_json() -> None:
    found = json.loads(json.dumps(use().to_dict()))
    assert found["bond"] == 2
    assert found["alpha"] is None
    assert found["greener"] == "emulation"
    assert found["assumptions"]["core_power"][0] == 7.0
