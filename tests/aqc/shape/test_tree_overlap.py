"""Overlaps with trees: exact for circuits in their shape, None for those that are not."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_tree
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.kernels.gates import plain, unitary
from qtn.aqc.search.entanglers import Entanglers
from qtn.aqc.search.registers import tree_target
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import to_circuit
from qtn.aqc.shape.tree_overlap import certify_tree, chain_bond


def shuffled(state: qtn.TTN, seed: int) -> qtn.TTN:
    """The same tree with other names of its leaves."""
    name = np.random.default_rng(seed).permutation(state.n).tolist()
    pairs = tuple(tuple(name[c] if c < state.n else c for c in pair) for pair in state.pairs)
    return qtn.TTN(state.tensors, pairs)


def circuit_of(state: qtn.TTN, fullness: float, seed: int, beside: bool = False) -> Blocks:
    shape = tree_target(state, beside=beside).shape.filled(fullness)
    gates = Entanglers(shape.size, shape.ends, False).random(np.random.default_rng(seed))
    return shape.blocks(plain(unitary(gates), False))


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize(("height", "bond", "seed"), [(2, 2, 0), (3, 3, 1), (3, 4, 2)])
def test_the_overlap_of_circuits_in_the_shape(height, bond, seed, beside) -> None:
    state = shuffled(random_tree(height, bond, seed), seed)
    blocks = circuit_of(state, 0.8, seed, beside)
    found = certify_tree(state, blocks)
    vector = Statevector(to_circuit(blocks)).data
    fidelity = abs(np.vdot(state.normalised().to_dense(), vector)) ** 2
    assert found is not None
    assert found.infidelity == pytest.approx(1.0 - fidelity, abs=1e-12)
    assert found.floor <= 1.0 - found.infidelity
    assert found.floor == pytest.approx(1.0 - found.infidelity, abs=1e-11)
    assert found.method == "exact tree contraction"


def test_any_small_circuit() -> None:
    state = random_tree(2, 4, 0)
    rng = np.random.default_rng(0)
    gates = []
    for _ in range(12):
        a, b = (int(k) for k in rng.choice(4, 2, replace=False))
        gates.append(((a, b), np.linalg.qr(rng.normal(size=(4, 4)))[0]))
        gates.append(((a,), np.linalg.qr(rng.normal(size=(2, 2)))[0]))
    blocks = Blocks(4, gates)
    found = certify_tree(state, blocks)
    fidelity = abs(np.vdot(state.normalised().to_dense(), Statevector(to_circuit(blocks)).data))
    assert found is not None
    assert found.infidelity == pytest.approx(1.0 - fidelity**2, abs=1e-12)
    assert certify_tree(state, blocks, largest=16) is None


def test_large_trees_cost_little() -> None:
    state = shuffled(random_tree(7, 4, 3), 3)
    found = certify_tree(state, circuit_of(state, 1.0, 0))
    assert found is not None
    assert found.infidelity > 0.99


@pytest.mark.parametrize(("height", "bond", "seed"), [(3, 2, 0), (4, 4, 1), (3, 3, 2)])
def test_the_bound_of_the_chain(height: int, bond: int, seed: int) -> None:
    state = random_tree(height, bond, seed)
    assert chain_bond(state) == state.to_mps().max_bond
    if height < 4:  # a chain of bond 256 takes minutes
        other = shuffled(state, seed)
        assert chain_bond(other) >= other.to_mps().max_bond
