"""Environments and effective Hamiltonians of a chain in blocks, for DMRG and TDVP.

As in the dense chain (`physics.effective`) a block merged with the operator of its site turns
theta -> H theta into two matrix products, here per charge. With Q the charge of the middle bond and
δ by how much the operator left of it raises the charge::

    X[Q, δ] = A[Q, δ] theta[Q]           rows of charge Q + δ, columns of charge Q
    (H theta)[Q'] = Σ_δ X[Q' - δ, δ] B[Q' - δ, δ]

All δ of one Q are one product, and so are all that end in one Q'.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.charges.labelled import Labelled, Piece
from qtn.states.blocks.dense import dense_tensors
from qtn.states.blocks.moves import factor
from qtn.states.blocks.sites import (
    Bond,
    Matrices,
    Site,
    columns,
    from_columns,
    from_rows,
    in_columns,
    in_rows,
    places,
    rows,
)

__all__ = ["BlockFrame"]

Array = NDArray[Any]
Map = Callable[[Array], Array]
Key = tuple[int, int]
Environment = dict[Key, Array]


class BlockFrame:
    """A chain in blocks around a moving centre, with its environments (mutable work space)."""

    def __init__(self, operator: Labelled, sites: Sequence[Site]) -> None:
        """Build all right environments of a right-canonical state with its centre at site 0."""
        self.sites = list(sites)
        self.n = len(self.sites)
        self._pieces = [operator.pieces(site) for site in range(self.n)]
        one = np.ones((1, 1, 1))
        (total,) = self.sites[-1].right
        # Left blocks have axes (bra, operator, ket), right ones (operator, ket, bra).
        self._left: list[Environment] = [{(0, 0): one}] * (self.n + 1)
        self._right: list[Environment] = [{(total, 0): one}] * (self.n + 1)
        for site in range(self.n - 1, 0, -1):
            self._add_right(site)

    def copy(self) -> BlockFrame:
        """Return an independent copy; the arrays are shared, since none is written into."""
        twin = copy.copy(self)
        twin.sites, twin._left, twin._right = list(self.sites), list(self._left), list(self._right)
        return twin

    @property
    def bond(self) -> int:
        """Largest bond dimension, all sectors together."""
        return max(sum(site.right.values()) for site in self.sites)

    @property
    def tensors(self) -> list[Array]:
        """The dense tensors."""
        return dense_tensors(self.sites)

    def pair(self, b: int) -> Array:
        """Return the tensor of sites b, b + 1 as a flat vector."""
        tall, wide = in_rows(self.sites[b]), in_columns(self.sites[b + 1])
        heights, widths = self._pair_sides(b)
        parts = [
            (tall[q] @ wide[q]).reshape(-1)
            if q in tall and q in wide
            else np.zeros(heights[q] * widths[q])
            for q in heights
        ]
        return np.concatenate(parts)

    def pair_map(self, b: int) -> Map:
        """Return the effective Hamiltonian of sites b, b + 1 on flat vectors."""
        heights, widths = self._pair_sides(b)
        a = _merged_left(self._left[b], self.sites[b], self._pieces[b], heights)
        c = _merged_right(self._right[b + 2], self.sites[b + 1], self._pieces[b + 1], widths)
        return _two_products(a, c, heights, widths)

    def put_pair(
        self, b: int, vector: Array, cutoff: float, max_bond: int, rightwards: bool
    ) -> float:
        """Split sites b, b + 1, normalise, move the centre; return the relative weight lost."""
        heights, widths = self._pair_sides(b)
        thetas = _cut(vector, heights, widths)
        lefts, rights, lost, total = factor(
            thetas, max(cutoff, 1e-30), max_bond or None, rightwards
        )
        scale = 1.0 / np.sqrt(total - lost)
        if rightwards:
            rights = {q: scale * m for q, m in rights.items()}
        else:
            lefts = {q: scale * m for q, m in lefts.items()}
        left, right = self.sites[b], self.sites[b + 1]
        self.sites[b] = from_rows(lefts, left.left, left.levels)
        self.sites[b + 1] = from_columns(rights, right.levels, right.right)
        if rightwards:
            self._add_left(b)
        else:
            self._add_right(b + 1)
        return lost / total

    def centre(self, site: int) -> Array:
        """Return one tensor as a flat vector."""
        return np.concatenate([m.reshape(-1) for m in in_rows(self.sites[site]).values()])

    def centre_map(self, site: int) -> Map:
        """Return the effective Hamiltonian of one site on flat vectors."""
        tensor = self.sites[site]
        heights, widths = _row_sides(tensor)
        a = _merged_left(self._left[site], tensor, self._pieces[site], heights)
        found = self._right[site + 1]
        kept = {key: m for key, m in found.items() if {key[0], sum(key)} <= heights.keys()}
        return _two_products(a, kept, heights, widths)

    def put_centre(self, site: int, vector: Array) -> None:
        """Replace one tensor by a flat vector."""
        tensor = self.sites[site]
        matrices = _cut(vector, *_row_sides(tensor))
        self.sites[site] = from_rows(matrices, tensor.left, tensor.levels)

    def _pair_sides(self, b: int) -> tuple[Bond, Bond]:
        """Return the heights and widths of a pair's matrices by charge of the middle."""
        left, right = self.sites[b], self.sites[b + 1]
        up, down = rows(left.left, left.levels), columns(right.levels, right.right)
        both = sorted(up.keys() & down.keys())
        heights = {q: sum(left.left[p] for p, _ in up[q]) for q in both}
        widths = {q: sum(right.right[p] for p, _ in down[q]) for q in both}
        return heights, widths

    def _add_left(self, site: int) -> None:
        """Absorb a left-orthonormal site into the environment of the bond right of it."""
        tensor = self.sites[site]
        tall = in_rows(tensor)
        merged = _merged_left(
            self._left[site], tensor, self._pieces[site], {q: len(m) for q, m in tall.items()}
        )
        found: Environment = {}
        for (q, raised), block in merged.items():
            height, channels, _ = block.shape
            moved = (block.reshape(height * channels, -1) @ tall[q]).reshape(height, -1)
            grown = tall[q + raised].conj().T @ moved
            found[q, raised] = grown.reshape(len(grown), channels, -1)
        self._left[site + 1] = found

    def _add_right(self, site: int) -> None:
        """Absorb a right-orthonormal site into the environment of the bond left of it."""
        tensor = self.sites[site]
        wide = in_columns(tensor)
        merged = _merged_right(
            self._right[site + 1],
            tensor,
            self._pieces[site],
            {q: m.shape[1] for q, m in wide.items()},
        )
        found: Environment = {}
        for (q, raised), block in merged.items():
            channels, width, _ = block.shape
            moved = block.reshape(channels * width, -1) @ wide[q + raised].conj().T
            found[q, raised] = np.matmul(wide[q], moved.reshape(channels, width, -1))
        self._right[site] = found


