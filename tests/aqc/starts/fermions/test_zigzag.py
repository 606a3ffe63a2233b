"""Two chains on one line: which hops fit where, and which orders of qubits are refused."""

import pytest
from qiskit import QuantumCircuit

import qtn
from qtn.aqc.starts.fermions.species import Species, read_species
from qtn.aqc.starts.fermions.zigzag import place_before, zigzag_shapes
from qtn.errors import ArgumentError
from qtn.interop.circuits import gate_list


def _species(order: list[int]) -> Species:
    deep = qtn.hadron_circuit(sites=len(order) // 2, steps=2)
    circuit = QuantumCircuit(len(order))
    circuit.compose(deep, order, inplace=True)
    gates = [(tuple(reversed(q)), m) for q, m in gate_list(circuit).gates]
    return read_species(len(order), gates)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_hops_of_every_layer_are_neighbours(depth: int) -> None:
    species = _species([0, 1, 3, 2, 4, 5, 7, 6])
    for chain, shape in zip(species.chains, zigzag_shapes(species, depth), strict=True):
        for layer, (start, size) in enumerate(zip(shape.starts, shape.sizes, strict=True)):
            for j in range(size):
                ends = chain.modes[start + 2 * j : start + 2 * j + 2]
                a, b = (place_before(species.qubits[m], depth - 1 - layer) for m in ends)
                assert abs(a - b) == 1


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5, 6, 7], [0, 2, 4, 6, 7, 5, 3, 1]])
def test_other_orders_are_refused(order: list[int]) -> None:
    with pytest.raises(ArgumentError, match="a0 b0 b1 a1"):
        zigzag_shapes(_species(order), 3)
