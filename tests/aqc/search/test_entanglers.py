"""Steps and gradients of entanglers."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_chain
from scipy.linalg import expm

from qtn.aqc.kernels.gates import joined
from qtn.aqc.kernels.nodes import NodesKernel
from qtn.aqc.search.entanglers import CX, Entanglers
from qtn.aqc.shape.chain_trees import chain_tree
from qtn.states.operators import FACTORS

PAULI = [FACTORS[name] for name in "XYZ"]


def generator(row: np.ndarray) -> np.ndarray:
    one = sum(a * p for a, p in zip(row[:3], PAULI))
    two = sum(a * p for a, p in zip(row[3:], PAULI))
    return 1j * (np.kron(one, np.eye(2)) + np.kron(np.eye(2), two))


def test_a_step_multiplies_on_the_right_and_at_ends_on_the_left() -> None:
    rng = np.random.default_rng(0)
    moves = Entanglers(3, np.array([1, 2]), False)
    gates = moves.random(rng)
    step = rng.normal(size=moves.shape)
    after = joined(moves.moved(gates, step))
    for k, gate in enumerate(joined(gates)):
        wanted = gate @ expm(generator(step[k]))
        if k in (1, 2):
            wanted = expm(generator(step[3 + k - 1])) @ wanted
        assert np.allclose(after[k], wanted)


@pytest.mark.parametrize("real", [False, True])
def test_gradient_by_differences(real: bool) -> None:
    state = random_chain(6, 3, 1, real)
    tree = chain_tree(state.tensors)
    shape = tree.shape.filled(1.0)
    moves = Entanglers(shape.size, shape.ends, real)
    rng = np.random.default_rng(2)
    gates = moves.random(rng)
    kernel = NodesKernel(tree, shape)
    gradient = moves.gradient(gates, kernel.evaluate(gates)[1], kernel.evaluate(gates)[0])
    direction = rng.normal(size=moves.shape)
    if real:
        direction[:, [0, 2, 3, 5]] = 0.0

    def value(scale: float) -> float:
        return -2 * np.log(abs(kernel.evaluate(moves.moved(gates, scale * direction))[0]))

    slope = (value(1e-5) - value(-1e-5)) / 2e-5
    assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("real", [False, True])
def test_random_gates_hold_one_cx(real: bool) -> None:
    moves = Entanglers(4, np.array([3]), real)
    gates = moves.random(np.random.default_rng(5))
    assert np.allclose(joined(gates) @ joined(gates).conj().mT, np.eye(4))
    assert real == (not gates[:, 1].any())
    inner = joined(gates)[:3]
    local = CX @ inner  # u ⊗ v: a product has a single Schmidt value
    parts = local.reshape(-1, 2, 2, 2, 2).transpose(0, 1, 3, 2, 4).reshape(-1, 4, 4)
    assert np.allclose(np.linalg.svd(parts, compute_uv=False)[:, 1:], 0.0, atol=1e-12)


def test_same_seed_same_gates() -> None:
    moves = Entanglers(4, np.array([3]), False)
    first, again = (moves.random(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)
