"""Plans of simulations by groups of qubits."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import CCXGate

from qtn.devices.tensor.group_blocks import LARGEST, GroupPlan, group_plan


def planned(circuit: QuantumCircuit) -> GroupPlan:
    plan = group_plan(circuit)
    assert plan is not None
    return plan


def test_gates_on_a_pair_are_one_block() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.rz(0.3, 1)
    circuit.cx(1, 0)
    circuit.measure([0, 1], [1, 0])
    (block,) = planned(circuit).blocks
    assert block.lives == (0, 1)
    assert [m.operation.name for m in block.members] == [
        "h",
        "cx",
        "rz",
        "cx",
        "measure",
        "measure",
    ]
    assert block.ends == [2, 2]
    assert planned(circuit).bits == {0: 1, 1: 0}


def test_a_free_parameter_has_a_block_of_its_own() -> None:
    circuit = QuantumCircuit(2, 1)
    circuit.ry(Parameter("a"), 0)
    circuit.x(0)
    circuit.cx(0, 1)
    circuit.ry(Parameter("b"), 1)
    circuit.measure(1, 0)
    blocks = planned(circuit).blocks
    assert [(b.lives, b.free) for b in blocks] == [((0,), True), ((0, 1), False), ((1,), True)]
    assert blocks[1].ends == [1, 4]


def test_a_qubit_that_is_reset_has_two_lives() -> None:
    circuit = QuantumCircuit(2, 1)
    circuit.cx(0, 1)
    circuit.reset(0)
    circuit.cx(0, 1)
    circuit.measure(1, 0)
    assert [(b.lives, b.ends) for b in planned(circuit).blocks] == [
        ((0, 1), [1, 4]),
        ((2, 1), [1, 2]),
    ]


def test_a_bit_that_is_written_again_is_forgotten() -> None:
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.h(0)
    circuit.measure(0, 0)
    first, last = planned(circuit).blocks
    assert first.bit is None
    assert first.ends == [4]
    assert last.ends == [2]
    circuit.add_bits([circuit.clbits[0].__class__()])
    circuit.x(0)
    circuit.measure(0, 1)
    bits = [b.bit for b in planned(circuit).blocks]
    assert len([b for b in bits if b is not None]) == 1


def test_conditions_and_gates_on_three_qubits_have_no_plan() -> None:
    circuit = QuantumCircuit(3, 1)
    circuit.append(CCXGate(), [0, 1, 2])
    assert group_plan(circuit) is None
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    assert group_plan(circuit) is None


def test_work_grows_with_the_group_and_the_bindings() -> None:
    def chain(n: int) -> QuantumCircuit:
        circuit = QuantumCircuit(n, n)
        circuit.ry(Parameter("a"), 0)
        for k in range(n - 1):
            circuit.cx(k, k + 1)
        circuit.cx(0, n - 1)
        circuit.measure(range(n), range(n))
        return circuit

    few, many = planned(chain(6)), planned(chain(9))
    assert few.work(1)[1] < many.work(1)[1]
    assert many.work(1000)[0] > 100 * many.work(1)[0] / 10
    ring = QuantumCircuit(14)
    for _ in range(2):
        for k in range(14):
            ring.cx(k, (k + 1) % 14)
    assert planned(ring).work(1)[1] > LARGEST


def test_what_no_parameter_reaches_comes_first_unless_groups_grow() -> None:
    """A staircase that ends in rotations: its qubits are read one by one, never all at once."""
    circuit = QuantumCircuit(16, 16)
    for k in range(15):
        circuit.cx(k, k + 1)
        circuit.ry(Parameter(f"a{k}"), k)
        circuit.measure(k, k)
    plan = planned(circuit)
    assert plan.work(1)[1] <= 4 * 2**16
    small = QuantumCircuit(3, 1)
    small.ry(Parameter("a"), 0)
    small.cx(1, 2)
    small.cx(0, 1)
    small.measure(1, 0)
    assert [b.lives for b in planned(small).blocks] == [(1, 2), (0,), (0, 1)]
    assert planned(small).shared == 1


def test_a_tree_is_as_large_as_one_node() -> None:
    circuit = QuantumCircuit(16, 1)
    for step in (1, 2, 4, 8):
        for k in range(0, 16, 2 * step):
            circuit.cx(k + step, k)
    circuit.measure(0, 0)
    assert planned(circuit).work(1)[1] == 16
