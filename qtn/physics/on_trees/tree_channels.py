"""Hamiltonians on trees: sums of products that climb from the sites, with the fewest channels.

Every bond of the tree parts the sites in those below and those above. The terms that cross it form
a matrix C[word below, word above] of coefficients; with C = U S V⁺ the words below enter only in
the combinations U, so a bond carries 2 + rank(C) channels: 0 "nothing yet", the open combinations,
and -1 "terms that are complete". A node joins the channels (a, b) of its children to channel c with

    W[0, 0, 0] = 1            nothing yet
    W[-1, 0, -1] = 1          complete on the left;  W[0, -1, -1] = 1  complete on the right
    W[a, b, c]  = Σ_words conj(U_left[left part, a] U_right[right part, b]) U[word, c]
    W[a, b, -1] = Σ_terms below coefficient · conj(U_left[left part, a] U_right[right part, b])

where a part that is empty stands in channel 0. This is exact: for a fixed rest, the vector over the
left parts of a term lies in the columns of U_left.

Reference: the chain's form in G. K.-L. Chan et al., J. Chem. Phys. 145, 014102 (2016); trees:
Milbradt, Huang and Mendl, arXiv:2311.13433. Here coefficients are compressed by their rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.mpo import real_letters
from qtn.physics.terms import Terms
from qtn.states.kernels.tree_sweeps import Pairs

__all__ = ["TreeOperator", "tree_operator"]

Word = tuple[tuple[int, str], ...]
Tensor = NDArray[Any]


@dataclass(frozen=True, slots=True)
class TreeOperator:
    """An operator on the sites of a tree.

    Args:
        leaves: per site the matrices of its channels, (channels, out, in).
        cores: per node the weights (left channels, right channels, up channels); the root has one
            up channel, the whole operator.
        scales: per node the singular values of the coefficients in its up bond's open channels: how
            strongly what is below each is continued above.
        pairs: the children of every node.
    """

    leaves: tuple[Tensor, ...]
    cores: tuple[Tensor, ...]
    scales: tuple[Tensor, ...]
    pairs: Pairs

    @property
    def n(self) -> int:
        """Number of sites."""
        return len(self.leaves)


def tree_operator(terms: Terms, pairs: Pairs, tolerance: float = 1e-13) -> TreeOperator:
    """Return a Hamiltonian on a tree.

    Args:
        terms: the Pauli sum.
        pairs: the children of every node.
        tolerance: singular values of the coefficients below this fraction of the largest are
            dropped.

    Returns:
        The operator, real if its matrix is real in the computational basis.

    Cost: one SVD per bond, of size (words below) × (words above).
    """
    letters, products = real_letters(terms)
    dtype = np.float64 if terms.real else np.complex128
    n = terms.n
    below: list[frozenset[int]] = [frozenset((i,)) for i in range(n)]
    for a, b in pairs:
        below.append(below[a] | below[b])
    found = [_channels(products, sites, tolerance) for sites in below]
    channels = [rows for rows, _ in found]
    leaves = []
    for i in range(n):
        stack = np.zeros((2 + _rank(channels[i]), 2, 2), dtype=dtype)
        stack[0] = np.eye(2)
        for word, row in channels[i].items():
            stack[1:-1] += row[:, None, None] * letters[word[0][1]]
        for letter in "XYZ":
            stack[-1] += products.get(((i, letter),), 0.0) * letters[letter]
        leaves.append(stack)
    cores = []
    for k, (a, b) in enumerate(pairs):
        parts = channels[a], channels[b]
        core = _core(parts, channels[n + k], below[a])
        for word, value in products.items():
            sites = {site for site, _ in word}
            if sites <= below[n + k] and not sites <= below[a] and not sites <= below[b]:
                core[1:-1, 1:-1, -1] += value * np.outer(*_ends(word, below[a], parts))
        cores.append(core)
    cores[-1] = np.ascontiguousarray(cores[-1][:, :, -1:])
    cores[-1][0, 0, 0] += terms.constant
    return TreeOperator(tuple(leaves), tuple(cores), tuple(s for _, s in found[n:]), pairs)


Channels = dict[Word, Tensor]


def _channels(
    products: dict[Word, float], sites: frozenset[int], tolerance: float
) -> tuple[Channels, Tensor]:
    """Return the row U[word] of every word below a bond that a term continues above it, and S."""
    entries: dict[tuple[Word, Word], float] = {}
    for word, value in products.items():
        inner = tuple(f for f in word if f[0] in sites)
        if inner and len(inner) < len(word):
            entries[inner, tuple(f for f in word if f[0] not in sites)] = value
    if not entries:
        return {}, np.zeros(0)
    rows = {w: i for i, w in enumerate(dict.fromkeys(w for w, _ in entries))}
    columns = {w: i for i, w in enumerate(dict.fromkeys(w for _, w in entries))}
    matrix = np.zeros((len(rows), len(columns)))
    for (inner, outer), value in entries.items():
        matrix[rows[inner], columns[outer]] = value
    u, s, _ = np.linalg.svd(matrix, full_matrices=False)
    rank = int((s > tolerance * s[0]).sum())
    return {word: u[i, :rank] for word, i in rows.items()}, s[:rank]


def _rank(channels: Channels) -> int:
    return len(next(iter(channels.values()))) if channels else 0


def _core(parts: tuple[Channels, Channels], up: Channels, left: frozenset[int]) -> Tensor:
    """Return the weights of a node, but for the terms that are complete at it."""
    core = np.zeros(tuple(2 + _rank(channels) for channels in (*parts, up)))
    core[0, 0, 0] = core[-1, 0, -1] = core[0, -1, -1] = 1.0
    for word, row in up.items():
        one, other = _ends(word, left, parts)
        if one is None:
            core[0, 1:-1, 1:-1] += np.outer(other, row)
        elif other is None:
            core[1:-1, 0, 1:-1] += np.outer(one, row)
        else:
            core[1:-1, 1:-1, 1:-1] += one[:, None, None] * other[:, None] * row
    return core


def _ends(word: Word, left: frozenset[int], parts: tuple[Channels, Channels]) -> tuple[Any, Any]:
    """Return the rows of a word's parts among the children's channels; None for an empty one."""
    one = tuple(f for f in word if f[0] in left)
    other = tuple(f for f in word if f[0] not in left)
    return parts[0][one] if one else None, parts[1][other] if other else None
