"""Device cards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparseObservable

from qtn.devices import device_card, resolve, run, transpile_for


def test_card_of_a_fake_device() -> None:
    card = device_card("FakeManilaV2")
    target = resolve("FakeManilaV2").target
    errors = [p.error for p in target["cx"].values()]
    assert card.qubits == 5
    assert {"cx", "sx", "measure"} <= set(card.gates)
    assert card.two_qubit_error.median == pytest.approx(np.median(errors))
    assert card.two_qubit_error.worst == max(errors)
    assert card.t1.worst == min(q.t1 for q in target.qubit_properties)
    assert card.fidelity is None
    assert "FakeManilaV2\nqubits           5\n" in str(card)
    assert repr(card) == "DeviceCard(FakeManilaV2, 5 qubits)"


def test_expected_fidelity(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(3, layers=2)
    mirrored = circuit.compose(circuit.inverse())
    mirrored.barrier()
    ready = transpile_for(circuit, "FakeManilaV2")
    card = device_card("FakeManilaV2", circuit)
    by_hand = 1.0
    target = resolve("FakeManilaV2").target
    for instruction in ready.circuit.data:
        where = tuple(ready.circuit.find_bit(q).index for q in instruction.qubits)
        by_hand *= 1 - (target[instruction.operation.name][where].error or 0.0)
    for qubit in ready.qubits:
        by_hand *= 1 - target["measure"][(qubit,)].error
    assert card.fidelity == pytest.approx(by_hand)
    assert f"expected fidelity  {by_hand:.3f}" in str(card)


def test_card_predicts_the_order_of_a_mirror_circuit(
    chain_circuit: Callable[..., QuantumCircuit],
) -> None:
    half = chain_circuit(3, layers=3)
    mirror = half.copy()
    mirror.barrier()  # keeps the transpiler from cancelling the two halves
    mirror = mirror.compose(half.inverse())
    expected = device_card("FakeManilaV2", mirror).fidelity
    value = run(mirror, SparseObservable.from_label("000"), device="FakeManilaV2").values[0].value
    assert expected - 0.05 < value < expected + 0.15


def test_card_of_a_simulator() -> None:
    card = device_card("aer", QuantumCircuit(3))
    assert card.qubits is None
    assert card.fidelity == 1.0
    assert "any number of" in str(card)
    assert "not told" in str(card)
