"""Circuits in blocks against state vectors: with charges, without, exchanged, far apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import XXPlusYYGate
from qiskit.quantum_info import Statevector

import qtn
from qtn.interop.charged import charged_to_mps
from qtn.interop.circuits import circuit_to_mps


def two_species(sites: int, steps: int, hop: float = 0.7, phase: float = 0.4) -> QuantumCircuit:
    """Particles of two species on qubits i0, o0, i1, o1, …: hops, a coupling, a mass."""
    circuit = QuantumCircuit(2 * sites)
    for j in range(1, sites, 2):
        circuit.x([2 * j, 2 * j + 1])
    for _ in range(steps):
        for species in (0, 1):
            for first in (0, 1):
                for j in range(first, sites - 1, 2):
                    circuit.append(XXPlusYYGate(hop), (2 * j + species, 2 * j + 2 + species))
        for j in range(sites):
            circuit.cp(phase, 2 * j, 2 * j + 1)
            circuit.rz(0.03, 2 * j)
    return circuit


def gap(circuit: QuantumCircuit, found: qtn.BlockTruncation) -> float:
    return float(np.abs(found.state.to_dense() - Statevector(circuit).data).max())


def test_two_species_are_found_and_evolved():
    circuit = two_species(5, 3)
    found = qtn.circuit_to_blocks(circuit)
    assert gap(circuit, found) < 1e-6
    assert found.state.total == (2, 2)
    assert found.state.phys == (2,) * 10
    assert len(found.state.sectors(5)) > 4


def test_gates_taken_apart_are_put_together_again():
    circuit = two_species(4, 2)
    apart = transpile(circuit, basis_gates=["cx", "rz", "sx", "x"], optimization_level=0)
    found = qtn.circuit_to_blocks(apart)
    assert found.state.total == (2, 2)
    assert gap(apart, found) < 1e-6  # the phase too


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_circuit_with_charges(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 8))
    circuit = QuantumCircuit(n)
    for q in np.flatnonzero(rng.random(n) < 0.5):
        circuit.x(int(q))
    for _ in range(int(rng.integers(1, 16))):
        a, b = (int(q) for q in rng.choice(n, 2, replace=False))
        kind = rng.integers(5)
        if kind == 0:
            circuit.append(XXPlusYYGate(*rng.normal(size=2)), (a, b))
        elif kind == 1:
            circuit.cp(rng.normal(), a, b)
        elif kind == 2:
            circuit.iswap(a, b)
        elif kind == 3:
            circuit.swap(a, b)
        else:
            circuit.rz(rng.normal(), a)
    found = qtn.circuit_to_blocks(circuit, cutoff=1e-20)
    assert gap(circuit, found) < 1e-12
    assert found.distance < 1e-9


def test_species_that_exchange_have_one_charge():
    circuit = two_species(3, 1)
    circuit.swap(0, 3)
    found = qtn.circuit_to_blocks(circuit, cutoff=1e-20)
    assert found.state.total == (2,)
    assert gap(circuit, found) < 1e-12


def test_diagonal_gates_between_distant_qubits():
    circuit = two_species(4, 1)
    circuit.rzz(0.5, 0, 7)
    circuit.cp(0.3, 6, 1)
    found = qtn.circuit_to_blocks(circuit, cutoff=1e-20)
    assert found.state.total == (2, 2)
    assert gap(circuit, found) < 1e-12


def test_pairs_conserve_a_staggered_charge():
    circuit = QuantumCircuit(4)
    for _ in range(2):
        for q in range(3):
            circuit.rxx(0.3, q, q + 1)
            circuit.ryy(-0.3, q, q + 1)
    found = qtn.circuit_to_blocks(circuit, cutoff=1e-20)
    assert gap(circuit, found) < 1e-12


@pytest.mark.parametrize("odd", ["rxx", "h"])
def test_without_a_charge_the_circuit_is_refused(odd):
    circuit = QuantumCircuit(3)
    for q in range(2):
        circuit.rxx(0.3, q, q + 1)
        if odd == "h":
            circuit.h(q)
    with pytest.raises(qtn.ArgumentError, match="conserve no charge"):
        qtn.circuit_to_blocks(circuit)


def test_a_qubit_in_superposition_counts_nothing():
    circuit = two_species(3, 1)
    circuit = QuantumCircuit(7).compose(circuit, range(6))
    circuit.h(6)
    circuit.cz(6, 0)
    found = qtn.circuit_to_blocks(circuit, cutoff=1e-20)
    assert gap(circuit, found) < 1e-12


def test_charges_can_be_given():
    circuit = two_species(3, 2)
    total = qtn.circuit_to_blocks(circuit, [[1] * 6])
    assert total.state.total == (2,)
    assert gap(circuit, total) < 1e-6
    with pytest.raises(qtn.ArgumentError, match="does not conserve"):
        qtn.circuit_to_blocks(circuit, [[1, 0, 0, 0, 0, 0]])
    for bad in ([[1.5] * 6], [[1] * 5], [1] * 6):
        with pytest.raises(qtn.ArgumentError, match="integers of shape"):
            qtn.circuit_to_blocks(circuit, bad)


def test_bounds_hold_for_qubits_that_share_sites():
    circuit = two_species(5, 4)
    exact = Statevector(circuit)
    z = np.diag([1.0, -1.0])
    for bond in (6, 12, 20):
        found = qtn.circuit_to_blocks(circuit, max_bond=bond)
        values, widths = found.certified([{q: z} for q in range(10)])
        weights = exact.probabilities()
        signs = 1 - 2 * (np.arange(1024)[:, None] >> np.arange(10) & 1)
        assert (np.abs(values - weights @ signs) <= widths).all()
        assert np.isclose(found.discarded.sum(), 1.0 - found.losses.kept)


def test_compile_takes_the_state():
    found = qtn.circuit_to_blocks(two_species(2, 1))
    compiled = qtn.compile(found.state.normalised(), qtn.Brickwall(3))
    assert compiled.fidelity > 0.99


def test_chains_of_circuits_in_blocks_are_those_of_dense_simulation() -> None:
    circuit = qtn.hadron_circuit(sites=6, steps=3)
    found = charged_to_mps(circuit, 64)
    assert found is not None
    exact = circuit_to_mps(circuit)
    assert found.overlap(exact) == pytest.approx(1.0, abs=1e-9)
    assert found.origin.distance < 1e-5
    assert len(found.origin.gates) == len(exact.origin.gates)
    short = charged_to_mps(circuit, 4)
    lost = np.sqrt(2.0 - 2.0 * abs(short.overlap(exact)))
    assert 1e-4 < lost <= 2.0 * short.origin.distance


def test_circuits_without_a_charge_of_every_qubit_have_no_such_chain() -> None:
    mixed, idle = QuantumCircuit(3), QuantumCircuit(3)
    mixed.h([0, 1, 2])
    idle.h(0)
    idle.cx(0, 1)
    idle.x(2)
    for circuit in (mixed, idle, QuantumCircuit(2)):
        assert charged_to_mps(circuit, 8) is None
