"""Couplings to second order: against state vectors."""

import itertools

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.starts.fermions.correlations import Coupler
from qtn.aqc.starts.fermions.determinants import Layers, freed, tied_angles
from qtn.aqc.starts.fermions.species import Species, read_species
from qtn.interop.circuits import gate_list

CIRCUIT = qtn.hadron_circuit(sites=4, steps=5, hop=0.3, coupling=0.02)


def _species() -> Species:
    gates = [(tuple(reversed(q)), m) for q, m in gate_list(CIRCUIT).gates]
    return read_species(CIRCUIT.num_qubits, gates)


def _coupler(depth: int) -> Coupler:
    species = _species()
    shapes = [Layers(4, depth, 0)] * 2
    begin = tied_angles(list(species.chains), shapes)
    pairs = zip(species.chains, shapes, begin, strict=True)
    return Coupler(species, shapes, [freed(c, s, x, 200)[1] for c, s, x in pairs])


def test_the_floor_is_what_no_product_of_two_chains_can_reach() -> None:
    vector = Statevector(CIRCUIT).data.reshape((2,) * 8).transpose()
    matrix = vector.transpose(0, 2, 4, 6, 1, 3, 5, 7).reshape(16, 16)
    largest = np.linalg.svd(matrix, compute_uv=False)[0]
    assert _coupler(6).floor == pytest.approx(1.0 - largest**2, rel=0.05)


def test_more_layers_of_couplings_leave_less() -> None:
    coupler = _coupler(6)
    left = [coupler.best(count).infidelity for count in range(4)]
    assert left[0] == coupler.floor
    assert all(b < a for a, b in itertools.pairwise(left))
    assert left[2] < 0.1 * left[0]
    assert coupler.best(20).layers == tuple(range(6))
