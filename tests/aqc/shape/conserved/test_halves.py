"""Fidelities with circuits that conserve charges: against state vectors and chains."""

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.conserved.halves import certify_in_blocks
from qtn.interop.circuits import circuit_to_mps

DEEP = qtn.hadron_circuit(sites=5 + 1, steps=4)
GATES = circuit_to_mps(DEEP).origin.gates


def test_the_infidelity_is_that_of_the_state_vectors() -> None:
    short = qtn.compile(DEEP, qtn.Hops(3, 0), progress=False)
    found = certify_in_blocks(GATES, short.sequence)
    exact = 1.0 - abs(Statevector(DEEP).inner(Statevector(short.circuit))) ** 2
    assert found is not None
    assert found.infidelity == pytest.approx(exact, rel=1e-6)
    assert 1.0 - exact >= found.floor > 1.0 - 1.01 * exact
    assert "blocks" in found.method


def test_the_circuit_itself_is_exact() -> None:
    found = certify_in_blocks(GATES, Blocks(12, GATES))
    assert found is not None
    assert found.infidelity < 1e-12


def test_circuits_of_other_gates_have_no_such_certificate() -> None:
    hadamard = np.array([[1.0, 1.0], [1.0, -1.0]]) / 2**0.5
    cx = np.eye(4)[[0, 1, 3, 2]]
    mixing = Blocks(12, [((0,), hadamard), ((0, 1), cx)])
    assert certify_in_blocks(GATES, mixing) is None
    assert certify_in_blocks(mixing.gates, Blocks(12, GATES)) is None
