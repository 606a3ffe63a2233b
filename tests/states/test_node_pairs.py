"""Pairs of binary trees."""

from __future__ import annotations

import pytest

import qtn
from qtn.states.node_pairs import balanced, checked_pairs


def test_balanced_trees_use_every_number_once():
    for sites in (2, 3, 5, 8, 13):
        pairs = balanced(sites)
        assert sorted(c for pair in pairs for c in pair) == list(range(2 * sites - 2))


def test_pairs_are_read_as_integers_or_refused():
    assert checked_pairs([[0, 1], [2, 3]]) == ((0, 1), (2, 3))
    for bad in ([[0]], [[0, 1, 2]], [[0, -1]], [[0, 1.5]], 3):
        with pytest.raises(qtn.ArgumentError, match=r"children|pairs"):
            checked_pairs(bad)
