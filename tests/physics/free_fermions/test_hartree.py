"""The mean field: exact without phases, right to first order with them."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import XXPlusYYGate
from qiskit.quantum_info import Statevector

from qtn.physics.free_fermions.hartree import Step, mean_field_run

N = 6


def chain(phase, n=N, layers=5):
    """Return an XXZ-like circuit on one chain: hops, and phases between neighbours."""
    circuit = QuantumCircuit(n)
    circuit.x(range(0, n, 2))
    for _ in range(layers):
        for first in (0, 1):
            for q in range(first, n - 1, 2):
                circuit.append(XXPlusYYGate(0.7), [q, q + 1])
                circuit.cp(phase, q, q + 1)
        circuit.rz(0.3, 2)
    return circuit


def exact(circuit):
    """Return ⟨Z⟩ of all qubits from the state vector."""
    n = circuit.num_qubits
    bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return 1 - 2 * (np.abs(Statevector(circuit).data) ** 2 @ bits)


def test_the_matrix_of_modes_is_unitary_and_phases_are_written_down():
    hop = np.array([[0.6, 0.8j], [0.8j, 0.6]])
    steps = [Step((0, 1), hop, 0.0), Step((1, 2), np.eye(2), 0.4), Step((2,), -np.eye(1))]
    carried, kicks = mean_field_run(3, [0], steps)
    assert np.allclose(carried @ carried.conj().T, np.eye(3), atol=1e-15)
    assert kicks.angles.tolist() == [0.4]
    assert np.allclose(kicks.first, [[-0.8j, 0.6, 0.0]])
    assert np.allclose(kicks.second, [[0.0, 0.0, 1.0]])
    # The mode 2 is empty: only it is turned, by the number on mode 1.
    assert carried[2, 2] == pytest.approx(-np.exp(0.4j * 0.64))
    assert carried[1, 1] == pytest.approx(0.6)


def test_exchange_stays_out_between_full_modes_that_do_not_correlate():
    carried, _ = mean_field_run(2, [0, 1], [Step((0, 1), np.eye(2), 0.5)])
    assert np.allclose(carried, np.exp(0.5j) * np.eye(2))


def test_no_phases():
    carried, kicks = mean_field_run(2, [0], [])
    assert np.array_equal(carried, np.eye(2))
    assert kicks.first.shape == kicks.second.shape == (0, 2)
