"""First tensors of a tree Born machine, and how its bonds grow.

product: the square roots of the columns' own distributions, at bond 2 with some noise.
chow_liu_density: on the tree of the largest mutual information, the density of that tree, exactly.
coarse_grained: a node keeps the leading eigenvectors of the second moments of the pairs of vectors
    that reach it, and the root holds the mean of its pairs. It is the sum of all rows, projected
    into the bonds: for data that fit into them already the optimum, for others a poor start, since
    Newton's steps do not leave the optimum beside it.
widened: every bond gets further directions of small noise, so that a tree that was fitted goes on
    from where it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn._memory import check_memory
from qtn.models.networks.trees import Pairs
from qtn.models.sweeps.born_local import TINY, Floats, Ints, rescaled
from qtn.models.sweeps.born_tree import Patterns


def bonds_of(pairs: Pairs, levels: Sequence[int], bond: int) -> tuple[int, ...]:
    """Return the bond above every number of a tree: at most `bond`, and no more than can be used.

    Example:
        >>> bonds_of(((0, 1), (2, 3), (4, 5)), (2, 2, 2, 2), 8)
        (2, 2, 2, 2, 4, 4, 1)
    """
    sites = len(levels)
    up = list(levels)
    for a, b in pairs:
        up.append(min(bond, up[a] * up[b]))
    up[-1] = 1
    for k in range(len(pairs) - 1, -1, -1):
        a, b = pairs[k]
        for child, sibling in ((a, b), (b, a)):
            if child >= sites:
                up[child] = min(up[child], up[sibling] * up[sites + k])
    return tuple(up)


def product(
    pairs: Pairs, amplitudes: Sequence[Floats], bond: int, noise: float, rng: np.random.Generator
) -> list[Floats]:
    """Return tensors of a bond around the product of the columns' amplitudes.

    Args:
        pairs: the tree.
        amplitudes: of the values of every column.
        bond: bond dimension.
        noise: relative to the product, in every entry.
        rng: of the noise.
    """
    up = bonds_of(pairs, [len(a) for a in amplitudes], bond)
    vectors = list(amplitudes)
    out = []
    for k, (a, b) in enumerate(pairs):
        width = up[len(amplitudes) + k]
        t = np.multiply.outer(vectors[a], vectors[b])[:, :, None]
        out.append(t * (1 + noise * rng.random((*t.shape[:2], width))))
        vectors.append(np.full(width, width**-0.5))
    return out


def chow_liu_density(
    pairs: Pairs, rows: Ints, weights: Floats, levels: Sequence[int], smoothing: float
) -> list[Floats]:
    """Return tensors of the density of a tree of pairwise dependences.

        p(v) = p(v_r) Π p(v_c | v_parent),    T[l, r, u] = δ_lu √p(r | l),   at the root √p(l, r)

    A node stands for its left child's column, whose value it sends up; see
    `qtn.models.structure.linkages.chow_liu` for trees that are made so.

    Args:
        pairs: the tree.
        rows: site values, shape (rows, sites).
        weights: of the rows, as counts.
        levels: number of values of every site.
        smoothing: pseudo-count, spread over all pairs of values.
    """
    column = list(range(len(levels)))
    out = []
    for k, (a, b) in enumerate(pairs):
        left, right = column[a], column[b]
        column.append(left)
        shape = levels[left], levels[right]
        code = rows[:, left] * shape[1] + rows[:, right]
        counts = np.bincount(code, weights, shape[0] * shape[1]).reshape(shape)
        joint = (counts + smoothing / counts.size) / (counts.sum() + smoothing)
        if k == len(pairs) - 1:
            out.append(np.sqrt(joint)[:, :, None])
        else:
            conditional = np.sqrt(joint / joint.sum(axis=1, keepdims=True))
            out.append(conditional[:, :, None] * np.eye(shape[0])[:, None, :])
    return out


def widened(
    pairs: Pairs, tensors: Sequence[Floats], bond: int, noise: float, rng: np.random.Generator
) -> list[Floats]:
    """Return the tensors with larger bonds, whose new entries are noise.

    Args:
        pairs: the tree.
        tensors: axes (left, right, up).
        bond: bond dimension wanted; none is lowered.
        noise: size of the new entries, relative to the root mean square of a tensor's.
        rng: of the noise.
    """
    sites = len(pairs) + 1
    levels = [0] * sites
    for (a, b), t in zip(pairs, tensors, strict=True):
        for child, d in ((a, t.shape[0]), (b, t.shape[1])):
            if child < sites:
                levels[child] = d
    up = bonds_of(pairs, levels, bond)
    out = []
    for k, ((a, b), t) in enumerate(zip(pairs, tensors, strict=True)):
        shape = np.maximum(t.shape, (up[a], up[b], up[sites + k]))
        size = noise * np.linalg.norm(t) / np.sqrt(t.size)
        wide = size * rng.standard_normal(shape)
        wide[: t.shape[0], : t.shape[1], : t.shape[2]] = t
        out.append(wide)
    return out


def coarse_grained(patterns: Patterns, weights: Floats, bond: int) -> list[Floats]:
    """Return tensors that hold the sum of all rows, projected into the bonds; see the module.

    Args:
        patterns: of the rows on the tree.
        weights: of the rows, summing to 1.
        bond: bond dimension.

    Raises:
        ArgumentError: the moments of a node do not fit into the memory.
    """
    below: list[Floats] = [np.eye(d) for d in patterns.levels]
    tensors: list[Floats] = []
    for k, (a, b) in enumerate(patterns.pairs):
        node = patterns.sites + k
        shape = below[a].shape[1], below[b].shape[1]
        wide = shape[0] * shape[1]
        check_memory(
            8.0 * (2 * wide * len(patterns.children[k][0]) + 3 * wide**2),
            f"A tree node of bond {bond}",
        )
        joint = patterns.joint(node, below)
        share = np.bincount(patterns.of_rows[node], weights, len(joint))
        if k == len(patterns.pairs) - 1:
            # Rows that lost most of their length on the way count as much as the others.
            length = np.maximum(np.linalg.norm(joint, axis=1, keepdims=True), TINY)
            root = (share @ (joint / length)).reshape(*shape, 1)
            return [*tensors, root / np.linalg.norm(root)]
        _, vectors = np.linalg.eigh((joint * share[:, None]).T @ joint)
        tensors.append(vectors[:, : -bond - 1 : -1].reshape(*shape, -1))
        below.append(rescaled(joint @ vectors[:, : -bond - 1 : -1])[0])
    raise AssertionError
