from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator

from qtn.devices import resolve, transpile_for
from qtn.errors import ArgumentError
from qtn.interop.counting import two_qubit_gates
from qtn.mitigation.techniques.folding import (
    fold,
    native_inverse,
    reachable_factors,
    split_tail,
)


def native(n: int = 3, blocks: int = 10, seed: int = 0) -> QuantumCircuit:
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n)
    for k in range(blocks):
        a = k % (n - 1)
        circuit.sx(a)
        circuit.rz(rng.uniform(-3, 3), a)
        circuit.x(a + 1)
        circuit.cx(a, a + 1)
    circuit.sx(0)
    circuit.rz(0.3, 0)
    return circuit


@pytest.mark.parametrize("method", ["global", "local"])
@pytest.mark.parametrize("factor", [1, 1.4, 2, 2.8, 3, 4.2, 5])
def test_folding_keeps_the_unitary_and_reaches_the_ratio(method, factor):
    circuit = native()
    folded = fold(circuit, factor, method=method)
    assert Operator(folded).equiv(Operator(circuit))
    ratio = two_qubit_gates(folded) / two_qubit_gates(circuit)
    assert ratio == pytest.approx(factor, rel=0.02)


@pytest.mark.parametrize("device", ["FakeManila", "FakeAlgiers", "FakeSherbrooke", "FakeTorino"])
def test_folding_stays_in_the_native_gates_of_real_devices(device):
    # gate sets with CX, ECR and CZ; a gate outside them would carry no noise in simulation
    circuit = QuantumCircuit(4)
    for _ in range(2):
        for i in range(3):
            circuit.rzz(0.4, i, i + 1)
        for i in range(4):
            circuit.rx(0.5, i)
    target = resolve(device).target
    ready = transpile_for(circuit, device).circuit
    folded = fold(ready, 3, allowed=target.operation_names)
    for instruction in folded.data:
        qubits = tuple(folded.find_bit(q).index for q in instruction.qubits)
        assert target.instruction_supported(instruction.operation.name, qubits)
    ratio = two_qubit_gates(folded) / two_qubit_gates(ready)
    assert abs(ratio / 3 - 1) <= 0.02


def test_trailing_gates_with_parameters_and_measurements_stay_once():
    angle = Parameter("a")
    circuit = native(2, 4)
    circuit.rz(angle, 0)
    circuit.rz(2 * angle, 1)
    circuit.measure_all()
    folded = fold(circuit, 3)
    uses = sum(bool(getattr(i.operation, "params", None) and i.operation.params[0] == angle)
               for i in folded.data)  # fmt: skip
    assert uses == 1
    assert folded.count_ops()["measure"] == 2
    prefix, tail = split_tail(circuit)
    assert prefix.num_parameters == 0
    assert tail.num_parameters == 1


def test_parameters_inside_are_folded_with_their_inverse():
    angle = Parameter("a")
    circuit = QuantumCircuit(2)
    circuit.rz(angle, 0)
    circuit.sx(0)
    circuit.cx(0, 1)
    bound = fold(circuit, 3).assign_parameters([0.7])
    assert Operator(bound).equiv(Operator(circuit.assign_parameters([0.7])))


@pytest.mark.parametrize("build", [
    lambda c: c.sx(0), lambda c: c.rx(0.3, 0), lambda c: c.rzz(0.4, 0, 1), lambda c: c.ecr(0, 1),
    lambda c: c.rz(0.2, 0), lambda c: c.x(0), lambda c: c.u(0.1, 0.2, 0.3, 0),
])  # fmt: skip
def test_native_inverses_invert(build):
    circuit = QuantumCircuit(2)
    build(circuit)
    inverse = circuit.copy()
    for instruction in native_inverse(circuit.data[0]):
        inverse.append(instruction)
    assert Operator(inverse).equiv(Operator(np.eye(4)))


def test_fractional_gates_keep_their_angle():
    # devices with native RZZ take angles in [0, pi/2] only
    circuit = QuantumCircuit(2)
    circuit.rzz(0.4, 0, 1)
    angles = [i.operation.params[0] for i in fold(circuit, 3).data if i.operation.name == "rzz"]
    assert angles == [0.4, 0.4, 0.4]


def test_bad_factors_say_what_is_possible():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    with pytest.raises(ArgumentError, match="noise factor of at least 1"):
        fold(circuit, 0.5)
    with pytest.raises(ArgumentError, match="1 two-qubit gates reaches 1 or 3"):
        fold(circuit, 2)
    with pytest.raises(ArgumentError, match="no two-qubit gate to fold"):
        fold(QuantumCircuit(2), 3)
    with pytest.raises(ArgumentError, match="finite number"):
        fold(circuit, float("nan"))
    assert reachable_factors(circuit, (1, 2, 3.2)) == (1.0, 1.0, 3.0)


def test_gates_without_native_inverse_are_named():
    circuit = QuantumCircuit(2)
    circuit.t(0)
    circuit.cx(0, 1)
    with pytest.raises(ArgumentError, match="gate `t` cannot be folded"):
        fold(circuit, 3, allowed=["t", "cx"])
    broken = QuantumCircuit(2)
    broken.reset(0)
    broken.cx(0, 1)
    with pytest.raises(ArgumentError, match="gate `reset` cannot be folded"):
        fold(broken, 3)
