"""Transpilation: native gates, kept layout, meaning unchanged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector

import qtn
from qtn.devices import transpile_for
from qtn.devices.placement.transpile import measured


def test_line_needs_no_swap_and_stays_native(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(8, layers=2, free=True)
    found = transpile_for(circuit, "FakeAlgiers")
    assert found.two_qubit_gates == 14
    assert found.two_qubit_depth >= 7
    assert set(found.circuit.count_ops()) <= {"cx", "rz", "sx", "x"}
    assert found.circuit.parameters == circuit.parameters
    assert found.qubits == found.initial


def test_qubits_follow_the_routing() -> None:
    circuit = QuantumCircuit(5)
    circuit.x(0)
    for a in range(5):
        for b in range(a + 1, 5):
            circuit.cp(0.3, a, b)
    found = transpile_for(circuit, "FakeManilaV2", seed=2)
    assert found.qubits != found.initial  # an all-to-all circuit on a line is routed by swaps
    outcome = Statevector(found.circuit).probabilities([found.qubits[0]])
    assert outcome == pytest.approx([0, 1])


@pytest.mark.parametrize("label", ["XYZ", "YXX", "ZZZ"])
def test_basis_changes_mean_the_same_on_the_device(label: str) -> None:
    from qtn.devices.counts import basis_rotation
    from qtn.devices.lookup import resolve
    from qtn.devices.placement.cutting import active_qubits, cut_circuit

    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.ry(0.4, 1)
    circuit.cx(1, 2)
    target = resolve("FakeManilaV2").target
    found = transpile_for(circuit, "FakeManilaV2")
    for merge in (True, False):
        full = measured(found, label, target, merge=merge)
        assert all(
            target.instruction_supported(
                i.operation.name, tuple(full.find_bit(q).index for q in i.qubits)
            )
            for i in full.data
            if i.operation.name != "barrier"
        )
        want = Statevector(circuit).evolve(basis_rotation(label)).probabilities()
        bare = cut_circuit(full, active_qubits(full))
        order = {active_qubits(full).index(q): i for i, q in enumerate(found.qubits)}
        state = Statevector(bare.remove_final_measurements(inplace=False))
        got = state.probabilities([q for q, _ in sorted(order.items(), key=lambda e: e[1])])
        assert got == pytest.approx(want, abs=1e-12)


def test_unmerged_circuit_keeps_every_gate() -> None:
    folded = QuantumCircuit(1)
    for _ in range(3):
        folded.sx(0)
        folded.rz(np.pi, 0)
    from dataclasses import replace

    from qtn.devices.lookup import resolve

    found = replace(transpile_for(QuantumCircuit(1), "FakeManilaV2"))
    wide = QuantumCircuit(5)
    wide.compose(folded, [found.qubits[0]], inplace=True)
    kept = measured(replace(found, circuit=wide), "Z", resolve("FakeManilaV2").target, merge=False)
    assert kept.count_ops()["sx"] == 3


def test_simulators_take_gates_as_they_are() -> None:
    circuit = QuantumCircuit(2)
    circuit.rzz(0.3, 0, 1)
    found = transpile_for(circuit, "aer")
    assert found.circuit.count_ops() == {"rzz": 1}
    assert Operator(found.circuit).equiv(Operator(circuit))


def test_too_few_qubits() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"needs 9 qubits, but FakeManilaV2 has 5"):
        transpile_for(QuantumCircuit(9), "FakeManilaV2")


def test_device_that_cannot_express_the_circuit(
    chain_circuit: Callable[..., QuantumCircuit],
) -> None:
    from qiskit.circuit.library import CXGate, Measure
    from qiskit.transpiler import Target

    from qtn.devices.placement.transpile import transpile_to

    target = Target(num_qubits=2)
    target.add_instruction(CXGate(), {(0, 1): None, (1, 0): None})
    target.add_instruction(Measure(), {(0,): None, (1,): None})
    with pytest.raises(qtn.DeviceError, match=r"cannot be expressed in the gates of the device"):
        transpile_to(chain_circuit(2), target, 0)


def test_a_device_without_reset_is_named() -> None:
    from qiskit.circuit.library import Measure, XGate
    from qiskit.transpiler import Target

    from qtn.devices.placement.transpile import transpile_to

    target = Target(num_qubits=1)
    target.add_instruction(XGate(), {(0,): None})
    target.add_instruction(Measure(), {(0,): None})
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.reset(0)
    with pytest.raises(qtn.DeviceError, match=r"again by reset, which plain cannot do. Take a dev"):
        transpile_to(circuit, target, 0, name="plain")


def test_native_circuits_of_noiseless_simulators_stay_as_they_are() -> None:
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.reset(0)
    with circuit.if_test((0, 1)):
        circuit.cx(0, 1)
    ready = transpile_for(circuit, "aer")
    assert ready.circuit == circuit
    assert ready.circuit is not circuit
    with circuit.if_test((0, 0)):
        circuit.iswap(0, 1)
    inner = transpile_for(circuit, "aer").circuit.data[-1].operation.blocks[0]
    assert "iswap" not in inner.count_ops()
