"""The best bonds of chains and trees equal those of an enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.states.tucker import bond_fronts
from qtn.states.tucker.bond_fronts import Node, best_bonds


def falling(rng: np.random.Generator, n: int) -> np.ndarray:
    weights = np.sort(rng.random(n + 1) ** 4)[::-1]
    weights /= weights.sum()
    tail = np.cumsum(weights[::-1])[::-1][1:]
    return np.append(tail[:-1], 0.0)


def example(kind: str, seed: int) -> list[Node]:
    rng = np.random.default_rng(seed)
    if kind == "chain":
        bonds = [2, 4, 4, 2]
        losses = [*(falling(rng, b) for b in bonds), np.zeros(1)]
        return [Node((k - 1,) if k else (), 2, loss) for k, loss in enumerate(losses)]
    # Two pairs of sites and a third one with a site of its own beside.
    return [
        Node((), 4, falling(rng, 4)),
        Node((), 4, falling(rng, 4)),
        Node((0, 1), 1, falling(rng, 5)),
        Node((2,), 5, np.zeros(1)),
    ]


def cost(nodes: list[Node], ranks: tuple[int, ...]) -> tuple[float, int, bool]:
    edges = [*ranks, 1]
    count, allowed, loss = 0, True, 0.0
    for k, node in enumerate(nodes):
        sides = [edges[c] for c in node.children] + [edges[k]]
        volume = node.sites * int(np.prod(sides))
        allowed &= all(s * s <= volume for s in sides)
        count += volume
        loss += node.tails[edges[k] - 1]
    return loss, count, allowed


@settings(max_examples=25)
@given(st.sampled_from(["chain", "tree"]), st.integers(0, 999), st.integers(0, 80))
def test_the_best_bonds_are_those_of_an_enumeration(kind: str, seed: int, more: int) -> None:
    nodes = example(kind, seed)
    most = sum(node.sites for node in nodes) + more
    tried = itertools.product(*(range(1, len(node.tails) + 1) for node in nodes[:-1]))
    costs = [cost(nodes, ranks) for ranks in tried]
    best = min(loss for loss, count, allowed in costs if allowed and count <= most)
    found = cost(nodes, best_bonds(nodes, most))
    assert found[0] == pytest.approx(best, abs=1e-14)
    assert found[1] <= most
    assert found[2]


def test_thinned_fronts_stay_near_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = example("chain", 5)
    for most in (20, 40, 60):
        best = cost(nodes, best_bonds(nodes, most))[0]
        with monkeypatch.context() as patch:
            patch.setattr(bond_fronts, "WIDEST", 2)
            thin = cost(nodes, best_bonds(nodes, most))
        assert best <= thin[0] <= best * (1 + bond_fronts.GRAIN) ** len(nodes) + 1e-15
        assert thin[1] <= most
