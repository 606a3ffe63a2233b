"""The door `mean_field`: values with a bar, or a refusal."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import XXPlusYYGate

import qtn
from qtn import ArgumentError, VerificationError
from qtn.physics.free_fermions import door
from tests.physics.free_fermions.test_hartree import chain, exact


@pytest.mark.parametrize("start", ["meson", "vacuum"])
def test_values_lie_within_the_error(start):
    circuit = qtn.hadron_circuit(6, 12, coupling=0.05, start=start)
    found = qtn.mean_field(circuit)
    assert np.abs(found.values - exact(circuit)).max() < found.error < 0.01
    assert found.phases == 72
    assert found.n == 12


def test_free_fermions_are_exact():
    circuit = chain(0.0, n=9, layers=8)
    found = qtn.mean_field(circuit, tolerance=1e-15)
    assert found.error == 0.0
    assert found.phases == 0
    assert np.allclose(found.values, exact(circuit), atol=1e-13)
    assert found.chains == (tuple(range(9)),)


def test_a_second_order_that_is_none_counts_wholly():
    circuit = QuantumCircuit(8)
    circuit.x([0, 2, 3, 6])
    for q in (*range(0, 7, 2), *range(1, 7, 2)):
        circuit.append(XXPlusYYGate(0.5), [q, q + 1])
    for q in range(7):
        circuit.cp(0.2, q, q + 1)  # at the end: no Z depends on them
    found = qtn.mean_field(circuit)
    assert 1e-9 < np.abs(found.values - exact(circuit)).max() <= found.error


def test_hops_too_small_to_join_modes_are_counted():
    circuit = QuantumCircuit(3)
    circuit.x(0)
    for _ in range(50):
        circuit.append(XXPlusYYGate(1.9e-9, 1.0), [1, 2])
        circuit.append(XXPlusYYGate(0.02, 0.2), [0, 1])
    found = qtn.mean_field(circuit)
    assert np.abs(found.values - exact(circuit)).max() <= found.error < 1e-6


def test_120_qubits_agree_with_the_published_difference():
    """Pauli propagation of the published circuit, cut at 1e-8: n_f = 0.116864."""
    meson, vacuum = (
        ((1 - qtn.mean_field(qtn.hadron_circuit(start=s)).values) / 2).reshape(60, 2).sum(axis=1)
        for s in ("meson", "vacuum")
    )
    assert meson.sum() == pytest.approx(60, abs=1e-9)
    assert vacuum.sum() == pytest.approx(60, abs=1e-9)
    signs = (-1.0) ** np.arange(60)
    assert signs @ (meson - vacuum) == pytest.approx(0.116864, abs=2e-6)


def test_large_phases_are_refused():
    with pytest.raises(VerificationError, match=r"25 density phases change Z by .* `qtn\.verify"):
        qtn.mean_field(chain(1.5))
    with pytest.raises(ArgumentError, match="`tolerance`"):
        qtn.mean_field(chain(0.1), tolerance=0)


def test_too_many_phases_are_refused(monkeypatch):
    monkeypatch.setattr(door, "MOST_WORK", 100.0)
    with pytest.raises(ArgumentError, match="has 25 density phases on 6 qubits, whose pairs"):
        qtn.mean_field(chain(0.01))


def test_entanglement_needs_chains_along_the_qubits():
    circuit = QuantumCircuit(3)
    circuit.x(0)
    circuit.append(XXPlusYYGate(0.3), [0, 2])
    circuit.append(XXPlusYYGate(0.3), [2, 1])
    found = qtn.mean_field(circuit)
    for call in (lambda: found.discarded(2), lambda: found.schmidt_weights(1)):
        with pytest.raises(ArgumentError, match=r"\(0, 2, 1\) does not run along the qubits"):
            call()


def test_bad_cuts_and_bonds():
    found = qtn.mean_field(chain(0.0))
    for bad in (0, 6, 1.5):
        with pytest.raises(ArgumentError, match="`cut`"):
            found.schmidt_weights(bad)
    with pytest.raises(ArgumentError, match="`bond`"):
        found.discarded(0)
    with pytest.raises(ArgumentError, match="`most`"):
        found.schmidt_weights(1, 0)
    assert found.discarded(8).max() < 1e-14


def test_what_is_shown():
    found = qtn.mean_field(qtn.hadron_circuit(12, 2))
    assert repr(found).startswith("MeanField(24 qubits, 24 phases, errors about ")
    assert "value of Z (first 20)" in str(found)
    assert "2, the longest of 12" in str(found)
