r"""The best bonds of a tree under a number of parameters, by fronts from the leaves to the root.

Cutting the edges e of a tree to the ranks r_e loses at least the largest and at most the sum of the
tails :math:`t_e(r_e)` of the Schmidt spectra. The sum splits over the edges and the number of
parameters over the nodes, so that the best ranks follow from dynamic programming: for every node
and every rank of its upper edge, the front of (parameters, sum of tails) of what lies below, where
no point has both fewer parameters and a smaller sum. Joining two children adds their points in all
pairs; what exceeds the parameters, or is no better than another point, is left out.

Fronts are kept whole up to `WIDEST` points; of a wider one the cheapest point of every cell of a
logarithmic grid is kept, which costs a factor of at most 1 + `GRAIN` in the sum at that node.

Reference: Grasedyck, SIAM J. Matrix Anal. Appl. 31, 2029 (2010), theorem 3.11, for the bounds; the
dynamic program is the textbook one for a budget on a tree.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
WIDEST = 1024
GRAIN = 0.01


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a rooted tree.

    Args:
        children: the earlier nodes below it.
        sites: product of the dimensions of its own sites.
        tails: weight lost by ranks 1, 2, … of its upper edge; one zero for the root.
    """

    children: tuple[int, ...]
    sites: int
    tails: Array


@dataclass(slots=True)
class _Front:
    """Points of one node and rank, parameters rising, with the points below that they stand for."""

    counts: Array
    sums: Array
    ranks: Array = field(default_factory=lambda: np.zeros((1, 0), np.int64))
    places: Array = field(default_factory=lambda: np.zeros((1, 0), np.int64))


def best_bonds(nodes: Sequence[Node], max_parameters: int) -> tuple[int, ...]:
    """Return the rank of the upper edge of every node but the root.

    Args:
        nodes: children before parents, the root last.
        max_parameters: at least what all ranks 1 take.

    Returns:
        Ranks with the smallest sum of tails; within a factor (1 + `GRAIN`) per node whose fronts
        were thinned.

    Cost: O(nodes r³ m²) for fronts of m points on a binary tree, O(nodes r² m) on a chain.
    """
    fronts: list[list[_Front]] = []
    for node in nodes:
        below = [fronts[child] for child in node.children]
        fronts.append(_joined(node, below, max_parameters))
    ranks = [1] * len(nodes)
    places = [0] * len(nodes)
    root = fronts[-1][0]
    places[-1] = int(np.argmin(root.sums))
    for k in reversed(range(len(nodes))):
        front = fronts[k][ranks[k] - 1]
        for child, rank, place in zip(
            nodes[k].children, front.ranks[places[k]], front.places[places[k]]
        ):
            ranks[child], places[child] = int(rank), int(place)
    return tuple(ranks[:-1])


def _joined(node: Node, below: Sequence[list[_Front]], most: int) -> list[_Front]:
    """Return the fronts of a node for every rank of its upper edge."""
    found: list[list[_Front]] = [[] for _ in node.tails]
    for ranks in itertools.product(*(range(1, len(b) + 1) for b in below)):
        inner = node.sites * int(np.prod(ranks, dtype=np.int64))
        if any(rank * rank > inner * len(node.tails) for rank in ranks):
            continue
        pairs = _sums([b[r - 1] for b, r in zip(below, ranks)], ranks, most)
        for k, tail in enumerate(node.tails):
            up = k + 1
            if up > inner or any(rank * rank > inner * up for rank in ranks):
                continue  # an edge wider than all others of the node together
            counts = pairs.counts + inner * up
            fits = counts <= most
            if fits.any():
                found[k].append(
                    _Front(counts[fits], pairs.sums[fits] + tail, pairs.ranks[fits],
                           pairs.places[fits])
                )  # fmt: skip
    return [_pruned(parts) for parts in found]


def _sums(fronts: Sequence[_Front], ranks: Sequence[int], most: int) -> _Front:
    """Return all sums of one point per child."""
    counts, sums = np.zeros(1), np.zeros(1)
    places = np.zeros((1, 0), np.int64)
    for front in fronts:
        total = (counts[:, None] + front.counts[None, :]).reshape(-1)
        kept = np.flatnonzero(total <= most)
        old, new = np.divmod(kept, len(front.counts)) if len(front.counts) else (kept, kept)
        counts, sums = total[kept], sums[old] + front.sums[new]
        places = np.column_stack([places[old], new])
    same = np.broadcast_to(np.array(ranks, np.int64), places.shape)
    return _Front(counts, sums, same, places)


def _pruned(parts: Sequence[_Front]) -> _Front:
    """Return the points of all parts that no other point beats, thinned if they are many."""
    if not parts:
        return _Front(np.zeros(0), np.zeros(0))
    counts = np.concatenate([p.counts for p in parts])
    sums = np.concatenate([p.sums for p in parts])
    order = np.lexsort((sums, counts))
    lowest = np.minimum.accumulate(sums[order])
    better = np.append(True, lowest[1:] < lowest[:-1])
    kept = order[better]
    if len(kept) > WIDEST:
        cells = np.floor(np.log(np.maximum(sums[kept], 1e-300)) / np.log1p(GRAIN))
        kept = kept[np.append(True, cells[1:] < cells[:-1])]
    ranks = np.concatenate([p.ranks for p in parts])[kept]
    places = np.concatenate([p.places for p in parts])[kept]
    return _Front(counts[kept], sums[kept], ranks, places)
