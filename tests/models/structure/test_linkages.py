"""Trees that join the columns of a table."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.models.networks.trees import Pairs, tree_pairs
from qtn.models.structure.linkages import TREES, chow_liu, information_tree, linkage


def below(pairs: Pairs) -> list[set[int]]:
    """The sites below every number."""
    found = [{i} for i in range(len(pairs) + 1)]
    for a, b in pairs:
        found.append(found[a] | found[b])
    return found


def random_information(columns: int, seed: int) -> np.ndarray:
    half = np.triu(np.random.default_rng(seed).random((columns, columns)), 1)
    return half + half.T


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 12), st.integers(0, 10**6))
def test_every_tree_joins_all_columns_once(columns: int, seed: int) -> None:
    information = random_information(columns, seed)
    for tree in (linkage, chow_liu):
        pairs = tree(information)
        assert tree_pairs(pairs, columns, None) == pairs


def test_columns_that_say_nothing_are_joined_all_the_same() -> None:
    for tree in (linkage, chow_liu):
        assert len(tree_pairs(tree(np.zeros((5, 5))), 5, None)) == 4


def test_linkage_joins_the_groups_of_the_largest_mean() -> None:
    scipy_hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    information = random_information(9, 3)
    condensed = 2.0 - information[np.triu_indices(9, 1)]
    merged = scipy_hierarchy.linkage(condensed, "average")
    wanted = {frozenset(g) for g in below(tuple((int(a), int(b)) for a, b, *_ in merged))}
    assert {frozenset(g) for g in below(linkage(information))} == wanted


def test_every_bond_of_chow_lius_tree_cuts_one_edge_or_those_of_one_column() -> None:
    information = random_information(10, 4)
    # The spanning tree of the largest sum, by trying edges from the largest on.
    group, edges = list(range(10)), []
    for a, b in sorted(itertools.combinations(range(10), 2), key=lambda e: -information[e]):
        if group[a] != group[b]:
            edges.append((a, b))
            old = group[b]
            group = [group[a] if g == old else g for g in group]
    for inside in below(chow_liu(information)):
        cut = [set(e) & inside for e in edges if len(set(e) & inside) == 1]
        assert len(set().union(*cut)) <= 1


def test_a_shuffled_hierarchy_is_found_again() -> None:
    rng = np.random.default_rng(0)
    top = rng.integers(0, 2, 3000)
    halves = [np.where(rng.random(3000) < 0.2, 1 - top, top) for _ in range(2)]
    noisy = [np.where(rng.random(3000) < 0.1, 1 - h, h) for h in halves for _ in range(4)]
    order = rng.permutation(8)
    rows = np.stack(noisy, axis=1)[:, order].astype(float)
    wanted = frozenset(np.flatnonzero(order < 4).tolist())
    groups = {frozenset(g) for g in below(information_tree("linkage", rows))}
    assert wanted in groups or frozenset(range(8)) - wanted in groups
    weights = np.ones(3000)
    for name in TREES:
        assert information_tree(name, rows, weights) == information_tree(name, rows)
