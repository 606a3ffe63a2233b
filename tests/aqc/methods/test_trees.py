"""Registers along a tree."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_chain, random_tree
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.methods.trees import Tree
from qtn.errors import ArgumentError


@pytest.mark.parametrize(("bond", "seed"), [(2, 0), (4, 1)])
def test_a_random_tree_is_exact_near_the_bound(bond: int, seed: int) -> None:
    state = random_tree(3, bond, seed)
    short = qtn.compile(state, Tree(fullness=1.2), seed=seed)
    assert short.infidelity < 1e-10
    overlap = np.vdot(state.to_dense(), Statevector(short.circuit).data)
    assert 1 - abs(overlap) ** 2 < 1e-10


def test_depth_follows_the_height() -> None:
    low, high = (
        qtn.compile(random_tree(h, 4, 0), Tree(per_node=6, steps=30)).two_qubit_depth
        for h in (3, 5)
    )
    assert high <= 2 * low


def test_real_trees_have_real_gates() -> None:
    short = qtn.compile(random_tree(3, 2, 5, real=True), Tree(fullness=1.3))
    assert short.infidelity < 1e-9
    assert all(matrix.dtype == np.float64 for _, matrix in short.sequence.gates)


def test_a_chain_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"must be a tree .* Compile it with Window"):
        qtn.compile(random_chain(6, 2, 0), Tree())


def test_goes_on_from_a_result() -> None:
    state = random_tree(3, 4, 2)
    first = qtn.compile(state, Tree(steps=40))
    assert qtn.compile(state, Tree(start=first, steps=40)).infidelity < first.infidelity
