"""A state as a gate: its definition, its inverse, copies, files."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest
from aqc.random_states import random_chain, random_tree
from qiskit import QuantumCircuit, qasm2, qasm3, qpy, transpile
from qiskit.quantum_info import Operator, Statevector
from qiskit.transpiler import PassManager
from qiskit.transpiler.passes import CommutativeInverseCancellation, InverseCancellation

import qtn
from qtn.aqc.state_gate import StateGate, gate
from qtn.errors import ArgumentError


@pytest.mark.parametrize("state", [random_chain(4, 3, 0), random_tree(2, 2, 0), [0.6, 0.8j]])
def test_the_definition_is_exact(state):
    made = gate(state)
    assert made.name == "qtn_state"
    exact = made.preparation.state.to_dense()
    assert np.abs(Statevector(made.definition).data - exact).max() < 1e-10


def test_qubit_i_is_site_i_on_any_qubits():
    state = random_chain(3, 4, 0)
    circuit = QuantumCircuit(5)
    circuit.append(gate(state), [4, 0, 2])
    found = Statevector(circuit).data.reshape((2,) * 5)
    tensor = state.to_dense().reshape((2,) * 3)  # sites 2, 1, 0
    for bits in np.ndindex(2, 2, 2):
        index = [0] * 5
        for site, bit in enumerate(bits):
            index[4 - [4, 0, 2][site]] = bit
        assert found[tuple(index)] == pytest.approx(tensor[bits[::-1]], abs=1e-10)


def test_the_inverse_undoes_it_on_every_input():
    made = gate(random_chain(3, 4, 0), label="ψ")
    undo = made.inverse()
    assert undo.name == "qtn_state_dg"
    assert undo.label == "ψ"
    assert np.allclose(Operator(undo).data @ Operator(made).data, np.eye(8), atol=1e-10)
    assert undo.inverse() == made
    assert undo != made


def test_a_gate_and_its_inverse_cancel():
    made = gate(random_chain(3, 4, 0))
    circuit = QuantumCircuit(3)
    circuit.append(made, range(3))
    circuit.append(made.inverse(), range(3))
    pairs = InverseCancellation([(made, made.inverse())])
    assert PassManager(pairs).run(circuit).size() == 0


def test_other_states_do_not_cancel():
    one, other = gate(random_chain(2, 2, 0)), gate(random_chain(2, 2, 1))
    assert one != other
    circuit = QuantumCircuit(2)
    circuit.append(one, range(2))
    circuit.append(other.inverse(), range(2))
    kept = PassManager(CommutativeInverseCancellation(matrix_based=True)).run(circuit)
    assert Operator(kept).equiv(Operator(circuit))


def test_copies_share_what_was_found():
    made = gate(random_chain(4, 4, 0))
    for one in (copy.copy(made), copy.deepcopy(made), made.copy(), made.to_mutable()):
        assert one == made
        assert one.preparation is made.preparation
    circuit = QuantumCircuit(4)
    circuit.append(made, range(4))
    assert circuit.copy().data[0].operation.preparation is made.preparation


def test_it_travels_to_other_processes():
    """`transpile` hands lists of circuits to workers."""
    made = gate(random_chain(3, 4, 0))
    sent = pickle.loads(pickle.dumps(made))  # noqa: S301
    assert sent == made
    assert sent.inverse().inverse() == made


def test_the_same_state_twice_is_the_same_gate():
    assert gate(random_chain(3, 4, 0)) == gate(random_chain(3, 4, 0))


def test_files_keep_the_definition():
    circuit = QuantumCircuit(3)
    circuit.append(gate(random_chain(2, 2, 0)), [0, 2])
    circuit.append(gate(random_chain(2, 2, 1)), [1, 2])
    circuit.append(gate(random_chain(2, 2, 1)).inverse(), [0, 1])
    exact = Statevector(circuit)
    file = io.BytesIO()
    qpy.dump(circuit, file)
    file.seek(0)
    read = qpy.load(file)[0]
    assert not any(isinstance(item.operation, StateGate) for item in read.data)
    assert np.allclose(Statevector(read), exact, atol=1e-10)
    ready = transpile(read, basis_gates=["u", "cx"], optimization_level=2)
    assert np.allclose(Statevector(ready), exact, atol=1e-8)
    old = qasm2.loads(qasm2.dumps(circuit), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    new = qasm3.loads(qasm3.dumps(circuit))
    for text in (old, new):
        assert abs(np.vdot(Statevector(text), exact)) == pytest.approx(1.0, abs=1e-8)


def test_a_compiled_circuit_is_the_definition():
    short = qtn.compile(random_chain(5, 4, 0), qtn.Staircase(1))
    made = gate(short)
    assert made.definition.count_ops()["cx"] == short.two_qubit_gates
    assert made.inverse().definition.count_ops()["cx"] == short.two_qubit_gates


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="`label` must be text"):
        gate([0.6, 0.8], label=3)
    with pytest.raises(ArgumentError, match="must hold 2\\^n amplitudes"):
        gate([1.0, 0.0, 0.0])
    with pytest.raises(ArgumentError, match="must have norm 1"):
        gate([1.0, 1.0])
    with pytest.raises(ArgumentError, match="must have physical dimension 2"):
        gate(qtn.MPS.product([[1, 0, 0]] * 2))
