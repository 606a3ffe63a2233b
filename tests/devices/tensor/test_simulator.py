"""Which simulation a circuit gets."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import CCXGate
from qiskit.quantum_info import Operator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

import qtn
from qtn.devices.tensor.branch import BranchSweep
from qtn.devices.tensor.density_chain import DensitySweep
from qtn.devices.tensor.group_sweep import GroupSweep
from qtn.devices.tensor.pure import PureSweep
from qtn.devices.tensor.simulator import Simulator, elementary

NONE = np.zeros((1, 0))


def circuit(inside: bool = False) -> QuantumCircuit:
    found = QuantumCircuit(2, 2)
    found.h(0)
    if inside:
        found.measure(0, 0)
    found.cx(0, 1)
    return found


def test_the_cheapest_that_is_exact() -> None:
    ideal = Simulator(None, None, None, 0.0)
    assert isinstance(ideal.sweep(circuit(), NONE, sampled=True), PureSweep)
    assert isinstance(ideal.sweep(circuit(inside=True), NONE, sampled=True), BranchSweep)
    tree = QuantumCircuit(12, 1)
    for k, angle in enumerate(ParameterVector("a", 12)):
        tree.ry(angle, k)
    for k in range(11):
        tree.cx(k, k + 1)
    tree.measure(11, 0)
    values = np.zeros((50, 12))
    assert isinstance(ideal.sweep(tree, values, sampled=True), GroupSweep)
    assert isinstance(ideal.sweep(tree, values, sampled=False), PureSweep)
    reset = circuit()
    reset.reset(0)
    assert isinstance(ideal.sweep(reset, NONE, sampled=False), DensitySweep)
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
    noisy = Simulator(noise, None, None, 0.0)
    assert isinstance(noisy.sweep(circuit(), NONE, sampled=False), DensitySweep)
    assert isinstance(noisy.sweep(circuit(inside=True), NONE, sampled=True), GroupSweep)
    wide = QuantumCircuit(14, 14)
    for qubit in (*range(13), *range(13)):
        wide.cx(qubit, qubit + 1)
    wide.measure(range(14), range(14))
    assert isinstance(noisy.sweep(wide, NONE, sampled=True), DensitySweep)
    assert ideal.ideal
    assert not noisy.ideal
    readout = NoiseModel()
    readout.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.1, 0.9]]))
    assert isinstance(
        Simulator(readout, None, None, 0.0).sweep(circuit(), NONE, sampled=True), PureSweep
    )


def test_composite_gates_are_written_out() -> None:
    inner = QuantumCircuit(2, name="pair")
    inner.h(0)
    inner.cx(0, 1)
    outer = QuantumCircuit(3)
    outer.append(inner.to_gate(), [2, 0])
    outer.append(CCXGate(), [0, 1, 2])
    found = elementary(outer)
    assert all(item.operation.num_qubits <= 2 for item in found.data)
    assert np.allclose(Operator(found).data, Operator(outer).data)
    assert elementary(circuit()) == circuit()
    assert elementary(outer, frozenset(("pair",))).count_ops()["pair"] == 1


def test_bad_options() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"`noise_model` must be a noise model of Aer"):
        Simulator("noise", None, None, 0.0)  # type: ignore[arg-type]
    with pytest.raises(qtn.ArgumentError, match=r"`backend` must be a Qiskit backend"):
        Simulator(None, "aer", None, 0.0)
