import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Statevector
from qiskit_aer import AerSimulator

import qtn.aqc as aqc
from qtn.aqc.compression import first_part
from qtn.errors import ArgumentError


def deep(n, steps):
    out = QuantumCircuit(n)
    out.x(range(1, n, 2))
    for _ in range(steps):
        for k in (*range(0, n - 1, 2), *range(1, n - 1, 2)):
            out.rxx(0.05, k, k + 1)
            out.rzz(0.1, k, k + 1)
        out.rx(0.1, range(n))
    return out


@pytest.mark.parametrize("part", [1.0, 0.75])
def test_fewer_gates_for_nearly_the_same_state(part):
    circuit = deep(5, 8)
    short, made = aqc.compress(circuit, aqc.Brickwall(3), part=part)
    overlap = abs(np.vdot(Statevector(short).data, Statevector(circuit).data)) ** 2
    assert overlap == pytest.approx(made.fidelity, abs=1e-8)
    assert made.fidelity > 0.999
    count = sum(len(i.qubits) == 2 for i in short.data)
    assert count < 0.7 * sum(len(i.qubits) == 2 for i in circuit.data)


def test_measurements_stay():
    circuit = deep(4, 2)
    circuit.measure_all()
    short, _ = aqc.compress(circuit, aqc.Brickwall(3))
    assert short.count_ops()["measure"] == 4
    assert short.num_clbits == 4


def test_bad_arguments():
    with pytest.raises(
        ArgumentError, match=r"must be a QuantumCircuit, .* Use qtn.compile for states"
    ):
        aqc.compress([1, 0])
    with pytest.raises(ArgumentError, match="`part` must be a finite number in"):
        aqc.compress(deep(3, 1), part=0.0)
    with pytest.raises(ArgumentError, match="bond dimension of"):
        aqc.compress(deep(6, 6), max_bond=2)


def outcomes(circuit, shots=4000):
    return AerSimulator(seed_simulator=1).run(circuit, shots=shots).result().get_counts()


def test_what_follows_a_measurement_stays_behind_it():
    """A gate after a measurement on its qubit is not moved before it."""
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure(0, 0)
    circuit.x(0)
    circuit.cx(0, 1)
    circuit.measure(1, 1)
    short, _ = aqc.compress(circuit, aqc.Staircase(1))
    names = [item.operation.name for item in short.data]
    assert names[-4:] == ["measure", "x", "cx", "measure"]
    assert set(outcomes(short)) == set(outcomes(circuit)) == {"10", "11"}


def test_branches_resets_and_parameters_stay():
    angle = Parameter("a")
    circuit = QuantumCircuit(4, 1)
    circuit.h(range(4))
    circuit.cz(0, 1)
    circuit.rx(angle, 0)
    circuit.cz(0, 1)  # behind the free parameter
    circuit.cz(2, 3)
    circuit.measure(2, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(3)
    circuit.reset(2)
    circuit.cz(2, 3)
    head, tail = first_part(circuit)
    assert head.count_ops() == {"h": 4, "cz": 2}
    assert tail.count_ops() == {"rx": 1, "cz": 2, "measure": 1, "if_else": 1, "reset": 1}
    short, made = aqc.compress(circuit, aqc.Staircase(1))
    assert short.parameters == circuit.parameters
    assert made.infidelity < 1e-10


def test_barriers_that_still_part_something_stay():
    circuit = QuantumCircuit(3)
    circuit.cx(0, 1)
    circuit.barrier()
    circuit.cx(1, 2)
    circuit.barrier(0)
    circuit.measure_all()
    _, tail = first_part(circuit)
    assert [item.operation.name for item in tail.data[:2]] == ["barrier", "barrier"]
    assert tail.count_ops()["barrier"] == 2
    head, tail = first_part(circuit, across_barriers=False)
    assert head.count_ops() == {"cx": 1}
    assert tail.count_ops()["barrier"] == 3


def test_gates_of_any_kind_belong_to_the_first_part():
    inner = QuantumCircuit(2, name="inner")
    inner.h(0)
    inner.cx(0, 1)
    circuit = QuantumCircuit(3)
    circuit.append(inner.to_instruction(), [0, 1])
    circuit.append(inner.to_gate().control(1, annotated=True), [2, 0, 1])
    circuit.initialize("0", 2)
    circuit.cx(1, 2)
    head, tail = first_part(circuit)
    assert head.size() == 2
    assert tail.count_ops() == {"initialize": 1, "cx": 1}


@given(st.integers(0, 10_000), st.booleans())
def test_the_parts_together_are_the_circuit(seed, across):
    """On every qubit and every bit the order is the same."""
    circuit = random_circuit(
        4, 6, max_operands=3, measure=True, conditional=True, reset=True, seed=seed
    )
    head, tail = first_part(circuit, across_barriers=across)
    for bit in (*circuit.qubits, *circuit.clbits):
        parts = [i for part in (head, tail) for i in part.data if bit in (*i.qubits, *i.clbits)]
        assert parts == [i for i in circuit.data if bit in (*i.qubits, *i.clbits)]
