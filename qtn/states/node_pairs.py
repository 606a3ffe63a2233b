"""Which two numbers every node of a binary tree joins: checked, or the balanced tree."""

from __future__ import annotations

from typing import Any

from qtn._checks import bounded_int, fail, items
from qtn.states.kernels.tree_sweeps import Pairs

__all__ = ["balanced", "checked_pairs"]


def balanced(sites: int) -> Pairs:
    """Return the tree that joins neighbours of a line, then neighbouring pairs, and so on.

    Example:
        >>> balanced(4)
        ((0, 1), (2, 3), (4, 5))
    """
    pairs: list[tuple[int, int]] = []
    level = list(range(sites))
    while len(level) > 1:
        joined = list(zip(level[::2], level[1::2]))
        first = sites + len(pairs)
        pairs += joined
        level = [*range(first, first + len(joined)), *level[2 * len(joined) :]]
    return tuple(pairs)


def checked_pairs(pairs: Any, name: str = "pairs") -> Pairs:
    """Return the pairs of a tree as tuples of integers of at least 0."""
    found = []
    for k, pair in enumerate(items(name, pairs, "the two children of every node")):
        children = items(f"{name}[{k}]", pair, "the two children of a node")
        if len(children) != 2:
            raise fail(f"{name}[{k}]", "the two children of a node", pair)
        a, b = (bounded_int(f"{name}[{k}][{i}]", child, 0) for i, child in enumerate(children))
        found.append((a, b))
    return tuple(found)
