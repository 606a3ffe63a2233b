"""Reading targets as trees."""

from __future__ import annotations

import pytest
from aqc.random_states import random_chain, random_tree

from qtn.aqc.search.registers import tree_target
from qtn.errors import ArgumentError


def test_only_trees_are_trees() -> None:
    assert tree_target(random_tree(2, 4, 0)).shape.n == 4
    with pytest.raises(ArgumentError, match=r"must be a tree .* but is a chain"):
        tree_target(random_chain(4, 2, 0))
