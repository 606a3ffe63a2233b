"""The smallest bond that is as good as a device."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Statevector

import qtn
from qtn.reports.joules.emulation import emulations, refuse_free


def layered(n: int, depth: int, seed: int = 0) -> QuantumCircuit:
    rng, circuit = np.random.default_rng(seed), QuantumCircuit(n)
    for layer in range(depth):
        for qubit in range(n):
            circuit.ry(rng.normal(), qubit)
        for qubit in range(layer % 2, n - 1, 2):
            circuit.cx(qubit, qubit + 1)
    return circuit


def test_the_bond_is_the_smallest_that_reaches_the_goal() -> None:
    circuit = layered(10, 8)
    found = emulations(circuit, 0.7, shots=50, max_bond=64, seed=0)
    assert found.reached
    assert found.chosen.fidelity >= 0.7
    below = [e for e in found.tried if e.bond < found.chosen.bond]
    assert max(below, key=lambda e: e.bond).bond == found.chosen.bond - 1
    assert all(e.fidelity < 0.7 for e in below)
    assert found.sampling > 0.0


def test_the_fidelity_told_is_near_the_true_one() -> None:
    circuit = layered(10, 6)
    found = emulations(circuit, 0.8, shots=10, max_bond=64, seed=0)
    exact = emulations(circuit, 1.0, shots=10, max_bond=64, seed=0)
    assert exact.chosen.fidelity == pytest.approx(1.0, abs=1e-9)
    state = Statevector(circuit).data.reshape([2] * 10).transpose(range(9, -1, -1)).reshape(32, 32)
    values = np.linalg.svd(state, compute_uv=False)
    assert len(exact.schmidt) <= 32
    assert 0.5 < found.chosen.fidelity <= 1.0
    assert exact.chosen.bond >= np.sum(values > 1e-7 * values[0])


def test_what_no_bond_allowed_reaches_is_said() -> None:
    found = emulations(layered(12, 12), 0.99, shots=10, max_bond=4, seed=0)
    assert not found.reached
    assert found.chosen.bond == 4
    assert found.chosen.fidelity < 0.99


def test_resets_are_simulated_exactly() -> None:
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.reset(0)
    circuit.cx(1, 0)
    circuit.measure(0, 0)
    found = emulations(circuit, 0.9, shots=20, max_bond=4, seed=0)
    assert (found.chosen.bond, found.chosen.fidelity, found.reached) == (0, 1.0, True)
    assert found.schmidt is None


def test_free_parameters_are_refused() -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("a"), 0)
    with pytest.raises(qtn.ArgumentError, match=r"1 unbound parameter\(s\) \(a\)"):
        refuse_free(circuit)
