"""The figure of a balance."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit

import qtn
from qtn.reports.joules.exponent import schmidt_exponent


def test_joules_and_schmidt_values_are_drawn() -> None:
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.cx(0, 1)
    use = qtn.energy(circuit, shots=10)
    left, right = use.plot().axes
    assert left.get_ylabel() == "joules"
    assert right.get_xlabel() == "place k"
    object.__setattr__(use, "exponent", schmidt_exponent(np.arange(1, 20) ** -1.0))
    assert "α = 1.00" in use.plot().axes[1].get_legend().get_texts()[0].get_text()
    circuit.reset(0)
    circuit.measure(0, 0)
    bare = qtn.energy(circuit, shots=10).plot().axes[1]
    assert "no pure state" in bare.texts[0].get_text()
