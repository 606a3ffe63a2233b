import numpy as np
import oracles
import pytest
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Statevector

from qtn.errors import ArgumentError
from qtn.interop.qiskit import circuit_to_mps


@pytest.mark.parametrize("seed", range(4))
def test_circuits_give_qiskits_amplitudes(seed):
    circuit = random_circuit(5, 5, max_operands=3, seed=seed)
    assert np.allclose(circuit_to_mps(circuit).to_dense(), Statevector(circuit).data, atol=1e-12)


def test_the_state_remembers_the_blocks_that_prepared_it():
    circuit = random_circuit(5, 4, max_operands=2, seed=1)
    origin = circuit_to_mps(circuit).origin
    vector = np.eye(1, 32)[0].astype(complex)
    for bond, block in zip(origin.bonds, origin.blocks):
        vector = oracles.apply_gate(vector, block, [bond + 1, bond])
    assert abs(np.vdot(vector, Statevector(circuit).data)) == pytest.approx(1.0)
    one = QuantumCircuit(1)
    one.h(0)
    assert circuit_to_mps(one).origin is None


def test_gates_between_distant_qubits_in_both_orders():
    circuit = QuantumCircuit(4)
    circuit.h(range(4))
    circuit.cu(0.3, 0.2, 0.1, 0.4, 3, 0)
    circuit.cx(1, 3)
    assert np.allclose(circuit_to_mps(circuit).to_dense(), Statevector(circuit).data, atol=1e-12)


def test_final_measurements_are_left_out():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.measure_all()
    assert circuit_to_mps(circuit).max_bond == 1


def test_bad_circuits():
    free = QuantumCircuit(1)
    free.rx(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match=r"1 free parameters \(a, \.\.\.\).*assign_parameters"):
        circuit_to_mps(free)
    measured = QuantumCircuit(2, 1)
    measured.h(0)
    measured.measure(0, 0)
    measured.cx(0, 1)
    with pytest.raises(ArgumentError, match="holds `measure`"):
        circuit_to_mps(measured)
    with pytest.raises(ArgumentError, match="no qubits"):
        circuit_to_mps(QuantumCircuit())
    deep = random_circuit(6, 12, max_operands=2, seed=0)
    with pytest.raises(ArgumentError, match="above max_bond=2"):
        circuit_to_mps(deep, max_bond=2)
