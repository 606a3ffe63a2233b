"""Overlap and gradient of circuits along trees against dense vectors."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.dense import blocks_vector
from aqc.random_states import random_chain, random_tree
from hypothesis import given, settings
from hypothesis import strategies as st

import qtn
from qtn.aqc.kernels.gates import joined
from qtn.aqc.kernels.nodes import NodesKernel
from qtn.aqc.search.entanglers import Entanglers
from qtn.aqc.search.registers import tree_target
from qtn.aqc.shape.chain_trees import chain_tree
from qtn.aqc.shape.nodes import TargetTree


def vector(state: qtn.MPS | qtn.TTN) -> np.ndarray:
    """Return the amplitudes, site 0 most significant."""
    return state.to_dense().reshape([2] * state.n).transpose().reshape(-1)


def target(kind: str, seed: int) -> tuple[qtn.MPS | qtn.TTN, TargetTree]:
    if kind == "chain":
        bond = int(np.random.default_rng(seed).integers(1, 6))
        state = random_chain(7, bond, seed)
        return state, chain_tree(state.tensors)
    tree = random_tree(3, 3 + seed % 3, seed)
    return tree, tree_target(tree)


@given(st.sampled_from(["chain", "tree"]), st.integers(0, 10**6), st.sampled_from([0.3, 1.0, 1.3]))
@settings(max_examples=25, deadline=None)
def test_overlap_and_environments(kind: str, seed: int, fullness: float) -> None:
    state, tree = target(kind, seed)
    shape = tree.shape.filled(fullness)
    gates = Entanglers(shape.size, shape.ends, False).random(np.random.default_rng(seed))
    kernel = NodesKernel(tree, shape)
    value, environments = kernel.evaluate(gates)
    wanted = np.vdot(vector(state), blocks_vector(shape.blocks(joined(gates))))
    assert value == pytest.approx(wanted, abs=1e-12)
    # f is linear in every gate: Σ environment * gate is f again, and so is it with another gate.
    assert np.allclose((joined(environments) * joined(gates)).sum((1, 2)), wanted, atol=1e-11)
    other, k = gates.copy(), seed % shape.size
    other[k] = np.random.default_rng(1).normal(size=(2, 4, 4))
    q, _ = np.linalg.qr(joined(other)[k])
    other[k] = q.real, q.imag
    environment = joined(environments)[k].copy()
    changed = np.vdot(vector(state), blocks_vector(shape.blocks(joined(other))))
    assert (environment * q).sum() == pytest.approx(changed, abs=1e-11)


def test_the_kernel_gives_the_same_twice() -> None:
    _, tree = target("tree", 3)
    shape = tree.shape.filled(1.0)
    gates = Entanglers(shape.size, shape.ends, False).random(np.random.default_rng(0))
    kernel = NodesKernel(tree, shape)
    first = kernel.evaluate(gates)
    environments = first[1].copy()
    again = kernel.evaluate(gates)
    assert again[0] == first[0]
    assert np.array_equal(again[1], environments)


def test_memory_may_be_wider_than_the_bond() -> None:
    state = random_chain(6, 3, 5)  # bond 3 on two wires
    tree = chain_tree(state.tensors)
    shape = tree.shape.filled(1.0)
    gates = Entanglers(shape.size, shape.ends, True).random(np.random.default_rng(2))
    value, _ = NodesKernel(tree, shape).evaluate(gates)
    wanted = np.vdot(vector(state), blocks_vector(shape.blocks(joined(gates))))
    assert value == pytest.approx(wanted, abs=1e-12)
