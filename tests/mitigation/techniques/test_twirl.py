from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import CXGate, CZGate, ECRGate, RZZGate, SwapGate
from qiskit.quantum_info import Operator

from qtn.errors import ArgumentError
from qtn.mitigation import Twirl
from qtn.mitigation.techniques.twirl import pauli_pair, twirl_pairs, twirled


@pytest.mark.parametrize(
    ("gate", "count"), [(CXGate(), 16), (CZGate(), 16), (ECRGate(), 16), (RZZGate(0.3), 8)]
)
def test_pairs_leave_the_gate_as_it_is(gate, count):
    pairs = twirl_pairs(gate)
    assert len(pairs) == count
    matrix = Operator(gate).data
    for before, after in pairs:
        turned = pauli_pair(after) @ matrix @ pauli_pair(before)
        assert abs(np.trace(turned.conj().T @ matrix)) == pytest.approx(4)


def test_gates_of_one_name_are_told_apart():
    parity, plain = QuantumCircuit(2, name="mine"), QuantumCircuit(2, name="mine")
    parity.cx(0, 1)
    plain.swap(0, 1)
    assert twirl_pairs(parity.to_gate()) == twirl_pairs(CXGate())
    assert twirl_pairs(plain.to_gate()) == twirl_pairs(SwapGate())
    closed, opened = twirl_pairs(CXGate()), twirl_pairs(CXGate(ctrl_state=0))
    assert sorted(opened) == sorted(closed)  # they differ by an X on the control, a Pauli


def test_twirled_circuits_differ_but_do_the_same():
    circuit = QuantumCircuit(3)
    for k in range(4):
        circuit.ry(0.3 + k, 0)
        circuit.cx(0, 1)
        circuit.ecr(1, 2)
    rng = np.random.default_rng(0)
    copies = [twirled(circuit, rng) for _ in range(4)]
    assert all(Operator(c).equiv(Operator(circuit)) for c in copies)
    assert len({str(c.draw()) for c in copies}) > 1


def test_bad_copies_are_refused():
    with pytest.raises(ArgumentError, match="`copies` must be a positive integer"):
        Twirl(copies=0)
