"""Chains as trees: one site on the left of every node, parts of bond 1 beside one another."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from qtn.aqc.shape.nodes import TargetTree, tree_of

NEGLIGIBLE = 1e-14  # relative squared weight of a bond that is no weight


def chain_tree(
    tensors: Sequence[np.ndarray], bond: int | Sequence[int] | None = None
) -> TargetTree:
    """Return a chain (left, phys, right) of two sites or more as a tree, the first site at its top.

    Parts between bonds of 1 are chains of their own, joined by nodes without wires.

    Args:
        tensors: of the target, centre at the first site.
        bond: largest bond of the circuit, or that of each cut; None for those of the target.
    """
    n = len(tensors)
    cuts = [t.shape[2] for t in tensors[:-1]]
    ends = [0, *(cut + 1 for cut, size in enumerate(cuts) if size == 1), n]
    parts = sorted(itertools.pairwise(ends), key=lambda part: (part[1] - part[0] == 1, -part[0]))
    if parts[0][1] - parts[0][0] == 1:  # a product: two sites are the first register
        parts = [(n - 2, n), *((site, site + 1) for site in range(n - 3, -1, -1))]
    held = [size if bond is None else bond if isinstance(bond, int) else bond[k]
            for k, size in enumerate(cuts)]  # fmt: skip
    arrays: list[np.ndarray] = []
    pairs: list[tuple[int, int]] = []
    limits: list[int] = []
    for first, last in parts:
        top = n + len(pairs) - 1
        if last - first > 1:
            for site in range(last - 2, first - 1, -1):
                ending = site == last - 2
                array = tensors[site].transpose(1, 2, 0)
                if ending:
                    end = np.tensordot(tensors[site], tensors[site + 1][:, :, 0], axes=(2, 0))
                    array = end.transpose(1, 2, 0)
                pairs.append((site, site + 1 if ending else n + len(pairs) - 1))
                arrays.append(array)
                limits.append(held[site - 1] if site > first else 1)
            if top < n:
                continue
            arrays.append(np.ones((1, 1, 1)))
            pairs.append((n + len(pairs) - 1, top))
        else:
            arrays.append(tensors[first].reshape(2, 1, 1))
            pairs.append((first, top))
        limits.append(1)
    return tree_of(n, arrays, pairs, limits)
