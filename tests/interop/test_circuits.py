"""Circuits in every form as plain data and as states."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from qiskit import qasm2, qasm3, transpile
from qiskit.circuit import ClassicalRegister, Parameter, QuantumCircuit
from qiskit.circuit.library import QFTGate
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator, Statevector

import qtn
from qtn.errors import ArgumentError, FileError
from qtn.interop.circuits import (
    circuit_to_mps,
    first_major,
    gate_list,
    is_text,
    is_written,
    operation_matrix,
    own_qubits,
    read_circuit,
    refuse_permuted,
)
from qtn.interop.operators import operator
from qtn.interop.qasm import save_qasm3
from qtn.interop.targets import read_state


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
    with pytest.raises(ArgumentError, match=r"free parameters \(a\).*assign_parameters"):
        circuit_to_mps(free)
    measured = QuantumCircuit(2, 1)
    measured.h(0)
    measured.measure(0, 0)
    measured.cx(0, 1)
    with pytest.raises(ArgumentError, match="goes on after a measurement"):
        circuit_to_mps(measured)
    with pytest.raises(ArgumentError, match="a circuit with qubits"):
        circuit_to_mps(QuantumCircuit())
    deep = random_circuit(6, 12, max_operands=2, seed=0)
    with pytest.raises(ArgumentError, match="above max_bond=2"):
        circuit_to_mps(deep, max_bond=2)


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def dense(gates):
    circuit = QuantumCircuit(gates.n)
    for qubits, matrix in gates.gates:
        circuit.unitary(matrix, list(qubits))
    return Operator(circuit)


class Holder:
    def __init__(self, circuit):
        self.circuit = circuit


@pytest.mark.parametrize(
    "form", [lambda c: c, Holder, qasm2.dumps, qasm3.dumps], ids=["own", "holder", "2", "3"]
)
def test_every_form_is_the_same_circuit(form):
    given = form(bell())
    assert Operator(read_circuit(given)).equiv(Operator(bell()))
    assert dense(gate_list(given)).equiv(Operator(bell()))
    assert circuit_to_mps(given).fidelity(circuit_to_mps(bell())) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (3, "`c` must be a QuantumCircuit, a compiled or transpiled result, or a circuit"),
        (None, "`c` must be a QuantumCircuit"),
        ("bell", "`c` must be a QuantumCircuit"),
        (Holder(3), "`c` must be a QuantumCircuit"),
        ("OPENQASM 3.0; nothing q;", "`c` is text, but no circuit. .*line 1"),
    ],
)
def test_what_is_no_circuit_is_refused_by_name(given, text):
    with pytest.raises(ArgumentError, match=text):
        read_circuit(given, "c")


def test_text_is_told_from_names():
    assert is_text("OPENQASM 3.0; qubit q;")
    assert not is_text("neel")
    assert not is_text(bell())


def test_a_path_stands_for_its_circuit_at_every_reader(tmp_path):
    path = save_qasm3(bell(), tmp_path / "bell.qasm")
    for form in (path, str(path), path.read_text()):
        assert is_written(form)
        assert read_circuit(form).count_ops() == bell().count_ops()
        assert read_state(form).bonds == (2,)
        assert operator(form).n == 2
    with pytest.raises(FileError, match="does not exist"):
        read_circuit(tmp_path / "none.qasm")
    assert qtn.verify(path, observables="ZZ").values[0].value == pytest.approx(1.0)


def test_matrices_turn():
    cx = operation_matrix(bell().data[1].operation)
    assert np.array_equal(first_major(cx).real, np.eye(4)[[0, 1, 3, 2]])
    assert first_major(np.eye(2)).shape == (2, 2)


@pytest.mark.parametrize("seed", range(3))
def test_large_gates_are_taken_apart(seed):
    circuit = random_circuit(4, 3, max_operands=4, seed=seed)
    circuit.append(QFTGate(3), [2, 0, 3])
    circuit.append(QFTGate(2).control(2), [0, 1, 2, 3])
    gates = gate_list(circuit)
    assert all(len(qubits) <= 2 for qubits, _ in gates.gates)
    assert gates.two_qubit > 0
    assert dense(gates).equiv(Operator(circuit))


def test_measurements_at_the_end_are_dropped():
    circuit = bell()
    circuit.barrier()
    circuit.measure_all()
    assert dense(gate_list(circuit)).equiv(Operator(bell()))


def test_a_layout_is_undone():
    fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    circuit = bell()
    circuit.ry(0.3, 1)
    isa = transpile(circuit, fakes.FakeManilaV2(), initial_layout=[3, 2], seed_transpiler=0)
    assert own_qubits(isa) == {3: 0, 2: 1}
    assert own_qubits(circuit) == {0: 0, 1: 1}
    assert gate_list(isa).n == 2
    assert gate_list(isa, own=False).n == 5
    state = circuit_to_mps(isa, own=True)
    assert state.fidelity(circuit_to_mps(circuit)) == pytest.approx(1.0)
    assert circuit_to_mps(isa).n == 5
    refuse_permuted(isa)
    full = transpile(circuit, coupling_map=[[0, 1]], initial_layout=[1, 0])
    with pytest.raises(ArgumentError, match="before or after the transpilation"):
        refuse_permuted(full)
    isa.x(0)
    with pytest.raises(ArgumentError, match="uses the ancilla qubits"):
        gate_list(isa)


def conditional() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.add_register(ClassicalRegister(1))
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    return circuit


def reset() -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.reset(0)
    return circuit


def initialized() -> QuantumCircuit:
    circuit = QuantumCircuit(3)
    circuit.initialize([1] + [0] * 7)
    return circuit


@pytest.mark.parametrize("circuit", [conditional(), reset(), initialized()])
def test_what_is_not_unitary_is_refused(circuit):
    with pytest.raises(ArgumentError, match="unitary gates and final measurements, but has"):
        gate_list(circuit)


def test_states_have_the_phase_of_their_circuit() -> None:
    inner = QuantumCircuit(3, global_phase=0.4)
    inner.h(range(3))
    inner.ccx(0, 1, 2)
    circuit = QuantumCircuit(3, global_phase=0.3)
    circuit.append(inner.to_gate(), [2, 0, 1])
    assert np.allclose(circuit_to_mps(circuit).to_dense(), Statevector(circuit).data, atol=1e-12)


def test_a_circuit_without_gates_has_no_blocks() -> None:
    state = circuit_to_mps(QuantumCircuit(3))
    assert state.origin is None
    assert qtn.compile(state, progress=False).two_qubit_gates == 0


def test_hardware_qubits_of_qasm3() -> None:
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nh $0;\ncx $0, $2;\nrz(0.3) $1;\n'
    expected = QuantumCircuit(3)
    expected.h(0)
    expected.cx(0, 2)
    expected.rz(0.3, 1)
    assert qtn.verify(qasm3.loads(text), expected).fidelity == pytest.approx(1, abs=1e-12)
    assert qtn.compile(text, qtn.Staircase(2), progress=False).infidelity < 1e-9
