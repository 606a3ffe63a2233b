"""Registers that go on from smaller ones."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_chain, random_tree

import qtn
from qtn.aqc.kernels.nodes import NodesKernel
from qtn.aqc.methods.trees import Tree
from qtn.aqc.methods.window import Window
from qtn.aqc.search.continued import enlarged
from qtn.aqc.search.registers import tree_target
from qtn.aqc.shape.chain_trees import chain_tree
from qtn.errors import ArgumentError


@pytest.mark.parametrize("fullness", [0.75, 1.0, 1.3])
@pytest.mark.parametrize("bond", [2, 4, 6])
def test_a_larger_shape_holds_the_smaller_circuit(bond: int, fullness: float) -> None:
    state = random_chain(8, bond, 1)
    few = qtn.compile(state, Window(0.6, steps=30, tries=1))
    tree = chain_tree(state.tensors)
    plain = tree.shape.filled(fullness)
    shape, gates = enlarged(plain, few)
    assert few.blocks <= shape.size <= plain.size
    assert plain.size - shape.size <= len(plain.nodes)
    overlap = NodesKernel(tree, shape).evaluate(gates)[0]
    assert 1 - abs(overlap) ** 2 == pytest.approx(few.infidelity, abs=1e-12)


def test_trees_too() -> None:
    state = random_tree(3, 4, 0)
    few = qtn.compile(state, Tree(0.5, steps=30, tries=1))
    tree = tree_target(state)
    shape, gates = enlarged(tree.shape.filled(0.9), few)
    overlap = NodesKernel(tree, shape).evaluate(gates)[0]
    assert 1 - abs(overlap) ** 2 == pytest.approx(few.infidelity, abs=1e-12)
    assert shape.size > few.blocks


def test_the_same_shape_stays() -> None:
    state = random_chain(8, 4, 1)
    same = qtn.compile(state, Window(0.8, steps=5, tries=1))
    shape = chain_tree(state.tensors).shape.filled(0.8)
    assert enlarged(shape, same)[0] is shape


def test_what_does_not_fit_is_refused() -> None:
    shape = chain_tree(random_chain(8, 4, 1).tensors).shape.filled(0.6)
    blocks = qtn.aqc.Blocks(8, [((0, 7), np.eye(4))])
    ghz = np.zeros(256)
    ghz[[0, 255]] = 0.5**0.5
    large = qtn.compile(random_chain(8, 4, 1), Window(1.0, steps=0))
    for start in (qtn.compile(ghz, _Fixed(blocks)), large):
        with pytest.raises(ArgumentError, match=r"of the same shape, .*or of a smaller one"):
            enlarged(shape, start)


class _Fixed(qtn.aqc.Method):
    def __init__(self, blocks: qtn.aqc.Blocks) -> None:
        self.blocks = blocks

    def solve(self, job: qtn.aqc.search.job.Job) -> qtn.aqc.Solution:
        return qtn.aqc.Solution(self.blocks)
