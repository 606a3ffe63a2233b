"""Unitaries on registers prepare chains and trees exactly."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_chain, random_tree
from qiskit import transpile
from qiskit.quantum_info import Operator, Statevector

import qtn
from qtn.aqc.search.registers import tree_target
from qtn.aqc.shape.boxes import boxed, cost, widest
from qtn.aqc.shape.chain_trees import chain_tree

CHAINS = [
    random_chain(6, 4, 0),
    random_chain(7, 3, 1),
    random_chain(5, 8, 2, real=True),
    random_chain(2, 2, 3),
    qtn.MPS.product([[1, 1j], [0, 1], [1, 0], [1, -1]]).normalised(),
]


@pytest.mark.parametrize("state", CHAINS, ids=repr)
def test_chains_are_exact_with_their_phase(state):
    found = Statevector(boxed(chain_tree(state.tensors))).data
    assert np.abs(found - state.to_dense()).max() < 1e-12


@pytest.mark.parametrize("height", [2, 3])
@pytest.mark.parametrize("real", [True, False])
def test_trees_are_exact_with_their_phase(height, real):
    state = random_tree(height, 3, 0, real)
    found = Statevector(boxed(tree_target(state))).data
    assert np.abs(found - state.to_dense()).max() < 1e-12


def test_trees_whose_sites_are_out_of_order():
    vectors = np.random.default_rng(0).normal(size=(3, 2))
    state = qtn.TTN.product(vectors, ((2, 0), (3, 1))).normalised()
    found = Statevector(boxed(tree_target(state))).data
    assert np.abs(found - state.to_dense()).max() < 1e-12


def test_the_same_state_gives_the_same_unitary():
    tree = chain_tree(random_chain(4, 4, 0).tensors)
    assert Operator(boxed(tree)) == Operator(boxed(tree))


@pytest.mark.parametrize(("bond", "wires"), [(2, 2), (4, 3), (8, 4)])
def test_cost_and_width_are_told_beforehand(bond, wires):
    tree = chain_tree(random_chain(8, bond, 0).tensors)
    ready = transpile(boxed(tree), basis_gates=["u", "cx"], optimization_level=1)
    assert widest(tree.shape) == wires
    assert ready.count_ops()["cx"] <= cost(tree.shape)
    assert ready.count_ops()["cx"] >= 0.8 * cost(tree.shape)
