"""Matrices of parametrised gates, one per binding."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import CPhaseGate, RYGate, UGate
from qiskit.quantum_info import Operator

from qtn.devices.tensor.bindings import binding_matrices, parameter_columns
from qtn.devices.tensor.channels import ChannelTable, noisy_circuit
from qtn.devices.tensor.pure import UnitaryTable
from qtn.interop.circuits import circuit_to_mps

A, B = Parameter("a"), Parameter("b")
VALUES = np.array([[0.3, -1.0], [2.0, 0.5], [0.0, 3.0]])


def test_linear_and_other_expressions() -> None:
    (linear,) = parameter_columns(RYGate(2 * A - B + 1), [A, B], VALUES)
    assert np.allclose(linear, 2 * VALUES[:, 0] - VALUES[:, 1] + 1)
    (square,) = parameter_columns(RYGate(A * B), [A, B], VALUES)
    assert np.allclose(square, VALUES.prod(axis=1))
    fixed, bound, _ = parameter_columns(UGate(0.25, A, B), [A, B], VALUES)
    assert np.allclose(fixed, 0.25)
    assert np.allclose(bound, VALUES[:, 0])


def test_pure_matrices_are_the_gates() -> None:
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    circuit.rx(A, 0)
    circuit.append(UGate(A, B, 0.1), [1])
    table = UnitaryTable(ChannelTable(None))
    plan = noisy_circuit(circuit, table)
    matrices = binding_matrices(plan, table, [A, B], VALUES)
    for k, row in enumerate(VALUES):
        for step, found in zip(plan.suffix, matrices, strict=True):
            assert step.operation is not None
            gate = step.operation.to_mutable()
            names = {"a": row[0], "b": row[1]}
            gate.params = [
                float(p.bind({x: names[x.name] for x in p.parameters}))
                if hasattr(p, "parameters")
                else p
                for p in gate.params
            ]
            assert np.allclose(found[k], Operator(gate).data)


def test_channels_of_a_free_two_qubit_gate() -> None:
    circuit = QuantumCircuit(2)
    circuit.append(CPhaseGate(A), [0, 1])
    table = ChannelTable(None)
    (matrices,) = binding_matrices(noisy_circuit(circuit, table), table, [A], VALUES[:, :1])
    assert matrices.shape == (3, 16, 16)
    assert np.allclose(matrices[2], np.eye(16))
    assert circuit_to_mps(circuit.assign_parameters([0.3])).bonds == (1,)
