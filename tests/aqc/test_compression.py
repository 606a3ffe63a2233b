import numpy as np
import pytest
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Statevector

import qtn.aqc as aqc
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
