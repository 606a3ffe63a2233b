"""Values that are missing from rows, given those that are there, under the squares of a tree.

As in `qtn.models.densities.chain_conditionals`. A node sends up what its leaves know,

    ρ_k = T_kᵀ (ρ_a ⊗ ρ_b) T_k,        ρ of a leaf: a projector on its value, or 1 where it misses

and gets from above what all other leaves know, M_a = tr over the other child and the parent. Drawn
is from left to right: where all leaves below a child have values, its ρ is the square of a vector.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.models.densities.chain_conditionals import drawn, to_unit
from qtn.models.densities.counted import Flags, Floats, Ints

Pairs = Sequence[tuple[int, int]]
# Rows whose environments are held at once take about as many bytes.
_BYTES = 1 << 26


def tree_marginals(
    pairs: Pairs, tensors: Sequence[Floats], rows: Ints, missing: Flags
) -> tuple[Floats, list[Floats]]:
    """Return log p of what is known, and the distribution of every site given that.

    Args:
        pairs: the tree, see `qtn.models.networks.trees`.
        tensors: axes (left, right, up), of norm 1.
        rows, missing: as in `chain_marginals`; so is what is returned.

    Cost: rows · sites · bond⁴.
    """
    parts = [_marginals(pairs, tensors, rows[p], missing[p]) for p in _pieces(tensors, len(rows))]
    log_p = np.concatenate([part[0] for part in parts])
    sites = range(rows.shape[1])
    return log_p, [np.concatenate([part[1][i] for part in parts]) for i in sites]


def tree_completions(
    pairs: Pairs,
    tensors: Sequence[Floats],
    rows: Ints,
    missing: Flags,
    rng: np.random.Generator,
) -> tuple[Floats, Ints]:
    """Return log p of what is known, and the rows with the rest drawn given that.

    Args:
        pairs, tensors, rows, missing: as in `tree_marginals`.
        rng: to draw from.

    Cost: rows · sites · bond⁴.
    """
    log_p, out = np.empty(len(rows)), rows.copy()
    for p in _pieces(tensors, len(rows)):
        found = _Draws(pairs, tensors, rows[p], missing[p], rng)
        log_p[p], out[p] = found.log_p, found.rows
    return log_p, out


def _pieces(tensors: Sequence[Floats], count: int) -> list[slice]:
    numbers = sum(2 * max(t.shape) ** 3 for t in tensors)
    size = max(1, _BYTES // (8 * numbers))
    return [slice(start, start + size) for start in range(0, count, size)]


def _levels(pairs: Pairs, tensors: Sequence[Floats], sites: int) -> list[int]:
    levels = [0] * sites
    for pair, t in zip(pairs, tensors, strict=True):
        for side, child in enumerate(pair):
            if child < sites:
                levels[child] = t.shape[side]
    return levels


def _from_below(
    pairs: Pairs, tensors: Sequence[Floats], rows: Ints, missing: Flags
) -> tuple[Floats, list[Floats]]:
    """Return log p of what is known, and ρ of every number of the tree."""
    log_p, found = np.zeros(len(rows)), []
    for i, levels in enumerate(_levels(pairs, tensors, rows.shape[1])):
        known = np.eye(levels)[np.where(missing[:, i], 0, rows[:, i])]
        found.append(np.where(missing[:, i, None], 1.0, known)[:, None] * np.eye(levels))
    for (a, b), t in zip(pairs, tensors, strict=True):
        half = np.einsum("kac,cdv,kbd->kabv", found[a], t, found[b], optimize=True)
        rho, log_c = to_unit(np.einsum("abu,kabv->kuv", t, half, optimize=True))
        found.append(rho)
        log_p += log_c
    return log_p, found


def _beside(t: Floats, above: Floats, sibling: Floats, side: int) -> Floats:
    """Return M of the child on a side, given M of its parent and ρ of the other child."""
    t = np.moveaxis(t, side, 0)  # (child, other, up)
    half = np.einsum("kde,cev,kuv->kcdu", sibling, t, above, optimize=True)
    return to_unit(np.einsum("adu,kcdu->kac", t, half, optimize=True))[0]


def _marginals(
    pairs: Pairs, tensors: Sequence[Floats], rows: Ints, missing: Flags
) -> tuple[Floats, list[Floats]]:
    log_p, below = _from_below(pairs, tensors, rows, missing)
    sites = rows.shape[1]
    above: dict[int, Floats] = {sites + len(pairs) - 1: np.ones((len(rows), 1, 1))}
    for k in range(len(pairs) - 1, -1, -1):
        a, b = pairs[k]
        parent = above.pop(sites + k)
        above[a] = _beside(tensors[k], parent, below[b], 0)
        above[b] = _beside(tensors[k], parent, below[a], 1)
    found = []
    for i in range(sites):
        weights = np.maximum(np.einsum("kss,kss->ks", above[i], below[i]), 0.0)
        total = weights.sum(axis=1, keepdims=True)
        found.append(weights / np.where(total > 0, total, 1.0))
    return log_p, found


class _Draws:
    """Rows that are completed leaf by leaf, from left to right."""

    def __init__(
        self,
        pairs: Pairs,
        tensors: Sequence[Floats],
        rows: Ints,
        missing: Flags,
        rng: np.random.Generator,
    ) -> None:
        self.pairs, self.tensors, self.rng = pairs, tensors, rng
        self.rows, self.missing = rows.copy(), missing
        self.log_p, self.below = _from_below(pairs, tensors, rows, missing)
        self._draw(np.ones((len(rows), 1, 1)))

    def _draw(self, root: Floats) -> None:
        """Walk the tree without recursion: chains are trees, too, of any depth."""
        sites, vectors = self.rows.shape[1], {}
        # Number, M, and how far its children have come.
        stack: list[tuple[int, Floats, int]] = [(sites + len(self.pairs) - 1, root, 0)]
        while stack:
            number, above, done = stack.pop()
            if number < sites:
                vectors[number] = self._leaf(number, above)
                continue
            t, (a, b) = self.tensors[number - sites], self.pairs[number - sites]
            if done == 0:
                stack += [(number, above, 1), (a, _beside(t, above, self.below[b], 0), 0)]
            elif done == 1:
                square = vectors[a][:, :, None] * vectors[a][:, None]
                stack += [(number, above, 2), (b, _beside(t, above, square, 1), 0)]
            else:
                joint = np.einsum("ka,kb,abu->ku", vectors.pop(a), vectors.pop(b), t, optimize=True)
                vectors[number] = to_unit(joint)[0]

    def _leaf(self, site: int, above: Floats) -> Floats:
        """Draw the value of a leaf, and return the unit vectors of all rows there."""
        weights = np.maximum(np.einsum("kss->ks", above), 0.0)
        fresh = drawn(weights, self.rng)
        self.rows[:, site] = np.where(self.missing[:, site], fresh, self.rows[:, site])
        return np.asarray(np.eye(above.shape[1])[self.rows[:, site]])
