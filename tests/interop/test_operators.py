"""Every form of a unitary operator is read as the same matrix, and what is none is refused."""

from __future__ import annotations

import numpy as np
import pytest
import quimb.tensor as qtensor
import torch
from qiskit import QuantumCircuit, qasm3
from qiskit.circuit.library import CXGate, GlobalPhaseGate, UnitaryGate
from qiskit.quantum_info import Clifford, Operator, Pauli, SparsePauliOp, random_unitary

import qtn
from qtn.errors import ArgumentError
from qtn.interop.operators import is_operator, operator

MATRIX = np.asarray(random_unitary(8, seed=4).data)


def circuit() -> QuantumCircuit:
    found = QuantumCircuit(3)
    found.h(0)
    found.cx(0, 2)
    found.rzz(0.3, 1, 2)
    found.ccx(0, 1, 2)
    return found


FORMS = {
    "matrix": (MATRIX, MATRIX),
    "list": (MATRIX.tolist(), MATRIX),
    "tensor": (torch.tensor(MATRIX), MATRIX),
    "Operator": (Operator(MATRIX), MATRIX),
    "UnitaryGate": (UnitaryGate(MATRIX), MATRIX),
    "gate": (CXGate(), Operator(CXGate()).data),
    "MPO": (qtn.MPO.from_dense(MATRIX), MATRIX),
    "quimb": (qtn.MPO.from_dense(MATRIX).to_quimb(), MATRIX),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_operators(name):
    given, exact = FORMS[name]
    assert is_operator(given)
    assert np.allclose(operator(given).to_dense(), exact, atol=1e-10)


def test_a_circuit_is_an_operator_only_when_asked():
    exact = Operator(circuit()).data
    assert not is_operator(circuit())
    for given in (circuit(), qasm3.dumps(circuit())):
        found = operator(given).to_dense()
        phase = np.vdot(exact, found) / 8
        assert np.allclose(found, phase * exact, atol=1e-10)
        assert abs(abs(phase) - 1) < 1e-10
    clifford = Clifford(QuantumCircuit(2))
    assert np.allclose(operator(clifford).to_dense(), np.eye(4), atol=1e-12)


def test_a_density_matrix_is_no_unitary_operator():
    assert not is_operator(np.eye(4) / 4)
    assert not is_operator(np.ones(4))
    assert not is_operator("x;")
    assert not is_operator([[1, 0]])
    with pytest.raises(ArgumentError, match="density"):
        qtn.compile(np.eye(4) / 4)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (1.1 * np.eye(4), r"differs from 1 by 0.21.*1.1 times"),
        (np.ones((4, 4)), "differs from 1 by 15"),
        (SparsePauliOp(["XX"]), r"qtn.propagator\(hamiltonian, time\)"),
        (Pauli("XX"), r"Operator\(matrix\)"),
        (np.eye(3), r"side 2\^n"),
        (np.eye(2**11), "at most 10 qubits"),
        (Operator(np.eye(3)), "on qubits"),
        (3, "unitary matrix of side"),
        (qtensor.MPS_rand_state(4, 2), "no MatrixProductOperator"),
        (qtensor.MPO_identity(4, phys_dim=3), "act on qubits"),
        (qtensor.MPO_identity(4, cyclic=True), "open ends"),
    ],
)
def test_what_is_not_unitary_is_refused(given, message):
    with pytest.raises(ArgumentError, match=message):
        operator(given)


def test_circuits_of_large_bonds_are_refused_and_measurements_too():
    measured = QuantumCircuit(1)
    measured.reset(0)
    with pytest.raises(ArgumentError, match="unitary gates"):
        operator(measured)


def test_the_phase_of_a_circuit_is_that_of_its_operator() -> None:
    inner = QuantumCircuit(3, global_phase=0.4)
    inner.ccx(0, 1, 2)
    found = QuantumCircuit(4, global_phase=0.3)
    found.append(inner.to_gate(), [3, 1, 0])
    found.append(GlobalPhaseGate(0.5), [])
    assert np.allclose(operator(found).to_dense(), Operator(found).data, atol=1e-12)
