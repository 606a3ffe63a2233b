"""One reader of states for every door: the same state in every form, or advice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import quimb as qu
import quimb.tensor as qtensor
import torch
from qiskit import QuantumCircuit, qasm2, qasm3
from qiskit.quantum_info import DensityMatrix, Operator, StabilizerState, Statevector

import qtn
from qtn.interop.targets import check_norm, normal_state, read_state, target_state
from qtn.states import MPS, TTN

CIRCUIT = QuantumCircuit(3)
CIRCUIT.h(0)
CIRCUIT.cx(0, 2)
CIRCUIT.s(2)
CIRCUIT.sdg(0)
CIRCUIT.x(1)
VECTOR = Statevector(CIRCUIT).data


class Model:
    def state(self) -> MPS:
        return MPS.from_dense(VECTOR)


class Holder:
    circuit = CIRCUIT


def quimb_circuit() -> Any:
    out = qtensor.Circuit(3)
    out.h(0)
    out.cnot(0, 2)
    out.s(2)
    out.sdg(0)
    out.x(1)
    return out


class Own(qtensor.MatrixProductState):
    """A user's own class."""


FORMS: dict[str, Any] = {
    "mps": MPS.from_dense(VECTOR),
    "model": Model(),
    "holder": Holder(),
    "circuit": CIRCUIT,
    "qasm 2": qasm2.dumps(CIRCUIT),
    "qasm 3": qasm3.dumps(CIRCUIT),
    "array": VECTOR,
    "list": VECTOR.tolist(),
    "torch": torch.tensor(VECTOR, requires_grad=True),
    "torch conj": torch.tensor(VECTOR.conj()).conj(),
    "statevector": Statevector(VECTOR),
    "stabilizers": StabilizerState(CIRCUIT),
    "quimb circuit": quimb_circuit(),
    "quimb state": quimb_circuit().psi,
    "quimb mps": MPS.from_dense(VECTOR).to_quimb(),
    "quimb ket": qu.qarray(quimb_circuit().to_dense()),
    "own class": Own.from_dense(np.asarray(quimb_circuit().to_dense()).reshape(-1), dims=[2] * 3),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_door_reads_the_same_state(name: str) -> None:
    form = FORMS[name]
    assert read_state(form).fidelity(MPS.from_dense(VECTOR)) == pytest.approx(1.0, abs=1e-12)
    check = qtn.verify(CIRCUIT, form)
    assert check.fidelity == pytest.approx(1.0, abs=1e-9)
    compiled = qtn.compile(form, qtn.Staircase(layers=2), seed=0)
    assert compiled.fidelity == pytest.approx(1.0, abs=1e-6)
    found = Statevector(compiled.circuit).data
    assert abs(np.vdot(found, VECTOR)) ** 2 == pytest.approx(compiled.fidelity, abs=1e-9)


OPERATORS = (
    r"Operator given is an operator, not a state",
    r"Clifford given is an operator, not a state",
    r"is an operator, not a state",
)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (DensityMatrix(CIRCUIT), r"DensityMatrix given is a density operator, not a pure state"),
        (Operator(CIRCUIT), OPERATORS[0]),
        (StabilizerState(CIRCUIT).clifford, OPERATORS[1]),
        (Statevector(np.eye(9)[0], dims=(3, 3)), r"dimensions \(3, 3\), but qubits are needed"),
        (np.asarray(qu.rand_ket(8)), r"has shape \(8, 1\): it may be a ket of quimb.*ravel\(\)"),
        (np.eye(4) / 4, r"shape \(4, 4\) given is a density operator"),
        (np.zeros((2, 2, 2)), r"with 1 axes"),
        (np.ones(3), r"2\^n amplitudes, but holds 3"),
        (qtensor.MPO_rand(3, 2), OPERATORS[2]),
        ({"00": 1}, r"or a state of Qiskit, quimb or TeNPy, but is \{'00': 1\}"),
        (None, r"but is None"),
    ],
)
def test_what_is_no_state_gets_advice_at_every_door(form: Any, message: str) -> None:
    with pytest.raises(qtn.ArgumentError, match=message):
        read_state(form)
    if message not in OPERATORS:  # `compile` takes unitary ones
        with pytest.raises(qtn.ArgumentError, match=message):
            qtn.compile(form)
    if form is not None:
        with pytest.raises(qtn.ArgumentError, match=message):
            qtn.verify(CIRCUIT, form)


UNNORMALISED = {
    "mps": (MPS.from_dense(2.0 * VECTOR), r"norm 1, but has 2. Give state.normalised\(\)"),
    "array": (2.0 * VECTOR, r"norm 1, but has 2. Divide the amplitudes by"),
    "quimb": (MPS.from_dense(2.0 * VECTOR).to_quimb(), r"norm 1, but has 2.*from_quimb"),
    "zero": (np.zeros(8), r"norm 1, but has 0"),
}


@pytest.mark.parametrize("name", UNNORMALISED)
def test_one_rule_of_norms_at_every_door(name: str) -> None:
    form, message = UNNORMALISED[name]
    for ask in (normal_state, target_state, qtn.compile, lambda f: qtn.verify(CIRCUIT, f)):
        with pytest.raises(qtn.ArgumentError, match=message):
            ask(form)


def test_what_is_nearly_normalised_is_normalised() -> None:
    near = 1.004 * VECTOR
    assert check_norm(read_state(near), near) == pytest.approx(1.004)
    assert target_state(near).norm() == pytest.approx(1.0, abs=1e-12)
    assert qtn.verify(CIRCUIT, near).fidelity == pytest.approx(1.0, abs=1e-9)
    assert qtn.compile(near, seed=0).fidelity <= 1.0


def test_a_tree_stays_a_tree_until_a_chain_is_asked_for() -> None:
    tree = (
        qtn.TTNClassifier(bond=2, epochs=1, seed=0)
        .fit(np.random.default_rng(0).random((8, 4)), [0, 1] * 4)
        .state(label=0)
    )
    assert isinstance(tree, TTN)
    assert read_state(tree) is tree
    assert isinstance(normal_state(tree), TTN)
    chain = target_state(tree)
    assert isinstance(chain, MPS)
    assert chain.fidelity(tree.to_mps()) == pytest.approx(1.0)
