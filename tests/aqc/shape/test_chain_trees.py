"""Chains as trees."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_chain

import qtn
from qtn.aqc.kernels.nodes import NodesKernel
from qtn.aqc.shape.chain_trees import chain_tree


def test_a_chain_is_a_tree_with_a_site_on_every_left() -> None:
    state = random_chain(6, 4, 0)
    tree = chain_tree(state.tensors)
    assert tree.shape.n == 6
    assert tree.shape.chain
    for node, tensor in zip(tree.shape.nodes, tree.tensors):
        site = node.sites[0]
        assert np.allclose(tensor, state.tensors[site].transpose(1, 2, 0))


def test_blocks_hold_what_lies_below() -> None:
    state = random_chain(5, 8, 1)
    block = chain_tree(state.tensors).below[-1][1]
    assert block is not None
    tail = np.tensordot(state.tensors[-2], state.tensors[-1][:, :, 0], axes=(2, 0))
    assert np.allclose(block, tail.reshape(block.shape[0], -1)[:, : block.shape[1]])


def test_every_cut_may_have_its_own_bond() -> None:
    tensors = random_chain(7, 4, 0).tensors
    nodes = chain_tree(tensors, [2, 2, 4, 4, 4, 2]).shape.nodes
    assert [node.memory for node in nodes] == [0, 1, 1, 2, 2]
    assert [n.memory for n in chain_tree(tensors, 2).shape.nodes] == [0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("sizes", [(3, 1, 4), (1, 2), (1, 1, 3, 1), (2, 1, 1), (1, 1, 1)])
def test_parts_of_bond_1_are_chains_beside_one_another(sizes: tuple[int, ...]) -> None:
    parts = [random_chain(size, 4, size) for size in sizes]
    state = qtn.MPS(tuple(t for part in parts for t in part.tensors)).canonical()
    tree = chain_tree(state.tensors)
    shape = tree.shape.filled(1.0)
    inside = sum(chain_tree(p.tensors).shape.filled(1.0).size for p in parts if p.n > 1)
    assert shape.size == max(inside, int(set(sizes) == {1}))
    gates = np.zeros((shape.size, 2, 4, 4))
    gates[:, 0] = np.eye(4)
    overlap = NodesKernel(tree, shape).evaluate(gates)[0]
    vector = state.to_dense().reshape([2] * state.n).transpose()  # site 0 first
    alone = {sites[0]: turn for sites, turn in tree.shape.alone}
    for site in range(state.n):
        turn = alone.get(site, np.eye(2))
        vector = np.moveaxis(np.tensordot(turn.conj().T, vector, (1, site)), 0, site)
    assert overlap == pytest.approx(vector.reshape(-1)[0].conj(), abs=1e-12)
