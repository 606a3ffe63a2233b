"""Cut chains and trees: what is lost is what the cuts say."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.states.tucker.bonds import cut_bonds, nodes_of

PAIRS = ((0, 1), (2, 3), (4, 5), (6, 7), (9, 8))


def tree() -> qtn.TTN:
    rng = np.random.default_rng(1)
    sides = [(2, 2, 4), (2, 2, 4), (2, 2, 4), (4, 4, 6), (4, 6, 1)]
    # Node 6 + k; the last two join nodes 6 and 7, then 9 and 8.
    tensors = [rng.normal(size=s) + 1j * rng.normal(size=s) for s in sides]
    tensors[4] = rng.normal(size=(6, 4, 1))
    return qtn.TTN(tuple(tensors), PAIRS).normalised()


def test_nodes_of_a_tree() -> None:
    state = tree()
    nodes = nodes_of(state)
    assert [node.children for node in nodes] == [(), (), (), (0, 1), (3, 2)]
    assert [node.sites for node in nodes] == [4, 4, 4, 1, 1]
    for k, node in enumerate(nodes[:-1]):
        exact = state.schmidt_values(state.n + k) ** 2
        assert node.tails == pytest.approx(
            np.append(np.cumsum(exact[::-1])[-2::-1], 0.0), abs=1e-12
        )


def test_nodes_of_a_chain() -> None:
    state = qtn.MPS.from_dense(np.random.default_rng(0).normal(size=16)).normalised()
    nodes = nodes_of(state)
    assert [node.children for node in nodes] == [(), (0,), (1,), (2,)]
    assert [len(node.tails) for node in nodes] == [2, 4, 2, 1]
    assert nodes[1].tails[0] == pytest.approx(1.0 - state.schmidt_values(2)[0] ** 2)


def test_what_a_tree_loses() -> None:
    state = tree()
    found, lost = cut_bonds(state, (3, 2, 4, 3))
    assert found.bonds == (3, 2, 4, 3)
    assert found.norm() == pytest.approx(1.0)
    # One orthogonal projection: the fidelity is what is left.
    assert 1.0 - found.fidelity(state) == pytest.approx(lost, rel=1e-9)
    whole, none = cut_bonds(state, state.bonds)
    assert none == 0.0
    assert whole.fidelity(state) == pytest.approx(1.0)


def test_what_a_chain_loses() -> None:
    state = qtn.MPS.from_dense(np.random.default_rng(3).normal(size=64)).normalised()
    found, lost = cut_bonds(state, (2, 3, 5, 3, 2))
    assert found.bonds == (2, 3, 5, 3, 2)
    assert found.infidelity(state) == pytest.approx(lost, rel=1e-9)
