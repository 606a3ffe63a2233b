"""The last layers of a circuit, and what an observable sees of it."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator

from qtn.errors import ArgumentError
from qtn.mitigation.procedures.tails import bare_circuit, levels_from_end, seen_by, with_gates


def mixed(seed, n=4, gates=14):
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n)
    for _ in range(gates):
        first, second = (int(q) for q in rng.permutation(n)[:2])
        if rng.random() < 0.5:
            circuit.cx(first, second)
        else:
            circuit.ry(rng.normal(), first)
    return circuit


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("layers", [0, 1, 2, 3])
def test_a_tail_comes_after_the_rest(seed, layers):
    circuit = mixed(seed)
    levels = levels_from_end(circuit)
    head = with_gates(circuit, [level > layers for level in levels])
    tail = with_gates(circuit, [level <= layers for level in levels])
    assert Operator(head.compose(tail)).equiv(Operator(circuit))


def test_gates_outside_the_cone_are_not_seen():
    circuit = QuantumCircuit(3)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit.h(0)
    assert seen_by(circuit, [2]) == [True, True, False]
    assert seen_by(circuit, []) == [False] * 3


def test_what_is_not_a_gate_goes_and_large_gates_are_taken_apart():
    circuit = QuantumCircuit(3)
    circuit.ccx(0, 1, 2)
    circuit.barrier()
    circuit.delay(10, 0)
    circuit.measure_all()
    bare = bare_circuit(circuit, "this is a test")
    assert max(len(i.qubits) for i in bare.data) == 2
    toffoli = QuantumCircuit(3)
    toffoli.ccx(0, 1, 2)
    assert Operator(bare).equiv(Operator(toffoli))


def test_what_is_not_unitary_is_refused():
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match="parameter"):
        bare_circuit(circuit, "this is a test")
    measured = QuantumCircuit(1, 1)
    measured.measure(0, 0)
    measured.x(0)
    with pytest.raises(ArgumentError, match="measures or branches before its end"):
        bare_circuit(measured, "this is a test")
