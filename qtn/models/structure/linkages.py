"""Which tree joins the columns of a table.

A tree carries what the columns below a node and all others share through one bond, so columns that
know of each other should be joined early. Two trees are made from the mutual information of all
pairs of columns (`qtn.models.structure.orders`):

linkage: the two groups of columns with the largest mean information between their members are
    joined, again and again (average linkage, Sokal and Michener 1958).
chow-liu: the tree of the largest information (Chow and Liu, IEEE Trans. Inf. Theory 14, 462
    (1968)), hung up at its middle; a column is joined to its branches one after another, those that
    it knows most about first. Every bond then cuts one edge of that tree, or edges of one column:
    its density, the best of all trees of pairwise dependences, needs no bond larger than the number
    of values of a column.

Neither is best on all tables, nor better than neighbours joined in the order given: models choose
by validation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qtn.models.networks.trees import Pairs
from qtn.models.structure.orders import Floats, farthest, largest_tree, pairwise_information

TREES = ("linkage", "chow-liu")


def information_tree(name: str, rows: Floats, weights: Floats | None = None) -> Pairs:
    """Return the tree of that name (one of `TREES`) for the columns of a table.

    Args:
        name: "linkage" or "chow-liu".
        rows: shape (rows, columns).
        weights: of the rows; None: all alike.
    """
    information = pairwise_information(rows, weights)
    return linkage(information) if name == "linkage" else chow_liu(information)


def linkage(information: Floats) -> Pairs:
    """Return the tree of average linkage; see the module.

    Args:
        information: of all pairs of columns, shape (columns, columns), symmetric.

    Cost: columns³.

    Example:
        >>> linkage(np.array([[0, 0, 2.0], [0, 0, 1], [2, 1, 0]]))
        ((0, 2), (3, 1))
    """
    near: Any = np.array(information, dtype=float)
    np.fill_diagonal(near, -np.inf)
    n = len(near)
    numbers, sizes, pairs = list(range(n)), np.ones(n), []
    for _ in range(n - 1):
        a, b = sorted(divmod(int(near.argmax()), n))
        pairs.append((numbers[a], numbers[b]))
        numbers[a] = n + len(pairs) - 1
        mean = (sizes[a] * near[a] + sizes[b] * near[b]) / (sizes[a] + sizes[b])
        near[a], near[:, a] = mean, mean
        near[b], near[:, b] = -np.inf, -np.inf
        near[a, a], sizes[a] = -np.inf, sizes[a] + sizes[b]
    return tuple(pairs)


def chow_liu(information: Floats) -> Pairs:
    """Return the tree of the largest information as a binary tree; see the module.

    Args:
        information: of all pairs of columns, shape (columns, columns), symmetric.

    Cost: columns².

    Example:
        >>> chow_liu(np.array([[0, 0, 2.0], [0, 0, 1], [2, 1, 0]]))
        ((2, 0), (3, 1))
    """
    tree = largest_tree(information)
    end = farthest(tree, 0)[0]
    middle, before = farthest(tree, end)
    length, node = 0, middle
    while node != end:
        node, length = before[node], length + 1
    for _ in range(length // 2):
        middle = before[middle]
    _, above = farthest(tree, middle)
    order = [middle]
    for column in order:
        order += [other for other in tree[column] if other != above[column]]
    n, pairs = len(tree), list[tuple[int, int]]()
    number = list(range(n))
    for column in reversed(order):
        branches = [other for other in tree[column] if other != above[column]]
        for other in sorted(branches, key=lambda o: -information[column, o]):
            pairs.append((number[column], number[other]))
            number[column] = n + len(pairs) - 1
    return tuple(pairs)
