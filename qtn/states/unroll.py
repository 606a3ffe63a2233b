"""A tree tensor network written as a chain.

Every subtree becomes a chain of its sites whose first tensor carries the leg to its parent. To
join two of them the leg of the right one is carried along the left one, whose bonds grow by that
factor, and is cut back to what the state needs. A tree whose sites do not stand in order is sorted
by exchanging neighbours.

Reference: Shi, Duan and Vidal, Phys. Rev. A 74, 022320 (2006), section III, on the bond a chain
needs for a tree: at most the product of the tree's bonds along one path, χ^(log2 n).
"""

from __future__ import annotations

import numpy as np

from qtn._machine import by_bond
from qtn.states.kernels.gauge import canonicalise
from qtn.states.kernels.tree_sweeps import Pairs, Tensors, site_dimensions
from qtn.states.kernels.truncate import kept_rank, svd, truncate_chain


@by_bond
def tree_to_chain(tensors: Tensors, pairs: Pairs, cutoff: float = 1e-14) -> list[np.ndarray]:
    """Return the state of a canonical tree as a chain `(left, phys, right)`, centre at site 0.

    Args:
        tensors: arrays `(left, right, up)`, all nodes below the root isometries.
        pairs: the two children of every node.
        cutoff: largest relative squared weight that one cut may lose.

    Cost: O(n χ³) for the chain's bonds χ before they are cut, times the exchanges of neighbours
    that bring the sites in order.

    Example:
        >>> bell = np.eye(2)[:, :, None]
        >>> [t.shape for t in tree_to_chain([bell], ((0, 1),))]
        [(1, 2, 2), (2, 2, 1)]
    """
    sizes = site_dimensions(tensors, pairs)
    parts = [([np.eye(d).reshape(d, d, 1)], [site]) for site, d in enumerate(sizes)]
    for tensor, pair in zip(tensors, pairs, strict=True):
        first, second = (parts[child] for child in pair)
        up = tensor.transpose(2, 0, 1)
        if min(first[1]) > min(second[1]):
            first, second, up = second, first, up.transpose(0, 2, 1)
        joined = _join(up, first[0], second[0])
        parts.append((_cut(joined, cutoff), first[1] + second[1]))
    chain, sites = parts[-1]
    return _sorted(chain, sites, cutoff)


def _join(up: np.ndarray, left: list[np.ndarray], right: list[np.ndarray]) -> list[np.ndarray]:
    """Return the chain of a node `(up, left, right)` from those of its children."""
    carried = up.shape[2]
    one = np.eye(carried)
    head = np.einsum("pab,asr->psrb", up, left[0])
    out = [head.reshape(head.shape[0], head.shape[1], -1)]
    for tensor in left[1:]:
        a, s, r = tensor.shape
        out.append(np.einsum("asr,bc->absrc", tensor, one).reshape(a * carried, s, r * carried))
    return out + list(right)


def _cut(chain: list[np.ndarray], cutoff: float) -> list[np.ndarray]:
    """Cut the inner bonds of a chain whose first tensor has an open leg on its left."""
    open_leg = chain[0].shape[0]
    leg = np.eye(open_leg).reshape(1, open_leg, open_leg)
    short = truncate_chain([leg, *chain], None, cutoff)[0]
    return [np.einsum("xpa,asr->psr", short[0], short[1]), *short[2:]]


def _sorted(chain: list[np.ndarray], sites: list[int], cutoff: float) -> list[np.ndarray]:
    """Bring the sites in ascending order by exchanges of neighbours, centre at site 0."""
    chain, sites = canonicalise(chain, 0), list(sites)
    centre = 0
    while True:
        wrong = [i for i in range(len(sites) - 1) if sites[i] > sites[i + 1]]
        if not wrong:
            return canonicalise(chain, 0)
        place = min(wrong, key=lambda i: abs(i - centre))
        chain = canonicalise(chain, place)
        theta = np.tensordot(chain[place], chain[place + 1], 1).transpose(0, 2, 1, 3)
        left, second, first, right = theta.shape
        u, s, vh = svd(theta.reshape(left * second, first * right))
        keep = kept_rank(s**2, None, cutoff)[0]
        chain[place] = u[:, :keep].reshape(left, second, keep)
        chain[place + 1] = (s[:keep, None] * vh[:keep]).reshape(keep, first, right)
        sites[place], sites[place + 1] = sites[place + 1], sites[place]
        centre = place + 1
