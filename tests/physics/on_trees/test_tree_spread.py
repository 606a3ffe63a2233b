"""The energy variance of a tree, both ways, against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from tree_states import TREES, random_sum, random_tree

import qtn
from qtn.physics.on_trees import tree_spread as room
from qtn.physics.on_trees.tree_forms import shape_pairs
from qtn.physics.terms import read_terms


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("tree", TREES)
def test_both_ways_agree_with_the_matrix(tree, few, monkeypatch):
    monkeypatch.setattr(room, "FEW", few)
    for hamiltonian in (random_sum(5), qtn.chain("heisenberg", 6)):
        state = random_tree(shape_pairs(tree, 6), 3, 1)
        vector, matrix = state.to_dense(), hamiltonian.to_matrix()
        energy = np.vdot(vector, matrix @ vector).real
        exact = np.linalg.norm(matrix @ vector - energy * vector) ** 2
        found = room.tree_variance(read_terms(hamiltonian), state, energy)
        assert found == pytest.approx(exact, abs=1e-11)
