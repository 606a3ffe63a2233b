import numpy as np
import pytest
from aqc.random_states import random_chain
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator, Statevector
from qiskit_aer import AerSimulator

import qtn
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


def acted(circuit, vector):
    return Statevector(vector).evolve(circuit).data


def missing(a, b):
    return 1.0 - abs(np.vdot(a, b)) ** 2


def trace_infidelity(one, other):
    found = np.vdot(Operator(one).data, Operator(other).data) / 2**one.num_qubits
    return 1.0 - abs(found) ** 2


@pytest.mark.parametrize("seed", range(3))
def test_a_product_start(seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(5, 2)) + 1j * rng.normal(size=(5, 2))
    begin = qtn.MPS.product(vectors).normalised()
    circuit = deep(5, 8)
    short, made = aqc.compress(circuit, aqc.Brickwall(3), start=begin)
    after = acted(circuit, begin.to_dense())
    assert missing(acted(short, begin.to_dense()), after) == pytest.approx(
        made.infidelity, abs=1e-8
    )
    assert made.infidelity < 1e-3
    assert short.num_nonlocal_gates() == made.two_qubit_gates


def test_a_basis_state_as_a_start():
    circuit = deep(4, 6)
    begin = np.eye(16)[0b0110]
    short, _ = aqc.compress(circuit, aqc.Brickwall(3), start=begin)
    assert missing(acted(short, begin), acted(circuit, begin)) < 1e-3


def test_a_start_with_entanglement():
    begin = random_chain(5, 2, 0)
    circuit = deep(5, 8)
    short, made = aqc.compress(circuit, start=begin, min_fidelity=0.999)
    assert missing(acted(short, begin.to_dense()), acted(circuit, begin.to_dense())) < 2e-3
    assert made.fidelity >= 0.999
    assert short.num_nonlocal_gates() < 0.7 * circuit.num_nonlocal_gates()


def test_a_method_for_states_alone_leaves_the_operator_out():
    begin = random_chain(4, 2, 1)
    circuit = deep(4, 6)
    short, _ = aqc.compress(circuit, aqc.Staircase(3), start=begin)
    assert missing(acted(short, begin.to_dense()), acted(circuit, begin.to_dense())) < 1e-2


def test_any_state():
    circuit = deep(4, 6)
    short, made = aqc.compress(circuit, aqc.Brickwall(5), start="any")
    assert trace_infidelity(short, circuit) == pytest.approx(made.infidelity, abs=1e-8)
    assert made.infidelity < 1e-3
    assert short.num_nonlocal_gates() < 0.7 * circuit.num_nonlocal_gates()


def test_a_part_in_the_middle():
    circuit = deep(4, 9)
    circuit.measure_all()
    short, made = aqc.compress(circuit, aqc.Brickwall(3), part=(1 / 3, 2 / 3))
    assert short.count_ops()["measure"] == 4
    bare = short.remove_final_measurements(inplace=False)
    assert trace_infidelity(bare, deep(4, 9)) == pytest.approx(made.infidelity, abs=1e-6)
    assert made.infidelity < 1e-3
    left = 2 * circuit.num_nonlocal_gates() / 3
    assert bare.num_nonlocal_gates() == pytest.approx(left + made.two_qubit_gates, abs=1)


def test_a_part_in_the_middle_keeps_what_is_measured_before_it():
    circuit = QuantumCircuit(3, 1)
    circuit.cx(0, 1)
    circuit.measure(0, 0)
    circuit.compose(deep(2, 6), [1, 2], inplace=True)
    circuit.cx(0, 1)
    short, made = aqc.compress(circuit, aqc.Brickwall(1), part=(0.01, 1.0))
    names = [item.operation.name for item in short.data]
    assert names[-2:] == ["measure", "cx"]
    assert made.infidelity < 1e-8
    assert set(outcomes(short)) == set(outcomes(circuit))


def test_bad_starts_and_parts():
    circuit = deep(3, 2)
    with pytest.raises(ArgumentError, match="must be a state of the circuit's 3 qubits, but has 2"):
        aqc.compress(circuit, start=[1.0, 0, 0, 0])
    with pytest.raises(ArgumentError, match=r'`start` must be a state, None for .* or "any"'):
        aqc.compress(circuit, start="all")
    with pytest.raises(ArgumentError, match="must have norm 1"):
        aqc.compress(circuit, start=np.ones(8))
    with pytest.raises(ArgumentError, match="`part` must be two fractions, the first one smaller"):
        aqc.compress(circuit, part=(0.7, 0.3))
    with pytest.raises(ArgumentError, match="`part` must be a fraction, or two"):
        aqc.compress(circuit, part=(0.1, 0.2, 0.3))
    with pytest.raises(ArgumentError, match="`part` must be a finite number in"):
        aqc.compress(circuit, part=(0.1, 1.2))
