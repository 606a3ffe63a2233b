from qiskit import QuantumCircuit

from qtn.interop.counting import is_two_qubit, two_qubit_depth, two_qubit_gates


def test_barriers_delays_and_other_gates_count_nothing():
    circuit = QuantumCircuit(4, 1)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.barrier(0, 1)
    circuit.delay(10, 0)
    circuit.cz(2, 3)
    circuit.ccx(0, 1, 2)
    circuit.rzz(0.3, 1, 2)
    circuit.measure(0, 0)
    assert two_qubit_gates(circuit) == 3
    assert two_qubit_depth(circuit) == 2
    assert [i.operation.name for i in circuit.data if is_two_qubit(i)] == ["cx", "cz", "rzz"]
