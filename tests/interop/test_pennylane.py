"""Circuits to PennyLane and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import Operator, Statevector, random_unitary

import qtn
from qtn.interop.pennylane import SAME, from_pennylane, to_pennylane


def every_gate() -> QuantumCircuit:
    circuit = QuantumCircuit(3, global_phase=0.2)
    angles = iter(np.linspace(0.1, 3, 60))
    circuit.u(0.3, 0.2, 0.1, 0)
    circuit.ry(0.7, 1)
    circuit.h(2)
    for name in (*SAME, "sdg", "tdg", "sxdg", "ecr", "cu"):
        gate = getattr(circuit, name)
        probe = QuantumCircuit(3)
        for width in (1, 2, 3):
            for count in range(5):
                try:
                    getattr(probe, name)(*[0.1] * count, *range(width))
                except Exception:  # not this number of angles or qubits
                    probe.data.clear()
                    continue
                if len(probe.data) == 1 and len(probe.data[0].qubits) == width:
                    break
                probe.data.clear()
            if len(probe.data):
                break
        gate(*[next(angles) for _ in probe.data[0].operation.params], *range(width)[::-1])
    circuit.unitary(random_unitary(4, seed=1), [2, 0])
    circuit.barrier()
    return circuit


def state_in_pennylane(circuit: QuantumCircuit, values: Any = ()) -> np.ndarray:
    n = circuit.num_qubits
    apply = to_pennylane(circuit)

    @qml.qnode(qml.device("default.qubit", wires=n))
    def node() -> Any:
        apply(values)
        return qml.state()

    return np.asarray(node()).reshape((2,) * n).transpose(range(n)[::-1]).reshape(-1)


def test_every_gate_keeps_its_meaning() -> None:
    circuit = every_gate()
    assert {"rzz", "cswap", "tdg", "ecr", "unitary"} <= set(circuit.count_ops())
    assert np.allclose(state_in_pennylane(circuit), Statevector(circuit).data, atol=1e-12)


def test_round_trip() -> None:
    circuit = every_gate()
    apply = to_pennylane(circuit)
    tape = qml.tape.make_qscript(apply)()
    again = from_pennylane(tape.operations, wires=range(3))
    assert np.allclose(Operator(again).data, Operator(circuit).data, atol=1e-12)


def test_free_parameters_and_their_gradient() -> None:
    a, b = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(2)
    circuit.rx(2 * a + b + 0.5, 0)
    circuit.cx(0, 1)
    circuit.ry(b * b, 1)
    values = [0.3, 0.7]
    want = Statevector(circuit.assign_parameters(values)).data
    assert np.allclose(state_in_pennylane(circuit, values), want)
    linear = QuantumCircuit(1)
    linear.rx(2 * a + 0.5, 0)
    apply = to_pennylane(linear)

    @qml.qnode(qml.device("default.qubit", wires=1))
    def node(x: Any) -> Any:
        apply(x)
        return qml.expval(qml.Z(0))

    gradient = qml.grad(node)(pnp.array([0.3], requires_grad=True))
    assert gradient[0] == pytest.approx(-2 * np.sin(1.1))


def test_compiled_circuit_runs_on_a_pennylane_device() -> None:
    state = qtn.MPS.product([[0.6, 0.8], [0.8, -0.6], [1.0, 0.0]])
    circuit = qtn.compile(state, qtn.Staircase(layers=1), seed=0).circuit
    amplitudes = state_in_pennylane(circuit)
    assert abs(np.vdot(amplitudes, state.to_dense())) ** 2 == pytest.approx(1.0)


def test_final_measurements_are_left_to_the_node() -> None:
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.measure_all()
    assert abs(state_in_pennylane(circuit)[1]) == pytest.approx(1.0)


def test_bad_input() -> None:
    reset = QuantumCircuit(1)
    reset.reset(0)
    with pytest.raises(qtn.ArgumentError, match=r"operation 'reset' in its middle"):
        to_pennylane(reset)
    measured = QuantumCircuit(1, 1)
    measured.measure(0, 0)
    measured.x(0)
    with pytest.raises(qtn.ArgumentError, match=r"operation 'measure' in its middle"):
        to_pennylane(measured)
    free = QuantumCircuit(2)
    free.rzx(ParameterVector("t", 1)[0], 0, 1)
    with pytest.raises(qtn.ArgumentError, match=r"`values` must have 1 entries, .*, but has 0"):
        to_pennylane(free)()
    with pytest.raises(qtn.ArgumentError, match=r"'rzx' has free parameters and no counterpart"):
        to_pennylane(free)([0.1])
    with pytest.raises(qtn.ArgumentError, match=r"lacks the wire 3"):
        from_pennylane([qml.X(3)], wires=[0, 1])
    with pytest.raises(qtn.ArgumentError, match=r"is 1 away from the nearest unitary matrix"):
        from_pennylane([qml.QubitUnitary(2 * np.eye(2), wires=0)], wires=[0])
    with pytest.raises(qtn.ArgumentError, match=r"has no matrix"):
        from_pennylane([qml.measurements.MidMeasureMP(wires=qml.wires.Wires([0]))], wires=[0])
