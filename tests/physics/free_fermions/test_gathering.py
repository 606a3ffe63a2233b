"""Blocks of gates on pairs, with the runs between them split where the number is conserved."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qtn.interop.circuits import gate_list
from qtn.physics.free_fermions.gathering import NotConserved, gather


def _gathered(circuit):
    return gather(circuit.num_qubits, gate_list(circuit).gates)


def test_runs_between_blocks_are_split():
    circuit = QuantumCircuit(3)
    circuit.x(0)
    circuit.x(0)
    circuit.x(0)
    circuit.swap(0, 1)
    # X … X around a phase belong to the second block, Z may go with either.
    circuit.x(1)
    circuit.cp(0.4, 1, 2)
    circuit.x(1)
    circuit.z(1)
    circuit.swap(1, 0)
    blocks, alone = _gathered(circuit)
    assert [b.qubits for b in blocks] == [(0, 1), (1, 2), (0, 1)]
    assert [b.flipped for b in blocks] == [(0,), (), ()]
    assert np.allclose(blocks[0].matrix, np.eye(4)[[0, 2, 1, 3]])
    assert np.allclose(np.diag(blocks[1].matrix), [1, np.exp(0.4j), 1, 1])
    assert alone == {}


def test_gates_on_one_pair_are_multiplied_whatever_their_order_of_qubits():
    circuit = QuantumCircuit(2)
    circuit.cx(1, 0)
    circuit.crx(0.7, 0, 1)
    circuit.rz(0.2, 0)
    circuit.cx(1, 0)
    ((block,), alone) = _gathered(circuit)
    assert block.qubits == (0, 1)
    expected = Operator(circuit.reverse_bits()).data
    assert np.allclose(block.matrix, expected, atol=1e-12)
    assert alone == {}


def test_qubits_alone():
    circuit = QuantumCircuit(3)
    circuit.h(2)
    circuit.s(2)
    circuit.cz(0, 1)
    blocks, alone = _gathered(circuit)
    assert len(blocks) == 1
    assert list(alone) == [2]
    assert np.allclose(alone[2], np.array([[1, 1], [1j, -1j]]) / np.sqrt(2))


def test_what_does_not_conserve_is_named():
    circuit = QuantumCircuit(3)
    circuit.swap(0, 1)
    circuit.h(1)
    circuit.cx(1, 2)
    with pytest.raises(NotConserved) as caught:
        _gathered(circuit)
    assert caught.value.qubits == (1, 2)


def test_very_long_runs_are_not_divided():
    circuit = QuantumCircuit(3)
    circuit.swap(0, 1)
    for _ in range(40):
        circuit.h([0, 1])
    circuit.swap(0, 1)  # on the same pair: nothing is to be divided
    assert len(_gathered(circuit)[0]) == 1
    for _ in range(40):
        circuit.h([0, 1])
    circuit.swap(0, 2)
    circuit.swap(1, 2)
    with pytest.raises(NotConserved):
        _gathered(circuit)
