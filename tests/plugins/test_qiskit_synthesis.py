"""Plain `transpile` synthesises our gate, and Qiskit's state preparations where asked."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from plugins.states import infidelity, on_own_qubits, vector
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import Initialize, StatePreparation
from qiskit.quantum_info import Operator, Statevector
from qiskit.transpiler import CouplingMap
from qiskit.transpiler.passes.synthesis.high_level_synthesis import HLSConfig
from qiskit.transpiler.passes.synthesis.plugin import high_level_synthesis_plugin_names
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

import qtn
from qtn.plugins.qiskit_synthesis import hls_config

BASES = (["rz", "sx", "x", "cx"], ["rz", "sx", "cz"], ["rz", "sx", "x", "ecr"])


@pytest.fixture(scope="module")
def prepared():
    """A gate on three of four qubits in any order, and the state of the circuit."""
    circuit = QuantumCircuit(4)
    circuit.append(qtn.gate(vector(3)), [3, 0, 2])
    return circuit, Statevector(circuit).data


def test_every_entry_point_can_be_loaded(installed):
    for points in installed.values():
        for value in points.values():
            module, _, name = value.partition(":")
            assert callable(getattr(importlib.import_module(module), name))


def test_qiskit_finds_the_plugins(installed):
    assert high_level_synthesis_plugin_names("qtn_state") == ["default"]
    assert "qtn" in high_level_synthesis_plugin_names("state_preparation")
    assert "qtn" in high_level_synthesis_plugin_names("initialize")


@pytest.mark.parametrize("basis", BASES, ids=lambda basis: basis[-1])
@pytest.mark.parametrize("level", range(4))
def test_plain_transpile_gives_the_state(installed, prepared, level, basis):
    circuit, exact = prepared
    ready = transpile(circuit, basis_gates=basis, optimization_level=level)
    assert set(ready.count_ops()) <= set(basis)
    found = Statevector(ready).data
    assert infidelity(found, exact) < 1e-6
    assert np.abs(found - exact).max() < 1e-3  # with its global phase


@pytest.mark.parametrize("level", range(4))
def test_a_coupling_map_gives_the_state(installed, prepared, level):
    circuit, exact = prepared
    ready = transpile(
        circuit,
        basis_gates=BASES[0],
        coupling_map=CouplingMap.from_line(5),
        optimization_level=level,
        seed_transpiler=1,
    )
    assert infidelity(on_own_qubits(ready, 4), exact) < 1e-6


@pytest.mark.parametrize("level", range(4))
def test_a_backend_gives_the_state(installed, prepared, level):
    circuit, exact = prepared
    backend = FakeManilaV2()
    ready = transpile(circuit, backend, optimization_level=level, seed_transpiler=1)
    assert infidelity(on_own_qubits(ready, 4), exact) < 1e-6


def test_level_maps_to_effort(installed):
    """Five qubits of bond 4: 26 CX of Qiskit's own, 18 by a search."""
    circuit = QuantumCircuit(5)
    circuit.append(qtn.gate(vector(5)), range(5))
    line = CouplingMap.from_full(5)
    counts = [
        transpile(
            circuit, basis_gates=["u", "cx"], coupling_map=line, optimization_level=level
        ).count_ops()["cx"]
        for level in range(4)
    ]
    assert counts[0] >= 26 > counts[1] >= counts[2] >= counts[3]


def test_without_the_plugin_the_definition_is_taken(prepared):
    circuit, exact = prepared
    ready = transpile(
        circuit, basis_gates=["u", "cx"], hls_config=HLSConfig(qtn_state=[]), optimization_level=0
    )
    assert np.abs(Statevector(ready).data - exact).max() < 1e-10


def twice(gate):
    circuit = QuantumCircuit(4)
    circuit.append(gate, [0, 1, 2])
    circuit.append(gate, [0, 1, 2])
    return circuit