def _row_sides(site: Site) -> tuple[Bond, Bond]:
    matrices = in_rows(site)
    heights = {q: len(m) for q, m in matrices.items()}
    return heights, {q: m.shape[1] for q, m in matrices.items()}


def _cut(vector: Array, heights: Bond, widths: Bond) -> Matrices:
    """Return a flat vector as one matrix per charge (views)."""
    found, start = {}, 0
    for q, height in heights.items():
        stop = start + height * widths[q]
        found[q] = vector[start:stop].reshape(height, widths[q])
        start = stop
    return found


def _merged_left(
    left: Environment, site: Site, pieces: Sequence[Piece], heights: Bond
) -> Environment:
    """Return A[Q, δ] (row of the bra, operator, row of the ket) for the charges Q in heights."""
    grouped = rows(site.left, site.levels)
    where = {q: places(grouped[q], site.left)[0] for q in heights}
    dtype = np.result_type(*[m for *_, m in pieces], *left.values())
    found: Environment = {}
    for raised, after, out, into, matrix in pieces:
        for q in heights:
            if q + after not in heights:
                continue
            before = q - site.levels[into]
            block = left.get((before, raised))
            if block is None:
                continue
            key = q, after
            if key not in found:
                shape = heights[q + after], matrix.shape[1], heights[q]
                found[key] = np.zeros(shape, dtype)
            bra, ket = where[q + after][before + raised, out], where[q][before, into]
            found[key][bra, :, ket] += np.matmul(matrix.T, block)
    return found


def _merged_right(
    right: Environment, site: Site, pieces: Sequence[Piece], widths: Bond
) -> Environment:
    """Return B[Q, δ] (operator, column of the ket, column of the bra) for the charges in widths."""
    grouped = columns(site.levels, site.right)
    where = {q: places(grouped[q], site.right)[0] for q in widths}
    dtype = np.result_type(*[m for *_, m in pieces], *right.values())
    found: Environment = {}
    for raised, after, out, into, matrix in pieces:
        for q in widths:
            if q + raised not in widths:
                continue
            behind = q + site.levels[into]
            block = right.get((behind, after))
            if block is None:
                continue
            key = q, raised
            if key not in found:
                shape = matrix.shape[0], widths[q], widths[q + raised]
                found[key] = np.zeros(shape, dtype)
            ket, bra = where[q][behind, into], where[q + raised][behind + after, out]
            found[key][:, ket, bra] += np.tensordot(matrix, block, 1)
    return found


def _two_products(a: Environment, c: Environment, heights: Bond, widths: Bond) -> Map:
    """Return theta -> H theta on flat vectors, from merged left and right blocks."""
    both = sorted(a.keys() & c.keys())
    first: dict[int, tuple[Array, list[tuple[int, slice, slice]]]] = {}
    second: dict[int, Array] = {}
    width = dict.fromkeys(heights, 0)
    dtype = np.result_type(*a.values(), *c.values())
    for q in heights:
        stacked, moves, start = [], [], 0
        for key in both:
            if key[0] != q:
                continue
            block, target = a[key], q + key[1]
            length, span = block.shape[0] * block.shape[1], block.shape[1] * widths[q]
            stacked.append(block.reshape(length, -1))
            place = slice(width[target], width[target] + span)
            moves.append((target, slice(start, start + length), place))
            start, width[target] = start + length, place.stop
        if stacked:
            first[q] = np.concatenate(stacked), moves
    for target in heights:
        parts = [c[key] for q in first for key in both if key[0] == q and sum(key) == target]
        if parts:
            second[target] = np.concatenate([m.reshape(-1, m.shape[2]) for m in parts])

    def apply(vector: Array) -> Array:
        kind = np.result_type(vector, dtype)
        thetas = _cut(vector, heights, widths)
        middle = {q: np.empty((heights[q], len(m)), kind) for q, m in second.items()}
        for q, (stacked, moves) in first.items():
            product = stacked @ thetas[q]
            for target, rows_, place in moves:
                middle[target][:, place] = product[rows_].reshape(heights[target], -1)
        out = np.zeros(vector.shape, kind)
        for q, piece in _cut(out, heights, widths).items():
            if q in second:
                np.matmul(middle[q], second[q], out=piece)
        return out

    return apply
