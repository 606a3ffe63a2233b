"""Shapes of circuits along trees: registers, counts, layout."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_chain, random_tree

from qtn.aqc.search.registers import tree_target
from qtn.aqc.shape.chain_trees import chain_tree
from qtn.aqc.shape.nodes import Node


def test_the_windows_of_a_chain() -> None:
    tree = chain_tree(random_chain(8, 4, 0).tensors)
    sites = [node.sites for node in tree.shape.nodes]
    assert sites == [(0, 1), (1, 2, 3), (2, 3, 4), (3, 4, 5), (4, 5, 6), (5, 6, 7)]
    assert [node.memory for node in tree.shape.nodes] == [0, 1, 2, 2, 2, 2]
    assert all(node.cut == 1 and node.place == 0 for node in tree.shape.nodes)
    assert tree.below[-1][1] is not None  # the last two sites are the wires themselves
    assert tree.below[-1][1].shape == (4, 4)


@pytest.mark.parametrize(
    ("n", "bond", "bound"),
    # Σ 2·l·2·r - Σ 2 b² over sites and bonds, a quarter of it (the phase is no parameter of it).
    [(20, 4, 136), (32, 8, 864), (20, 16, 1664), (50, 2, 98)],
)
def test_counting_bound(n: int, bond: int, bound: int) -> None:
    assert chain_tree(random_chain(n, bond, 0).tensors).shape.bound == bound


def test_a_product_costs_nothing_more_than_its_least() -> None:
    shape = chain_tree(random_chain(6, 1, 0).tensors).shape
    assert sum(node.freedom for node in shape.nodes) <= 4 * 6


def test_the_registers_of_a_tree() -> None:
    state = random_tree(3, 4, seed=0)
    tree = tree_target(state)
    assert [node.sites for node in tree.shape.nodes] == [
        (2, 3, 4, 5),
        (0, 1, 2, 3),
        (4, 5, 6, 7),
    ] or [len(node.sites) for node in tree.shape.nodes] == [4, 4, 4]
    root, *inner = tree.shape.nodes
    assert root.memory == 0
    assert all(node.memory == 2 and node.children == (None, None) for node in inner)


def test_every_wire_of_the_memory_is_one_of_its_child() -> None:
    for state in (random_tree(4, 4, seed=1), random_tree(3, 3, seed=2)):
        nodes = tree_target(state).shape.nodes
        for node in nodes:
            parts = node.sites[: node.cut], node.sites[node.cut :]
            for child, wires in zip(node.children, parts):
                if child is not None:
                    below = nodes[child]
                    assert below.sites[below.place : below.place + below.memory] == wires


def test_sweeps_end_on_the_cut() -> None:
    node = Node((0, 1, 2, 3), 2, 2, 1, (None, None), (4, 4, 4))
    assert node.laid_out(7).pairs == (0, 2, 1, 0, 2, 1, 0)
    assert Node((0, 1, 2), 1, 2, 0, (None, None), (2, 4, 4)).laid_out(4).pairs == (1, 0, 1, 0)


def test_filled_and_at_most() -> None:
    shape = chain_tree(random_chain(14, 4, 0).tensors).shape
    assert [len(node.pairs) for node in shape.filled(1.0).nodes] == [1, 4, *[8] * 9, 12]
    small = shape.filled(1.0).at_most(3)
    assert max(len(node.pairs) for node in small.nodes) == 3
    assert shape.filled(1.5).size > shape.filled(1.05).size > shape.bound


def test_where_depth_and_ends() -> None:
    shape = chain_tree(random_chain(5, 2, 0).tensors).shape.filled(1.0)
    assert shape.where[0] == (0, 1)
    assert shape.size == len(shape.where)
    assert shape.depth == shape.size  # a staircase
    last = {site: k for k, pair in enumerate(shape.where) for site in pair}
    assert shape.ends.tolist() == sorted(set(last.values()))


def test_blocks_lie_on_the_sites() -> None:
    shape = tree_target(random_tree(3, 4, seed=0)).shape.filled(1.0)
    blocks = shape.blocks(np.tile(np.eye(4), (shape.size, 1, 1)))
    assert blocks.size == shape.size
    assert [sites for sites, _ in blocks.gates] == shape.where
