"""Exact circuits of chains, register after register."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import numpy as np
import pytest
from aqc.random_states import random_chain

from qtn.aqc.kernels.nodes import NodesKernel
from qtn.aqc.search.sitewise import Register, Split, exact_gates, expected_seconds
from qtn.aqc.shape.chain_trees import chain_tree


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("bond", [2, 3, 4])
def test_the_circuit_is_the_target(bond: int, real: bool) -> None:
    tree = chain_tree(random_chain(9, bond, bond, real).tensors)
    shape = tree.shape.filled(1.0)
    gates = exact_gates(tree, shape, real, np.random.default_rng(0), 10)
    assert gates is not None
    assert not (real and gates[:, 1].any())
    assert abs(NodesKernel(tree, shape).evaluate(gates)[0]) == pytest.approx(1.0, abs=1e-13)


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("last", [False, True])
def test_derivatives(real: bool, last: bool) -> None:
    rng = np.random.default_rng(1)
    tree = chain_tree(random_chain(8, 4, 1, real).tensors)
    node = tree.shape.filled(1.0).nodes[-1 if last else 2]
    dim = 2 ** len(node.sites)

    def drawn(*shape: int) -> np.ndarray:
        return rng.normal(size=shape) + (0.0 if real else 1j * rng.normal(size=shape))

    split = np.linalg.svd(drawn(4, 8))
    wanted = drawn(dim, 4) if last else Split(split[2][:4], split[2][4:], split[1], split[0])
    register = Register(node, drawn(2**node.memory, 4), wanted, real)
    gates = register.moves.random(rng)
    found, step = register.jacobian(gates), 1e-6
    for row, axis in zip(found, np.eye(len(found)) * step):
        ahead, behind = (register.residual(register.moved(gates, a)) for a in (axis, -axis))
        assert np.allclose((ahead - behind) / (2 * step), row, atol=1e-6)


def test_a_register_with_too_few_gates_has_no_solution() -> None:
    tree = chain_tree(random_chain(6, 4, 0).tensors)
    assert exact_gates(tree, tree.shape.filled(0.7), False, np.random.default_rng(0), 2) is None


def test_the_nearest_gates_where_asked() -> None:
    tree = chain_tree(random_chain(6, 4, 0).tensors)
    shape = tree.shape.filled(0.8)
    gates = exact_gates(tree, shape, False, np.random.default_rng(0), 2, nearest=True)
    assert gates is not None
    assert 0.5 < abs(NodesKernel(tree, shape).evaluate(gates)[0]) < 1 - 1e-6


def test_ends_when_told() -> None:
    tree = chain_tree(random_chain(6, 4, 0).tensors)
    shape = tree.shape.filled(1.0)
    assert exact_gates(tree, shape, False, np.random.default_rng(0), 9, lambda: True) is None


def test_larger_bonds_are_expected_to_take_longer() -> None:
    expected = [
        expected_seconds(chain_tree(random_chain(12, bond, 0).tensors).shape)
        for bond in (8, 12, 16)
    ]
    assert expected == sorted(expected)
    assert 0.1 < expected[0] < expected[-1] < 100


def test_small_products_stay_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def noted(most: int) -> AbstractContextManager[None]:
        asked.append(most)
        return nullcontext()

    monkeypatch.setattr("qtn.aqc.search.sitewise.few_threads", noted)
    tree = chain_tree(random_chain(5, 4, 0).tensors)
    exact_gates(tree, tree.shape.filled(1.0), False, np.random.default_rng(0), 1, lambda: True)
    assert asked == [1]
