"""Circuits, targets and observables in the forms that people have."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator, SparseObservable, SparsePauliOp

from qtn.aqc import compile
from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.verification import verify
from qtn.verification.inputs import (
    gate_list,
    observable_terms,
    own_qubits,
    target_state,
    weight_bound,
)


def dense(gates) -> np.ndarray:  # type: ignore[no-untyped-def]
    circuit = QuantumCircuit(gates.n)
    for qubits, matrix in gates.gates:
        circuit.unitary(matrix, list(qubits))
    return Operator(circuit).data


def test_large_gates_are_decomposed_and_measurements_dropped() -> None:
    circuit = QuantumCircuit(3)
    circuit.ccx(0, 1, 2)
    circuit.barrier()
    circuit.h(1)
    bare = Operator(circuit)
    circuit.measure_all()
    gates = gate_list(circuit)
    assert all(len(qubits) <= 2 for qubits, _ in gates.gates)
    assert gates.two_qubit > 0
    assert bare.equiv(Operator(dense(gates)))


def test_a_layout_is_undone() -> None:
    fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    isa = transpile(circuit, fakes.FakeManilaV2(), initial_layout=[3, 2], seed_transpiler=0)
    assert own_qubits(isa) == {3: 0, 2: 1}
    assert own_qubits(circuit) == {0: 0, 1: 1}
    assert gate_list(isa).n == 2


def test_targets_are_normalised() -> None:
    state = MPS.product([[3, 0], [0, 2j]])
    for form in (state, state.to_quimb(), state.to_dense()):
        assert target_state(form).norm() == pytest.approx(1.0)
        assert target_state(form).fidelity(state) == pytest.approx(1.0)


def test_a_circuit_stands_for_the_state_that_it_prepares() -> None:
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    vector = [2**-0.5, 0.0, 0.0, 2**-0.5]
    assert target_state(bell).fidelity(MPS.from_dense(np.array(vector))) == pytest.approx(1.0)
    compiled = compile(vector)
    assert target_state(compiled).fidelity(target_state(bell)) == pytest.approx(1.0)
    check = verify({"00": 512, "11": 512}, compiled)
    assert check.fidelity == pytest.approx(1.0, abs=0.05)
    with pytest.raises(ArgumentError, match="free parameters"):
        target_state(parametric())


def parametric() -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("a"), 0)
    return circuit


def test_observables_of_all_kinds_give_the_same_terms() -> None:
    pauli = SparsePauliOp(["IZX", "YII"], [0.5, -1.5])
    for form in (pauli, SparseObservable.from_sparse_pauli_op(pauli), [pauli]):
        (terms,) = observable_terms(form, 3)
        assert {t.factors: t.coefficient for t in terms} == {
            ((0, "X"), (1, "Z")): 0.5,
            ((2, "Y"),): -1.5,
        }
        assert weight_bound(terms) == pytest.approx(2.0)
    (projector,) = observable_terms("0-r", 3)
    assert projector[0].factors == ((0, "r"), (1, "-"), (2, "0"))


def test_bad_circuits() -> None:
    free = QuantumCircuit(1)
    free.rx(Parameter("angle"), 0)
    with pytest.raises(ArgumentError, match=r"free parameters \(angle\)"):
        gate_list(free)
    reset = QuantumCircuit(1)
    reset.reset(0)
    with pytest.raises(ArgumentError, match="unitary gates and final measurements"):
        gate_list(reset)
    middle = QuantumCircuit(1, 1)
    middle.measure(0, 0)
    middle.h(0)
    with pytest.raises(ArgumentError, match="goes on after a measurement"):
        gate_list(middle)
    with pytest.raises(ArgumentError, match="an observable or a list of them"):
        observable_terms([], 2)
