"""Orders of contraction: whole, consistent with the labels, and cheap where that is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.hybrid.refine.contraction.paths import Network, best_order

ROWS = 0


def replayed(network, order):
    """The labels of all tensors, checked against those that the order states."""
    tensors = dict(enumerate(network.tensors))
    for k, (a, b) in enumerate(order.pairs):
        tensors[len(network.tensors) + k] = network.joined(tensors.pop(a), tensors.pop(b))
        assert tensors[len(network.tensors) + k] == order.results[k]
    return tensors


@st.composite
def networks(draw):
    """Any graph of tensors, some of them with rows."""
    count = draw(st.integers(1, 9))
    tensors = [set() for _ in range(count)]
    for wire in range(1, draw(st.integers(0, 14)) + 1):
        if count > 1:
            a, b = draw(st.permutations(range(count)))[:2]
            tensors[a].add(wire)
            tensors[b].add(wire)
    for tensor in tensors:
        if draw(st.booleans()):
            tensor.add(ROWS)
    sizes = {k: draw(st.integers(1, 4)) for k in range(1, 15)} | {ROWS: 50}
    return Network(tuple(frozenset(t) for t in tensors), sizes, frozenset({ROWS}))


@given(networks())
@settings(max_examples=60, deadline=None)
def test_everything_is_contracted_once(network):
    order = best_order(network)
    tensors = replayed(network, order)
    assert len(tensors) == 1
    (left,) = tensors.values()
    assert left == (frozenset({ROWS}) if any(ROWS in t for t in network.tensors) else frozenset())
    assert order.cost == pytest.approx(cost(network, order))


def cost(network, order):
    tensors, total = dict(enumerate(network.tensors)), 0.0
    for k, (a, b) in enumerate(order.pairs):
        x, y = tensors.pop(a), tensors.pop(b)
        tensors[len(network.tensors) + k], total = network.joined(x, y), total + network.cost(x, y)
    return total


def circuit(n, pairs, rows):
    """The network of a circuit of gates on pairs, with a vector on every site."""
    ends, gates, wire = [None] * n, [], 0
    for sites in pairs:
        before = [ends[s] for s in sites if ends[s] is not None]
        for s in sites:
            wire += 1
            ends[s] = wire
        gates.append(([ends[s] for s in sites], before))
    tensors = [frozenset((*after, *before)) for after, before in gates]
    tensors += [frozenset({end, ROWS} - {None}) for end in ends]
    sizes = dict.fromkeys(range(1, wire + 1), 2) | {ROWS: rows}
    return Network(tuple(tensors), sizes, frozenset({ROWS}), tuple(gates))


def widest(network, order):
    """Wires of the largest result that has rows."""
    return max(len(labels) - 1 for labels in order.results if ROWS in labels)


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_staircases_take_few_wires(layers):
    pairs = [(k, k + 1) for k in range(15)] * layers
    network = circuit(16, pairs, 1000)
    order = best_order(network)
    replayed(network, order)
    assert widest(network, order) <= layers + 2


def test_brickwalls_and_trees_take_few_wires():
    bricks = [(k, k + 1) for layer in range(6) for k in range(layer % 2, 29, 2)]
    wall = circuit(30, bricks, 1000)
    assert widest(wall, best_order(wall)) <= 7
    tree, step = [], 32
    while step:
        tree += [(k, k + step) for k in range(0, 64, 2 * step)]
        step //= 2
    leaves = circuit(64, tree, 1000)
    assert widest(leaves, best_order(leaves)) <= 2


def test_deep_circuits_on_few_sites_are_contracted_once_for_all_rows():
    rng = np.random.default_rng(0)
    pairs = [tuple(rng.permutation(8)[:2]) for _ in range(60)]
    network = circuit(8, pairs, 1000)
    order = best_order(network)
    tensors = dict(enumerate(network.tensors))
    with_rows = 0
    for k, (a, b) in enumerate(order.pairs):
        x, y = tensors.pop(a), tensors.pop(b)
        tensors[len(network.tensors) + k] = network.joined(x, y)
        with_rows += ROWS in x | y
    assert with_rows < 20  # 60 gates
