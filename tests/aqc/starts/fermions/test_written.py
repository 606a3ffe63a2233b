"""Layers of hops as blocks: one-body unitaries on qubits, couplings without a mean field."""

import numpy as np
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.starts.fermions.correlations import Placed
from qtn.aqc.starts.fermions.determinants import Layers
from qtn.aqc.starts.fermions.species import read_species
from qtn.aqc.starts.fermions.written import conserving, hop_blocks
from qtn.interop.circuits import gate_list


def test_a_gate_conserves_the_number_of_ones() -> None:
    c, s = np.cos(0.3), 1j * np.sin(0.3)
    gate = conserving(np.array([[c, s], [s, c]]), 0.2)
    np.testing.assert_allclose(gate.conj().T @ gate, np.eye(4), atol=1e-14)
    assert gate[2, 1] == gate[1, 2] == s
    np.testing.assert_allclose(gate[3, 3], np.exp(0.2j))


def test_couplings_do_not_move_the_densities_to_first_order() -> None:
    deep = qtn.hadron_circuit(sites=4, steps=2)
    gates = [(tuple(reversed(q)), m) for q, m in gate_list(deep).gates]
    species = read_species(8, gates)
    shapes = [Layers(4, 3, 0)] * 2
    found = [np.full(shape.size, 0.3) for shape in shapes]
    values = []
    for phase in (0.0, 0.02):
        pairs = tuple((q, q + 1) for q in (0, 2, 4, 6))
        placed = Placed((1,), pairs, np.full((1, 4), phase), 0.0)
        blocks = hop_blocks(species, shapes, found, placed)
        point = qtn.aqc.Point.of("test", blocks, 0.0)
        weights = np.abs(Statevector(point.circuit).data) ** 2
        values.append(weights @ ((np.arange(256)[:, None] >> np.arange(8)) & 1))
    assert 0.0 < np.abs(values[1] - values[0]).max() < 1e-4
