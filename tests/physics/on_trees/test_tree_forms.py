"""Shapes of trees, and chains as trees and back."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.physics.on_trees.tree_forms import (
    as_tree,
    chain_as_tree,
    chain_cuts,
    chain_pairs,
    shape_pairs,
    tree_as_chain,
)


def sites_below(pairs, n):
    below = [{i} for i in range(n)]
    for a, b in pairs:
        below.append(below[a] | below[b])
    return below


@pytest.mark.parametrize("n", range(2, 9))
def test_a_chain_is_a_tree_and_back(n):
    rng = np.random.default_rng(n)
    vector = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    vector /= np.linalg.norm(vector)
    tree = chain_as_tree(qtn.MPS.from_dense(vector))
    assert np.linalg.norm(tree.to_dense() - vector) < 1e-13
    back = qtn.MPS(tuple(tree_as_chain(tree.tensors)))
    assert np.linalg.norm(back.to_dense() - vector) < 1e-13
    assert max(back.bonds, default=1) <= 2 ** (n // 2)
    below = sites_below(chain_pairs(n), n)
    for cut, sites in zip(chain_cuts(n), below[n:-1]):
        assert sites in (set(range(cut + 1)), set(range(cut + 1, n)))


def test_shapes_by_name_and_by_pairs():
    assert shape_pairs("balanced", 4) == ((0, 1), (2, 3), (4, 5))
    own = ((3, 1), (0, 4), (2, 5))
    assert shape_pairs(own, 4) == own
    for wrong, text in (
        ("star", '"balanced", "chain"'),
        (((0, 1), (2, 4)), "3 pairs that join 4 sites"),
        (((0, 1), (2, 3), (4, 6)), "3 pairs that join 4 sites"),
        (((0, 1), (0, 2), (4, 5)), "3 pairs that join 4 sites"),
        (5, "the two children of every node"),
    ):
        with pytest.raises(ArgumentError, match=text):
            shape_pairs(wrong, 4)


def test_one_site_is_no_tree():
    with pytest.raises(ArgumentError, match="`tree` must be given for at least 2 sites"):
        qtn.product_state("0", tree="chain")


def test_only_trees_of_qubits_that_are_states():
    state = qtn.product_state("01+", tree="chain")
    assert as_tree("state", state, 3).norm() == pytest.approx(1.0)
    with pytest.raises(ArgumentError, match="a tree of 4 qubits, as many as the Hamiltonian has"):
        as_tree("state", state, 4)
    with pytest.raises(ArgumentError, match="a tree of 2 qubits"):
        as_tree("state", qtn.TTN((np.ones((3, 2, 1)),), ((0, 1),)), 2)
    with pytest.raises(ArgumentError, match="a non-zero state"):
        as_tree("state", qtn.TTN((np.zeros((2, 2, 1)),), ((0, 1),)), 2)