def flipped(gate):
    circuit = QuantumCircuit(4)
    circuit.x(1)
    circuit.append(gate, [0, 1, 2])
    return circuit


def undone(gate):
    circuit = QuantumCircuit(4)
    circuit.append(gate, [0, 1, 2])
    circuit.z(1)
    circuit.append(gate.inverse(), [0, 1, 2])
    return circuit


def controlled(gate):
    circuit = QuantumCircuit(4)
    circuit.h(3)
    circuit.append(gate.control(annotated=True), [3, 0, 1, 2])
    circuit.append(gate.inverse().control(annotated=False), [3, 2, 1, 0])
    return circuit


def powers(gate):
    circuit = QuantumCircuit(4)
    circuit.append(gate.power(2, annotated=True), [0, 1, 2])
    circuit.append(gate.repeat(2), [1, 2, 3])
    return circuit


def looped(gate):
    circuit = QuantumCircuit(4)
    with circuit.for_loop(range(2)):
        circuit.append(gate, [0, 1, 2])
    return circuit


@pytest.mark.parametrize("use", [twice, flipped, undone, controlled, powers])
@pytest.mark.parametrize("level", [0, 2, 3])
def test_the_gate_is_one_unitary_wherever_it_stands(installed, use, level):
    """The shorter circuit, which differs on other inputs, stands only where its input is |0…0⟩."""
    circuit = use(qtn.gate(vector(3)))
    ready = transpile(circuit, basis_gates=["u", "cx"], optimization_level=level)
    assert infidelity(Statevector(ready).data, Statevector(circuit).data) < 2e-6


@pytest.mark.parametrize("level", [0, 2])
def test_loops_take_the_definition(installed, level):
    gate = qtn.gate(vector(3))
    ready = transpile(looped(gate), basis_gates=["u", "cx"], optimization_level=level)
    body = ready.data[0].operation.blocks[0]
    assert np.allclose(Operator(body).data[:8, :8], Operator(gate).data, atol=1e-10)


def test_qubits_that_may_be_in_any_state_take_the_definition(installed, prepared):
    circuit, _ = prepared
    ready = transpile(circuit, basis_gates=["u", "cx"], qubits_initially_zero=False)
    assert Operator(ready).equiv(Operator(circuit))


@pytest.mark.parametrize("method", [StatePreparation, Initialize])
@pytest.mark.parametrize("level", [1, 2])
def test_qiskits_own_preparations_where_asked(installed, method, level):
    circuit = QuantumCircuit(5)
    circuit.append(method(vector(5)), range(5))
    ready = transpile(
        circuit, basis_gates=["u", "cx", "reset"], hls_config=hls_config(), optimization_level=level
    )
    assert ready.count_ops()["cx"] < 26
    bare = QuantumCircuit(5)
    for item in ready.data:
        if item.operation.name != "reset":
            bare.append(item)
    assert infidelity(Statevector(bare).data, vector(5)) < 1e-6


def test_labels_are_left_to_qiskit(installed):
    circuit = QuantumCircuit(2)
    circuit.append(StatePreparation("+1"), [0, 1])
    ready = transpile(circuit, basis_gates=["u", "cx"], hls_config=hls_config())
    assert infidelity(Statevector(ready).data, Statevector.from_label("+1").data) < 1e-12


def test_options_of_the_plugin(installed):
    circuit = QuantumCircuit(5)
    circuit.append(StatePreparation(vector(5)), range(5))
    config = hls_config(state_preparation=[("qtn", {"infidelity": 0.3, "seed": 1})])
    ready = transpile(circuit, basis_gates=["u", "cx"], hls_config=config)
    assert 1e-5 < infidelity(Statevector(ready).data, vector(5)) <= 0.3
    config = hls_config(state_preparation=[("qtn", {"infidelity": 2.0})])
    with pytest.raises(qtn.ArgumentError, match="`infidelity` must be a finite number in"):
        transpile(circuit, basis_gates=["u", "cx"], hls_config=config)
