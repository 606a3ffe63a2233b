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


@pytest.mark.parametrize("seed", [0, 1])
def test_leaves_of_any_names(seed: int) -> None:
    state = random_tree(3, 4, seed)
    name = np.random.default_rng(seed).permutation(8).tolist()
    pairs = tuple(tuple(name[c] if c < 8 else c for c in pair) for pair in state.pairs)
    named = qtn.TTN(state.tensors, pairs)
    short = qtn.compile(named, Tree(fullness=1.2), seed=seed)
    assert short.infidelity < 1e-10
    overlap = np.vdot(named.normalised().to_dense(), Statevector(short.circuit).data)
    assert 1 - abs(overlap) ** 2 < 1e-10


def test_a_tree_of_any_form() -> None:
    rng = np.random.default_rng(4)
    shapes = [(2, 2, 3), (2, 3, 4), (2, 4, 5), (5, 2, 3), (3, 2, 1)]
    pairs = ((2, 0), (5, 6), (3, 7), (8, 1), (9, 4))
    state = qtn.TTN(tuple(rng.normal(size=s) for s in shapes), pairs).normalised()
    short = qtn.compile(state, Tree(fullness=2.0), min_fidelity=1 - 1e-6)
    overlap = np.vdot(state.to_dense(), Statevector(short.circuit).data)
    assert 1 - abs(overlap) ** 2 == pytest.approx(short.infidelity, abs=1e-12)


def test_many_leaves_without_a_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qtn.TTN, "to_mps", None)  # unrolling it would take too long
    state = random_tree(6, 2, 0)
    name = np.random.default_rng(0).permutation(64).tolist()
    pairs = tuple(tuple(name[c] if c < 64 else c for c in pair) for pair in state.pairs)
    short = qtn.compile(qtn.TTN(state.tensors, pairs), Tree(), min_fidelity=0.99)
    assert short.infidelity <= 0.01
    assert short.provenance["fidelity by"] == "exact tree contraction"
