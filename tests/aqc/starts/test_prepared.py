"""Starts with the structure of the circuit that prepared a state."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import random_unitary

import qtn
from qtn.aqc.search.job import Job
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.starts.prepared import brick_levels, prepared_start
from qtn.aqc.target import as_target


def bricks(n: int, layers: int, seed: int = 0) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for layer in range(layers):
        for i in range(layer % 2, n - 1, 2):
            circuit.append(UnitaryGate(random_unitary(4, seed=seed + 100 * layer + i)), [i, i + 1])
    return circuit


def trotter(n: int, steps: int, time: float) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    circuit.x(range(1, n, 2))
    for _ in range(steps):
        for first in (0, 1):
            for i in range(first, n - 1, 2):
                for gate in (circuit.rxx, circuit.ryy, circuit.rzz):
                    gate(0.5 * time / steps, i, i + 1)
    return circuit


@pytest.mark.parametrize(("n", "layers"), [(2, 1), (3, 2), (7, 3), (8, 4), (12, 4)])
def test_circuits_that_fit_are_found_again(n: int, layers: int) -> None:
    circuit = bricks(n, layers)
    for more in (0, 1):
        short = qtn.compile(circuit, qtn.Brickwall(layers + more, steps=5), progress=False)
        assert short.infidelity < 1e-10


def test_a_staircase_takes_the_layers_that_it_needs() -> None:
    levels = brick_levels(5, (0, 1, 2, 3))
    assert levels == [0, 1, 2, 3]
    assert brick_levels(5, (1, 0, 0, 3)) == [1, 2, 2, 1]
    assert brick_levels(2, (0, 0)) == [0, 0]


def test_longer_circuits_are_drawn_together() -> None:
    state = as_target(trotter(10, 12, 0.8))
    values = []
    for layers in (3, 5, 9):
        shape = brickwall_shape(10, layers)
        job = Job(state).as_complex()
        overlap = job.kernel(shape).evaluate(prepared_start(state, shape))[0]
        values.append(1.0 - abs(overlap) ** 2)
    assert max(values) < 0.05


def test_states_without_a_circuit_are_refused() -> None:
    vector = np.zeros(16)
    vector[[0, 15]] = 0.5**0.5
    with pytest.raises(qtn.ArgumentError, match="does not know a circuit that prepared"):
        qtn.compile(vector, qtn.Brickwall(2, start="prepared"), progress=False)
