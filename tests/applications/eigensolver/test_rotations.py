"""Energies of circuits with angles against Qiskit, gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparsePauliOp, Statevector

import qtn
from qtn.applications.eigensolver.rotations import AngleEnergy, read_angles
from qtn.errors import ArgumentError


def all_kinds() -> QuantumCircuit:
    t = ParameterVector("t", 10)
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.u(t[0], t[1], t[2], 1)
    circuit.rx(t[3], 0)
    circuit.cx(0, 2)
    circuit.ry(t[4], 2)
    circuit.rz(t[5], 1)
    circuit.rxx(t[6], 0, 1)
    circuit.ryy(t[7], 1, 2)
    circuit.ccx(0, 1, 2)
    circuit.rzz(t[8], 2, 0)
    circuit.ry(t[9], 0)
    circuit.ry(t[4], 1)  # shared
    circuit.s(1)
    return circuit


def test_values_and_gradients() -> None:
    circuit = all_kinds()
    h = SparsePauliOp(["XYZ", "ZZI", "IXX", "YIY"], [0.3, -1.0, 0.7, 0.2])
    energy = AngleEnergy(circuit, h)
    angles = np.random.default_rng(0).normal(size=10)
    value, slopes = energy(angles)
    state = Statevector(circuit.assign_parameters(list(angles)))
    assert value == pytest.approx(state.expectation_value(h).real, abs=1e-12)
    for k in range(10):
        step = np.zeros(10)
        step[k] = 1e-6
        slope = (energy(angles + step)[0] - energy(angles - step)[0]) / 2e-6
        assert slopes[k] == pytest.approx(slope, abs=1e-8)


def test_long_chains() -> None:
    n = 22
    circuit = QuantumCircuit(n)
    names = ParameterVector("t", n)
    for qubit, name in enumerate(names):
        circuit.ry(name, qubit)
    circuit.cx(0, 1)
    energy = AngleEnergy(circuit, qtn.chain("tfim", n))
    value, slopes = energy(np.full(n, 0.4))
    step = np.full(n, 0.4)
    step[5] += 1e-5
    assert slopes[5] == pytest.approx((energy(step)[0] - value) / 1e-5, abs=1e-4)


def test_bad_circuits() -> None:
    t = Parameter("t")
    doubled = QuantumCircuit(2)
    doubled.ry(2 * t, 0)
    with pytest.raises(ArgumentError, match="parameters must stand alone"):
        read_angles(doubled)
    other = QuantumCircuit(2)
    other.crx(t, 0, 1)
    with pytest.raises(ArgumentError, match="'crx'"):
        read_angles(other)
    with pytest.raises(ArgumentError, match="Nothing could be optimised"):
        read_angles(QuantumCircuit(2))
    with pytest.raises(ArgumentError, match="`circuit`"):
        read_angles("ry")
    good = QuantumCircuit(2)
    good.ry(t, 0)
    with pytest.raises(ArgumentError, match="on the 2 qubits"):
        AngleEnergy(good, "ZZZ")


def test_measurements_are_refused() -> None:
    """A measured superposition is mixed, but a state vector would go on as if it were pure."""
    angle = Parameter("a")
    middle = QuantumCircuit(1, 1)
    middle.h(0)
    middle.measure(0, 0)
    middle.ry(angle, 0)
    last = QuantumCircuit(1, 1)
    last.ry(angle, 0)
    last.measure(0, 0)
    chosen = QuantumCircuit(1, 1)
    with chosen.if_test((0, 1)):
        chosen.ry(angle, 0)
    for circuit in (middle, last, chosen):
        with pytest.raises(ArgumentError, match="with a classical bit"):
            read_angles(circuit)
