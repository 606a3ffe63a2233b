"""Circuits of fermions, read: unitaries against state vectors, mean fields, and what is refused."""

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import XXPlusYYGate
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.starts.fermions.species import Species, read_species
from qtn.errors import ArgumentError
from qtn.interop.circuits import gate_list


def _read(circuit: QuantumCircuit) -> Species:
    gates = [(tuple(reversed(q)), m) for q, m in gate_list(circuit).gates]
    return read_species(circuit.num_qubits, gates)


def test_densities_of_free_chains_are_those_of_the_state_vector() -> None:
    circuit = qtn.hadron_circuit(sites=4, steps=3, hop=0.3, coupling=0.0)
    species = _read(circuit)
    assert [chain.modes for chain in species.chains] == [(0, 2, 4, 6), (1, 3, 5, 7)]
    weights = np.abs(Statevector(circuit).data) ** 2
    bits = (np.arange(len(weights))[:, None] >> np.arange(8)) & 1
    exact = weights @ bits
    for chain in species.chains:
        found = np.sum(np.abs(chain.total[:, chain.occupied]) ** 2, axis=1)
        np.testing.assert_allclose(found, exact[list(chain.modes)], atol=1e-12)
        np.testing.assert_allclose(chain.bonds, 0.9, atol=1e-12)


def test_mean_fields_are_right_to_first_order() -> None:
    errors = []
    for coupling in (0.02, 0.01):
        circuit = qtn.hadron_circuit(sites=4, steps=4, hop=0.3, coupling=coupling)
        species = _read(circuit)
        weights = np.abs(Statevector(circuit).data) ** 2
        exact = weights @ ((np.arange(len(weights))[:, None] >> np.arange(8)) & 1)
        found = np.zeros(8)
        for chain in species.chains:
            found[list(chain.modes)] = np.sum(np.abs(chain.total[:, chain.occupied]) ** 2, axis=1)
        errors.append(np.abs(found - exact).max())
    assert errors[0] < 1e-3
    assert 3.0 < errors[0] / errors[1] < 5.0


def test_couplings_are_listed_in_time_order() -> None:
    species = _read(qtn.hadron_circuit(sites=4, steps=2, coupling=0.01))
    assert species.couplings.pairs == tuple((q, q + 1) for q in (0, 2, 4, 6)) * 2
    np.testing.assert_allclose(species.couplings.weights, -0.01, atol=1e-12)


HOP = XXPlusYYGate(0.3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.h(0), "superposition"),
        (lambda c: (c.append(HOP, [0, 1]), c.h(0)), "does not conserve"),
        (lambda c: [c.append(HOP, [0, k]) for k in (1, 2, 3)], "branch"),
        (lambda c: [c.append(HOP, [k, (k + 1) % 4]) for k in range(4)], "ring"),
    ],
)
def test_other_circuits_are_refused(
    change: Callable[[QuantumCircuit], object], message: str
) -> None:
    circuit = QuantumCircuit(4)
    change(circuit)
    with pytest.raises(ArgumentError, match=message):
        _read(circuit)


def test_swaps_only_rename_modes() -> None:
    plain, swapped = QuantumCircuit(4), QuantumCircuit(4)
    for circuit in (plain, swapped):
        circuit.x(1)
        circuit.append(HOP, [0, 1])
    swapped.swap(1, 2)
    a, b = _read(plain), _read(swapped)
    assert a.qubits == (0, 1, 2, 3)
    assert b.qubits == (0, 2, 1, 3)
    np.testing.assert_allclose(a.total, b.total)
