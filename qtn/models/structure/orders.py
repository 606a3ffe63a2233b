"""In which order the columns of a table stand along a chain.

A chain carries what its two halves share through one bond, so columns that know of each other
should be neighbours. Two orders are made from the mutual information of all pairs:

walk: a depth-first walk through the tree of the largest mutual information (Chow and Liu, IEEE
    Trans. Inf. Theory 14, 462 (1968)), from an end of its longest path, short branches first:
    along a path every column follows the one it knows most about.
fiedler: the columns sorted by the eigenvector of the second smallest eigenvalue of the Laplacian of
    the mutual information, which minimises Σ I_ij (v_i - v_j)² (Barcza et al., Phys. Rev. A 83,
    012508 (2011), for molecular orbitals).

Neither is best on all tables, nor better than the order given: models choose by validation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import choice, permutation

Floats = NDArray[np.float64]
Order = NDArray[np.int64]
ORDERS = ("given", "walk", "fiedler")
# Columns for which other orders than the given one are tried.
FEWEST, WIDEST = 4, 256
# Levels of a column, cut at quantiles, and rows looked at.
_LEVELS, _ROWS = 4, 5000


def site_order(order: Any, rows: Floats, weights: Floats | None = None) -> Order | None:
    """Return the column that every site holds, None for the order given.

    Args:
        order: "given" or None, "walk", "fiedler", or every column's number once.
        rows: shape (rows, columns).
        weights: of the rows; None: all alike.

    Raises:
        ArgumentError: no such order.

    Example:
        >>> x = np.random.default_rng(0).integers(0, 2, (200, 2))
        >>> site_order("walk", np.stack([x[:, 0], x[:, 1], x[:, 0]], axis=1)).tolist()
        [2, 0, 1]
    """
    if order is None or (isinstance(order, str) and order == "given"):
        return None
    if not isinstance(order, str):
        return permutation("order", order, rows.shape[1])
    choice("order", order, ("auto", *ORDERS))
    if rows.shape[1] < 3 or order == "auto":
        return None
    information = pairwise_information(rows, weights)
    return walk(information) if order == "walk" else fiedler(information)


def pairwise_information(rows: Floats, weights: Floats | None = None) -> Floats:
    """Return the mutual information of all pairs of columns, in nats, zeros on the diagonal.

        I_ij = Σ p_ij log(p_ij / p_i p_j)

    of the columns cut into at most four levels of equal weight.

    Cost: rows · (4 · columns)².
    """
    part = slice(None, None, max(1, len(rows) // _ROWS))
    rows = rows[part]
    share = np.ones(len(rows)) if weights is None else weights[part]
    codes = [_levels(column, share) for column in rows.T]
    counts = [int(c.max()) + 1 for c in codes]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    hot = np.zeros((len(rows), offsets[-1]))
    hot[np.arange(len(rows))[:, None], np.stack(codes, axis=1) + offsets[:-1]] = 1.0
    joint = (hot * (share / share.sum())[:, None]).T @ hot
    single = np.diag(joint)
    terms = joint * np.log(np.maximum(joint, 1e-300) / np.outer(single, single))
    starts = offsets[:-1]
    found = np.add.reduceat(np.add.reduceat(terms, starts, axis=0), starts, axis=1)
    np.fill_diagonal(found, 0.0)
    return np.maximum(found, 0.0)


def walk(information: Floats) -> Order:
    """Return the depth-first walk of the tree of the largest information; see the module.

    Example:
        >>> walk(np.array([[0, 1, 3.0], [1, 0, 2], [3, 2, 0]])).tolist()
        [0, 2, 1]
    """
    tree = largest_tree(information)
    end = farthest(tree, farthest(tree, 0)[0])[0]
    other, before = farthest(tree, end)
    spine = {other}
    while other != end:
        other = before[other]
        spine.add(other)
    depth = _depths(tree, end, before)
    order, stack = [], [end]
    while stack:
        node = stack.pop()
        order.append(node)
        branches = [n for n in tree[node] if n != before[node]]
        # The branch to walk last, the longest path, is pushed first.
        stack += sorted(branches, key=lambda n: (n in spine, depth[n], n), reverse=True)
    return np.array(order)


def fiedler(information: Floats) -> Order:
    """Return the columns sorted by the Fiedler vector of the information; see the module.

    Example:
        >>> fiedler(np.array([[0, 0, 1.0], [0, 0, 1], [1, 1, 0]])).tolist()
        [0, 2, 1]
    """
    known = information.max(axis=1) > 1e-6 * information.max()
    if known.any() and not known.all():
        # A column that shares nothing would be the whole vector: it stands at the end.
        inside = np.flatnonzero(known)
        return np.concatenate(
            [inside[fiedler(information[np.ix_(known, known)])], np.flatnonzero(~known)]
        )
    # A whiff of all pairs keeps groups that share nothing from splitting the table.
    joined = information + 1e-9 * (information.max() + 1e-300)
    np.fill_diagonal(joined, 0.0)
    laplacian = np.diag(joined.sum(axis=1)) - joined
    vector = np.linalg.eigh(laplacian)[1][:, 1].round(10)
    order = np.argsort(vector, kind="stable")
    return order if order[0] <= order[-1] else order[::-1]


def _levels(column: Floats, weights: Floats) -> NDArray[np.int64]:
    values, codes = np.unique(column, return_inverse=True)
    if len(values) <= _LEVELS:
        return codes
    shares = np.bincount(codes, weights, len(values))
    middle = (shares.cumsum() - shares / 2) / shares.sum()
    return np.unique(np.floor(middle * _LEVELS).astype(np.int64)[codes], return_inverse=True)[1]


def largest_tree(information: Floats) -> list[list[int]]:
    """Return the neighbours of every column in the spanning tree of the largest sum (Prim)."""
    n = len(information)
    best, parent = information[0].copy(), np.zeros(n, dtype=int)
    outside = np.ones(n, dtype=bool)
    outside[0] = False
    tree: list[list[int]] = [[] for _ in range(n)]
    for _ in range(n - 1):
        new = int(np.where(outside, best, -1.0).argmax())
        outside[new] = False
        tree[new].append(int(parent[new]))
        tree[parent[new]].append(new)
        closer = information[new] > best
        best[closer], parent[closer] = information[new][closer], new
    return tree


def farthest(tree: Sequence[Sequence[int]], start: int) -> tuple[int, list[int]]:
    """Return a node farthest from `start`, and every node's neighbour on the way there."""
    before, queue = [-1] * len(tree), [start]
    before[start] = start
    for node in queue:
        for other in tree[node]:
            if before[other] < 0:
                before[other] = node
                queue.append(other)
    return queue[-1], before


def _depths(tree: Sequence[Sequence[int]], root: int, before: Sequence[int]) -> list[int]:
    """Return how deep the branch below every node is."""
    depth, order = [0] * len(tree), [root]
    for node in order:
        order += [other for other in tree[node] if other != before[node]]
    for node in reversed(order[1:]):
        depth[before[node]] = max(depth[before[node]], depth[node] + 1)
    return depth
