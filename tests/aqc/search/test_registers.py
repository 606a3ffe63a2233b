"""Reading targets as trees."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_chain, random_tree

from qtn.aqc.search.registers import chain_tree, tree_target
from qtn.errors import ArgumentError


def test_a_chain_is_a_tree_with_a_site_on_every_left() -> None:
    state = random_chain(6, 4, 0)
    tree = chain_tree(state.tensors)
    assert tree.shape.n == 6
    for node, tensor in zip(tree.shape.nodes, tree.tensors):
        site = node.sites[0]
        assert np.allclose(tensor, state.tensors[site].transpose(1, 2, 0))


def test_blocks_hold_what_lies_below() -> None:
    state = random_chain(5, 8, 1)
    block = chain_tree(state.tensors).below[-1][1]
    assert block is not None
    tail = np.tensordot(state.tensors[-2], state.tensors[-1][:, :, 0], axes=(2, 0))
    assert np.allclose(block, tail.reshape(block.shape[0], -1)[:, : block.shape[1]])


def test_only_trees_are_trees() -> None:
    assert tree_target(random_tree(2, 4, 0)).shape.n == 4
    with pytest.raises(ArgumentError, match=r"must be a tree .* but is a chain"):
        tree_target(random_chain(4, 2, 0))
