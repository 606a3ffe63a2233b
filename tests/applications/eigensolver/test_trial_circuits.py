"""Circuits to search in: compiled networks begin at the network, to the last digits."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

import qtn
from qtn.applications.eigensolver.trial_circuits import NetworkAnsatz, RyRz, trial
from qtn.errors import ArgumentError

H = qtn.chain("tfim", 4)


@pytest.mark.parametrize("bond", [2, 4])
def test_networks_are_held(bond: int) -> None:
    found = trial(H, 4, NetworkAnsatz(bond), "compiled", 0)
    assert found.network is not None
    state = Statevector(found.circuit.assign_parameters(list(found.angles))).data
    assert abs(np.vdot(state, found.network.to_dense())) == pytest.approx(1.0, abs=1e-9)
    assert found.circuit.num_parameters == len(found.angles)


def test_other_starts_have_the_same_circuit() -> None:
    one = trial(H, 4, NetworkAnsatz(2), "compiled", 0)
    for start in ("random", "identity"):
        other = trial(H, 4, NetworkAnsatz(2), start, 1)
        assert other.circuit.count_ops() == one.circuit.count_ops()
        assert len(other.angles) == len(one.angles)
    assert np.abs(other.angles).max() < 0.1


def test_complex_networks_get_complex_gates() -> None:
    state = qtn.MPS.from_dense(np.array([1, 1j, 1, -1j]) / 2)
    compiled = qtn.compile(state, qtn.Staircase(1), progress=False)
    extended = qtn.hybrid.extended(compiled)
    found = trial(qtn.chain("tfim", 2), 2, extended, "compiled", 0)
    plain = trial(qtn.chain("tfim", 2), 2, compiled, "compiled", 0)
    assert len(found.angles) == len(plain.angles) + 12
    state = Statevector(found.circuit.assign_parameters(list(found.angles)))
    assert state.equiv(Statevector(compiled.circuit))


def test_layers_of_rotations() -> None:
    circuit = RyRz(2).circuit(4)
    assert circuit.num_parameters == 24
    assert circuit.count_ops()["cx"] == 6
    found = trial(H, 4, RyRz(1), "identity", 0)
    assert found.network is None


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="`bond`"):
        NetworkAnsatz(1)
    with pytest.raises(ArgumentError, match="`method`"):
        NetworkAnsatz(method="staircase")
    with pytest.raises(ArgumentError, match="`more`"):
        NetworkAnsatz(more=2)
    with pytest.raises(ArgumentError, match="`layers`"):
        RyRz(0)
    with pytest.raises(ArgumentError, match="`n`"):
        RyRz(1).circuit(0)
    with pytest.raises(ArgumentError, match='"compiled" only for'):
        trial(H, 4, RyRz(1), "compiled", 0)
    with pytest.raises(ArgumentError, match="`ansatz` must be NetworkAnsatz"):
        trial(H, 4, "hardware", "random", 0)
    with pytest.raises(ArgumentError, match="on the 4 qubits"):
        trial(H, 4, QuantumCircuit(3), "random", 0)
