"""Circuits read as fermions: hops, phases, swaps; all else refused by name."""

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import UnitaryGate, XXPlusYYGate

import qtn
from qtn import ArgumentError
from qtn.interop.qasm import to_qasm3
from qtn.physics.free_fermions.reading import read_fermions
from tests.physics.free_fermions.test_hartree import exact


def _published(sites, steps, meson, hop=0.3, coupling=0.02):
    """Write hadron steps as published: a line with swaps, hops and phases in CX."""
    n = 2 * sites
    circuit = QuantumCircuit(n)
    circuit.x(range(1, n, 2))
    if meson:
        circuit.x([sites - 1, sites])

    def swaps(first, apart):
        for q in range(first, n - 1, apart):
            circuit.swap(q, q + 1)

    def hops(first):
        for q in range(first, n - first, 2):
            circuit.cx(q + 1, q)
            circuit.h(q + 1)
            circuit.rz(-hop, q + 1)
            circuit.cx(q, q + 1)
            circuit.rz(hop, q + 1)
            circuit.cx(q, q + 1)
            circuit.h(q + 1)
            circuit.cx(q + 1, q)

    for step in range(steps):
        if step:
            swaps(1, 4)  # from i(0) o(0) i(1) o(1) … to i(0) i(1) o(0) o(1) …
        hops(0)
        swaps(1, 2)
        hops(2)
        swaps(3, 4)
        for q in range(0, n, 2):
            circuit.x(q)
            circuit.rz(coupling / 2, q)
            circuit.cx(q, q + 1)
            circuit.rz(-coupling / 2, q + 1)
            circuit.cx(q, q + 1)
            circuit.rz(coupling / 2, q + 1)
            circuit.x(q)
        for q in range(0, n, 2):
            circuit.rz(-0.03, q)
            circuit.rz(0.03, q + 1)
    return circuit


@pytest.mark.parametrize("meson", [True, False])
@pytest.mark.parametrize(("sites", "steps"), [(4, 3), (6, 4)])
def test_the_published_circuit_is_the_one_of_hadron_circuit(sites, steps, meson):
    plain = qtn.hadron_circuit(
        sites, steps, hop=0.3, coupling=0.02, start="meson" if meson else "vacuum"
    )
    found = qtn.mean_field(_published(sites, steps, meson))
    assert np.allclose(found.values, qtn.mean_field(plain).values, atol=1e-12)
    assert {frozenset(c) for c in found.chains} == {
        frozenset(range(s, 2 * sites, 2)) for s in (0, 1)
    }


@pytest.mark.parametrize("basis", [["cx", "rz", "sx", "x"], ["cz", "rz", "sx"]])
def test_compiled_gates_are_read_through(basis):
    circuit = qtn.hadron_circuit(4, 3, hop=0.3, coupling=0.02)
    # Gates are taken apart one by one; nothing is merged across pairs.
    apart = transpile(circuit, basis_gates=basis, optimization_level=0)
    found, expected = qtn.mean_field(apart), qtn.mean_field(circuit)
    assert np.allclose(found.values, expected.values, atol=1e-9)
    assert np.allclose(np.abs(found.correlations), np.abs(expected.correlations), atol=1e-8)


def test_iswap_and_fsim_and_text():
    circuit = QuantumCircuit(4)
    circuit.x(0)
    circuit.iswap(0, 1)
    circuit.append(XXPlusYYGate(0.8, 0.3), [2, 1])
    circuit.rzz(0.01, 2, 3)
    circuit.x(2)
    with pytest.raises(ArgumentError, match="'rzz' · 'x' on qubits 2, 3 does not conserve"):
        read_fermions(circuit)
    circuit.data.pop()
    for given in (circuit, to_qasm3(circuit)):
        assert np.allclose(qtn.mean_field(given).values, exact(circuit), atol=1e-12)
    read = read_fermions(circuit)
    assert read.filled == (0,)
    assert read.places == (0, 1, 2, 3)
    assert read.chains == ((0, 1, 2), (3,))


def test_a_swap_is_a_new_name_and_a_fermionic_swap_a_hop():
    circuit = QuantumCircuit(3)
    circuit.x(0)
    circuit.swap(0, 1)
    circuit.cp(0.1, 1, 2)
    read = read_fermions(circuit)
    assert read.places == (1, 0, 2)
    assert read.steps[1].modes == (0, 2)
    assert read.steps[1].angle == pytest.approx(0.1)
    assert qtn.mean_field(circuit).values.tolist() == [1.0, -1.0, 1.0]
    circuit = QuantumCircuit(2)
    circuit.append(UnitaryGate(np.diag([1, 1, 1, -1.0])[[0, 2, 1, 3]]), [0, 1])
    assert read_fermions(circuit).places == (0, 1)
    assert read_fermions(circuit).chains == ((0, 1),)


def test_a_flip_after_phases_alone_may_come_first():
    circuit = QuantumCircuit(3)
    circuit.x(0)
    circuit.append(XXPlusYYGate(0.4), [0, 1])
    circuit.cp(0.3, 1, 2)
    circuit.x(2)
    assert read_fermions(circuit).filled == (0, 2)
    assert np.allclose(qtn.mean_field(circuit).values, exact(circuit), atol=1e-12)


def test_lone_qubits():
    circuit = QuantumCircuit(3)
    circuit.x(1)
    circuit.rz(0.2, 1)
    circuit.y(2)
    assert qtn.mean_field(circuit).values.tolist() == [1.0, -1.0, -1.0]


def _hops(*pairs):
    circuit = QuantumCircuit(4)
    for pair in pairs:
        circuit.append(XXPlusYYGate(0.3), pair)
    return circuit


def _lone_h():
    circuit = QuantumCircuit(2)
    circuit.h(1)
    return circuit


def _cnot():
    circuit = QuantumCircuit(2)
    circuit.ry(0.3, 0)
    circuit.cx(0, 1)
    return circuit


@pytest.mark.parametrize(
    ("circuit", "text"),
    [
        (_hops((0, 1), (1, 2), (1, 3)), "'xx_plus_yy' on qubits 1, 3 makes the hops branch"),
        (_hops((0, 1), (1, 2), (2, 0)), "'xx_plus_yy' on qubits 0, 2 closes a ring of hops"),
        (_lone_h(), "'h' on qubit 1 makes a superposition of numbers of ones"),
        (_cnot(), "'ry' · 'cx' on qubits 0, 1 does not conserve the number of ones"),
    ],
)
def test_refusals_name_the_gate(circuit, text):
    with pytest.raises(ArgumentError, match=text):
        read_fermions(circuit)
    with pytest.raises(ArgumentError, match=r"`qtn.verify` takes all circuits"):
        read_fermions(circuit)
