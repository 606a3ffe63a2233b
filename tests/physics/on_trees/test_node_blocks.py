"""What a node feels of the Hamiltonian, against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from tree_states import TREES, random_sum, random_tree

import qtn
from qtn.physics.on_trees.node_blocks import blocks_below, frames, local_map, turned
from qtn.physics.on_trees.tree_channels import tree_operator
from qtn.physics.on_trees.tree_forms import shape_pairs
from qtn.physics.terms import read_terms


@pytest.mark.parametrize("tree", TREES)
def test_every_node_is_the_centre_once_and_sees_the_whole_hamiltonian(tree):
    hamiltonian = random_sum(4)
    matrix = hamiltonian.to_matrix()
    state = random_tree(shape_pairs(tree, 6), 3, 0)
    vector = state.to_dense()
    operator = tree_operator(read_terms(hamiltonian), state.pairs)
    below = blocks_below(operator, state.tensors)
    found = frames(operator, state.tensors, below)
    energy = np.vdot(vector, matrix @ vector)
    for k, (a, b) in enumerate(state.pairs):
        centre = found.centres[k].reshape(-1)
        assert np.linalg.norm(centre) == pytest.approx(1.0)
        felt = local_map(below[a], below[b], operator.cores[k], found.above[k])
        assert np.vdot(centre, felt(centre)) == pytest.approx(energy, abs=1e-12)
        other = np.random.default_rng(k).normal(size=len(centre)) + 0j
        assert np.vdot(other, felt(centre)) == pytest.approx(np.conj(np.vdot(centre, felt(other))))


def test_turned_puts_a_leg_last():
    tensor = np.arange(24).reshape(2, 3, 4)
    assert [turned(tensor, axis).shape for axis in range(3)] == [(3, 4, 2), (2, 4, 3), (2, 3, 4)]


def test_a_product_state_of_two_sites_has_no_bonds():
    operator = tree_operator(read_terms(qtn.chain("tfim", 2)), ((0, 1),))
    state = qtn.product_state("00", tree="balanced")
    assert len(blocks_below(operator, state.tensors)) == 2
    assert frames(operator, state.tensors, blocks_below(operator, state.tensors)).rests == []
