"""Closed networks: values, hyperedges, slices, executors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from qtn.errors import VerificationError
from qtn.states import closed_networks
from qtn.states.closed_networks import Network, plan_contraction


@dataclass(frozen=True)
class Allowed:
    seconds: float = 10.0
    memory: float = 1e9
    seed: int = 0


def ring(n: int, size: int) -> tuple[Network, list[np.ndarray]]:
    rng = np.random.default_rng(0)
    matrices = [rng.normal(size=(size, size)) for _ in range(n)]
    network = Network()
    bonds = [network.index(size) for _ in range(n)]
    for k, matrix in enumerate(matrices):
        network.add(matrix, bonds[k], bonds[(k + 1) % n])
    return network, matrices


def test_a_ring_is_a_trace() -> None:
    network, matrices = ring(5, 4)
    plan = plan_contraction(network, Allowed())
    assert plan.evaluate() == pytest.approx(np.trace(np.linalg.multi_dot(matrices)))
    assert plan.seconds > 0
    others = [2.0 * m for m in matrices]
    assert plan.evaluate(arrays=others) == pytest.approx(32 * plan.evaluate())


def test_indices_that_many_share_and_indices_of_one() -> None:
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=(1, 2))
    network = Network()
    long, common, single = network.index(3), network.index(), network.index(1)
    network.add(a, long, common)
    network.add(b, common)
    network.add(c, single, common)
    other = network.index(3)
    network.add(np.ones(3), other)
    network.rename(other, long)
    exact = np.einsum("lk,k,sk,l->", a, b, c, np.ones(3))
    assert plan_contraction(network, Allowed()).evaluate() == pytest.approx(exact)


def test_slices_and_executors_change_nothing() -> None:
    network, matrices = ring(4, 64)
    plan = plan_contraction(network, Allowed(memory=64 * 2**10))
    assert plan.slices > 1
    exact = np.trace(np.linalg.multi_dot(matrices))
    with ThreadPoolExecutor(2) as pool:
        assert plan.evaluate(pool) == plan.evaluate() == pytest.approx(exact)


def test_a_step_of_too_many_indices_says_so() -> None:
    letters = [chr(200 + k) for k in range(53)]
    with pytest.raises(VerificationError, match="holds 53 indices, too many for numpy"):
        closed_networks._einsum("".join(letters) + "->", np.ones(()))
