"""Product formulas on trees: pairs, colours, and their order."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from qiskit.quantum_info import SparsePauliOp
from tree_states import TREES, random_sum

import qtn
from qtn.physics import TEBD
from qtn.physics.on_trees.tree_gates import Gates, coloured, pair_matrices, sequence
from qtn.physics.suzuki import layers
from qtn.physics.terms import read_terms


def test_pairs_add_up_and_lonely_fields_are_joined_to_a_neighbour():
    hamiltonian = SparsePauliOp.from_sparse_list(
        [("XY", [0, 3], 0.5), ("Z", [0], 0.3), ("Y", [1], 0.2), ("X", [4], -1.0)], num_qubits=5
    )
    found = pair_matrices(read_terms(hamiltonian), ())
    assert sorted(found) == [(0, 1), (0, 3), (3, 4)]
    total = sum(
        SparsePauliOp.from_operator(matrix).apply_layout([j, i], 5)
        for (i, j), matrix in found.items()
    )
    assert total.equiv(hamiltonian)


def test_colours_share_no_site():
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    layers = coloured(pairs)
    assert sorted(pair for layer in layers for pair in layer) == pairs
    assert all(len({s for p in layer for s in p}) == 2 * len(layer) for layer in layers)
    assert coloured([]) == []


def test_two_colours_are_the_tables_of_the_chain():
    for order in (1, 2, 4):
        assert [(c, pytest.approx(f)) for c, f in sequence(order, 2)] == layers(order, 1)
    for colours in (1, 3, 4):
        for order in (1, 2, 4):
            total = np.zeros(colours)
            for colour, fraction in sequence(order, colours):
                total[colour] += fraction
            assert total == pytest.approx(np.ones(colours))
    assert sequence(4, 0) == []


@pytest.mark.parametrize("time", [1.5, -0.5j])
@pytest.mark.parametrize("tree", TREES)
def test_fourth_order_with_pairs_at_any_distance(tree, time):
    hamiltonian = 0.4 * random_sum(0, widths=(1, 1, 2, 2, 2, 2, 2, 2, 1))
    assert len(Gates(read_terms(hamiltonian), (), 4).layers) > 2
    start = qtn.product_state("r0+1-l", tree=tree)
    exact = scipy.linalg.expm(-1j * time * hamiltonian.to_matrix()) @ start.to_dense()
    exact /= np.linalg.norm(exact)
    errors = []
    for step in (0.25, 0.125):
        state = qtn.evolve(hamiltonian, start, time, cutoff=1e-20, method=TEBD(4, step))
        errors.append(np.linalg.norm(state.to_dense() - exact))
        assert 0.2 * errors[-1] < state.origin.step_error < 20 * errors[-1]
    assert errors[0] / errors[1] > 14
    assert errors[1] < 1e-6
