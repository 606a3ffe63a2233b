from __future__ import annotations

import numpy as np
import pytest
from mitigation.absorption import exact
from qiskit import QuantumCircuit

from qtn.interop.observables import parse_observable
from qtn.mitigation import PauliNoise
from qtn.mitigation.absorption.gate_shades import shaded_gates
from qtn.mitigation.values.pauli_noise import PAIRS


def test_masks_are_found_in_any_order_of_the_instructions():
    circuit = QuantumCircuit(4)
    circuit.rx(0.4, range(4))
    circuit.cx(0, 1)
    circuit.cx(3, 2)
    circuit.cx(0, 1)
    asked = parse_observable("IIIZ", 4)
    noise = exact.noise(circuit)
    found = shaded_gates(circuit, noise, [asked], range(4), 0.0)
    other = QuantumCircuit(4)
    for pair in ((3, 2), (0, 1), (0, 1)):
        other.cx(*pair)
    masks = found.masks(circuit)
    assert masks.shape == (3, 15)
    assert (found.masks(other) == masks[[1, 0, 2]]).all()
    # nothing of the gate outside the light cone, of the last one what anticommutes with Z
    assert not masks[1].any()
    assert masks[2].tolist() == [first in "XY" for first, _ in PAIRS]
    assert found.bias == 0
    assert 1 < found.cost < found.whole == pytest.approx(noise.norm(circuit) ** 2)


def test_letters_follow_the_qubits_of_the_gate():
    rates = np.zeros(15)
    rates[PAIRS.index(("X", "I"))] = rates[PAIRS.index(("I", "Z"))] = 1e-2
    circuit = QuantumCircuit(2)
    circuit.cx(1, 0)
    noise = PauliNoise({("cx", (1, 0)): rates})
    found = shaded_gates(circuit, noise, [parse_observable("ZI", 2)], range(2), 0.0)
    kept = found.masks(circuit)[0]
    assert kept[PAIRS.index(("X", "I"))]  # X on qubit 1, where Z is measured
    assert not kept[PAIRS.index(("I", "Z"))]


def test_a_large_tolerance_leaves_everything():
    circuit = exact.circuit()
    found = shaded_gates(
        circuit, exact.noise(circuit), [parse_observable("ZZZZ", 4)], range(4), 10.0
    )
    assert not found.masks(circuit).any()
    assert found.cost == 1
    assert found.bias == pytest.approx(found.raw)
