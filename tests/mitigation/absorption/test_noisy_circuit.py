from __future__ import annotations

import numpy as np
import pytest
from mitigation.absorption import exact
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qtn.errors import ArgumentError
from qtn.mitigation import LayerNoise, NoiseLayer, PauliNoise
from qtn.mitigation.absorption.noisy_circuit import GateStep, NoiseStep, noisy_steps, touched


def test_steps_are_the_circuit_with_noise_before_each_layer():
    circuit = exact.circuit()
    steps = noisy_steps(circuit, exact.noise(circuit))
    again = QuantumCircuit(4)
    for step in steps:
        if isinstance(step, GateStep):
            again.unitary(step.matrix, step.qubits)
    assert Operator(again).equiv(Operator(circuit))
    noisy = [step for step in steps if isinstance(step, NoiseStep)]
    assert sum(len(step.terms) for step in noisy) == 15 * circuit.num_nonlocal_gates()
    assert touched(steps) == (0, 1, 2, 3)


def test_layers_bring_their_crosstalk():
    circuit = QuantumCircuit(4)
    circuit.cz(0, 1)
    circuit.barrier()
    circuit.delay(5, 0)
    circuit.cz(0, 1)
    circuit.cz(3, 2)
    terms = {((1, "Z"), (2, "Z")): 1e-3}
    noise = LayerNoise(
        (
            NoiseLayer((("cz", (0, 1)), ("cz", (2, 3))), terms),
            NoiseLayer((("cz", (0, 1)),), {((7, "X"),): 2e-3}),
        )
    )
    steps = noisy_steps(circuit, noise)
    assert [s.terms if isinstance(s, NoiseStep) else s.qubits for s in steps] == [
        {((7, "X"),): 2e-3}, (0, 1), terms, (0, 1), (3, 2),
    ]  # fmt: skip
    assert touched(steps) == (0, 1, 2, 3, 7)


def test_gates_without_a_place_are_refused():
    for add in (lambda c: c.ccx(0, 1, 2), lambda c: c.reset(0), lambda c: c.measure(0, 0)):
        circuit = QuantumCircuit(3, 1)
        add(circuit)
        with pytest.raises(ArgumentError, match="cannot be absorbed"):
            noisy_steps(circuit, PauliNoise({}))
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    with pytest.raises(ArgumentError, match="does not hold the gate"):
        noisy_steps(circuit, PauliNoise({("cz", (0, 1)): np.zeros(15)}))
