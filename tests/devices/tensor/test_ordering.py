"""Orders of qubits on a chain."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from qtn.devices.tensor.ordering import _cost, chain_order, cheapest_order


def test_circuits_written_for_a_chain_keep_their_order() -> None:
    pairs = [(k, k + 1) for k in range(9)] * 3
    assert cheapest_order(range(10), pairs) == tuple(range(10))
    assert cheapest_order([4, 2, 2], []) == (2, 4)


def test_partners_of_a_swap_test_come_together() -> None:
    h = 6
    pairs = [p for i in range(1, h + 1) for p in ((0, i), (0, h + i), (i, h + i))]
    order = cheapest_order(range(2 * h + 1), pairs)
    place = {q: k for k, q in enumerate(order)}
    assert sorted(order) == list(range(2 * h + 1))
    assert all(abs(place[i] - place[h + i]) <= 2 for i in range(1, h + 1))


@pytest.mark.parametrize("seed", range(5))
def test_never_dearer_than_the_candidates_and_near_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [tuple(map(int, rng.choice(6, 2, replace=False))) for _ in range(7)]
    counts = Counter((min(a, b), max(a, b)) for a, b in pairs)
    found = _cost(cheapest_order(range(6), pairs), counts)
    nodes = sorted({q for pair in pairs for q in pair} | set(range(6)))
    assert found <= _cost(tuple(nodes), counts)
    assert found <= _cost(chain_order(nodes, counts), counts)
    best = min(_cost(order, counts) for order in itertools.permutations(range(6)))
    assert found <= best + np.log(16)
