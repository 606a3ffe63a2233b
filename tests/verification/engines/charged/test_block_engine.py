"""The engine in blocks through `verify`: what it certifies, how it says so, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

import qtn
from qtn.errors import VerificationError
from qtn.verification import Limits
from tests.interop.test_charged import two_species

LABELS = ["I" * (9 - q) + "Z" + "I" * q for q in range(10)]


def test_values_and_a_fidelity_are_certified_together():
    circuit = two_species(5, 2)
    target = Statevector(circuit).data
    check = qtn.verify(circuit, target, LABELS, method="blocks")
    assert check.method == "blocks"
    assert check.rigorous
    assert check.fidelity == pytest.approx(1.0, abs=1e-6)
    assert check.low <= 1.0 <= check.high + 1e-9
    assert "2 charges are conserved, chain in blocks, two qubits a site" in check.why
    truth = np.abs(target) ** 2 @ (1 - 2 * (np.arange(1024)[:, None] >> np.arange(10) & 1))
    for estimate, exact in zip(check.values, truth, strict=True):
        assert abs(estimate.value - exact) <= estimate.stderr < 1e-4


def test_a_truncated_chain_says_that_it_estimates():
    circuit, limits = two_species(5, 4, hop=0.4), Limits(block_bond=9)
    check = qtn.verify(circuit, None, LABELS, method="blocks", limits=limits)
    assert not check.rigorous
    assert "keeps an estimated" in check.why
    target = two_species(5, 4, hop=0.42)
    exact = abs(np.vdot(Statevector(target).data, Statevector(circuit).data)) ** 2
    found = qtn.verify(circuit, target, method="blocks", limits=limits)
    assert found.low <= exact <= found.high


def test_nothing_certified_is_refused_with_the_way_out():
    circuit = two_species(5, 9)
    with pytest.raises(VerificationError, match=r"Nothing is certified.*block_bond=4"):
        qtn.verify(circuit, None, LABELS, method="blocks", limits=Limits(block_bond=2))


def test_circuits_without_charges_are_refused():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.rxx(0.3, 0, 1)
    with pytest.raises(VerificationError, match="conserve no charge"):
        qtn.verify(circuit, observables=["ZZ"], method="blocks")


def test_work_beyond_the_limits_is_refused_before_it_starts():
    circuit = two_species(10, 5, hop=0.3)
    label = "I" * 19 + "Z"
    with pytest.raises(VerificationError, match="would take about"):
        qtn.verify(circuit, None, label, method="blocks", limits=Limits(seconds=1e-3))
