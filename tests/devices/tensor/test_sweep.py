"""What the kinds of simulation share: prefixes remembered, qubits at rest."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qtn.devices.tensor.channels import noisy_circuit
from qtn.devices.tensor.sweep import CACHED_PREFIXES, Prefixes, at_rest


def rotated(angle: float) -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(angle, 0)
    circuit.cx(0, 1)
    return circuit


def test_a_prefix_is_built_once_and_the_oldest_is_forgotten() -> None:
    built: list[int] = []
    prefixes = Prefixes(lambda plan: built.append(plan.n) or len(built))  # type: ignore[func-returns-value]
    plans = [noisy_circuit(rotated(0.1 * k), None) for k in range(CACHED_PREFIXES + 1)]
    assert [prefixes(plan) for plan in plans[:2]] == [1, 2]
    assert prefixes(noisy_circuit(rotated(0.0), None)) == 1
    for plan in plans:
        prefixes(plan)
    assert len(built) == len(plans)
    assert prefixes(plans[1]) == 2
    before = len(built)
    assert prefixes(plans[0]) == before + 1  # it was the oldest


@pytest.mark.parametrize(
    ("label", "value"), [("IIZ", 1.0), ("+0I", 0.5), ("1II", 0.0), ("X0Z", 0.0), ("rl+", 0.125)]
)
def test_qubits_that_nothing_acts_on(label: str, value: float) -> None:
    assert np.isclose(at_rest(label, ()), value)


def test_only_qubits_outside_of_the_chain_count() -> None:
    assert at_rest("XZ1", (0, 2)) == 1.0
