"""Distributions of circuits with resets, against Qiskit's density matrices."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import DensityMatrix, random_unitary

from qtn.errors import ArgumentError
from qtn.hybrid.forms.channels import exact_distribution


def circuit_of(seed: int) -> QuantumCircuit:
    """Four qubits that meet, leave and come again; two are measured, in crossed order."""
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(4, 2)
    angles = ParameterVector("a", 5)
    for qubit in range(4):
        circuit.ry(angles[qubit], qubit)
    for pair in ((2, 0), (1, 3), (0, 1)):
        circuit.unitary(random_unitary(4, seed=int(rng.integers(2**31))), pair)
    circuit.barrier()
    circuit.reset(0)
    circuit.ry(angles[4], 0)
    circuit.cx(3, 0)
    circuit.unitary(random_unitary(8, seed=seed), (3, 0, 2))
    circuit.measure([0, 3], [1, 0])
    return circuit


@pytest.mark.parametrize("seed", range(4))
def test_distributions_are_those_of_the_density_matrix(seed: int) -> None:
    circuit = circuit_of(seed)
    rows = np.random.default_rng(seed).uniform(0, np.pi, (3, 5))
    found = exact_distribution(circuit, rows)
    bare = circuit.remove_final_measurements(inplace=False)
    for row, distribution in zip(rows, found, strict=True):
        state = DensityMatrix(bare.assign_parameters(row))
        assert distribution == pytest.approx(state.probabilities([3, 0]), abs=1e-12)


def test_a_circuit_without_parameters_and_an_idle_register() -> None:
    circuit = QuantumCircuit(3, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.reset(2)
    circuit.measure([0, 2], [0, 1])
    found = exact_distribution(circuit, np.zeros((2, 0)))
    assert found == pytest.approx(np.array([[0.5, 0.5, 0, 0]] * 2))


def test_too_much_entanglement_is_refused() -> None:
    circuit = QuantumCircuit(12, 1)
    for qubit in range(11):
        circuit.h(qubit)
    for qubit in range(11):
        circuit.cx(qubit, qubit + 1)
    for qubit in range(12):
        circuit.h(qubit)
    circuit.measure(11, 0)
    wide = circuit.compose(circuit.remove_final_measurements(inplace=False), range(12), front=True)
    with pytest.raises(ArgumentError, match="more than 10 qubits"):
        exact_distribution(wide, np.zeros((1, 0)))
