"""Tensors of a chain in blocks, and the two matrices per sector that they are made of.

A tensor that conserves charges has an entry [l, s, r] only where q_l + c_s = q_r. Sorted by charge
it falls into one matrix per left charge and level. Stacked over the (left charge, level) that lead
to the same right charge these are the matrices of its QR factorisation to the right; side by side
for one left charge they are those of the factorisation to the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._display import Display, Displayed, Table

__all__ = [
    "Bond", "Matrices", "Site", "columns", "from_columns", "from_rows", "in_columns", "in_rows",
    "places", "rows",
]  # fmt: skip

Array = NDArray[Any]
Bond = dict[int, int]
Matrices = dict[int, Array]
Part = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Site(Displayed):
    """One tensor in blocks.

    Args:
        blocks: {(left charge, level): matrix}; what is missing is zero. The right charge is the
            left one plus that of the level.
        levels: packed charge of every level.
        left: {charge: dimension} of the left bond, ascending.
        right: the same of the right bond.
        tall: the stacked matrices that the blocks are views of, if they were made from these.
        wide: the same side by side.
    """

    blocks: dict[Part, Array]
    levels: tuple[int, ...]
    left: Bond
    right: Bond
    tall: Matrices | None = None
    wide: Matrices | None = None

    def _brief(self) -> str:
        return f"{len(self.blocks)} blocks, {len(self.levels)} levels"

    def _display(self) -> Display:
        sizes = [sum(bond.values()) for bond in (self.left, self.right)]
        rows = [(f"{charge}, {level}", block) for (charge, level), block in self.blocks.items()]
        bonds = [("left bond", sizes[0]), ("right bond", sizes[1])]
        return Display("Tensor in blocks", bonds, [Table(("charge, level", "block"), rows)])


def rows(left: Bond, levels: Sequence[int]) -> dict[int, list[Part]]:
    """Return the pairs (left charge, level) that lead to every right charge."""
    found: dict[int, list[Part]] = {}
    for q in left:
        for s, c in enumerate(levels):
            found.setdefault(q + c, []).append((q, s))
    return found


def columns(levels: Sequence[int], right: Bond) -> dict[int, list[Part]]:
    """Return the pairs (right charge, level) that every left charge leads to."""
    found: dict[int, list[Part]] = {}
    for q in right:
        for s, c in enumerate(levels):
            found.setdefault(q - c, []).append((q, s))
    return found


def places(parts: Sequence[Part], bond: Bond) -> tuple[dict[Part, slice], int]:
    """Return where each pair stands in the matrix of its sector, and how long that is."""
    found, start = {}, 0
    for part in parts:
        found[part] = slice(start, start + bond[part[0]])
        start += bond[part[0]]
    return found, start


def in_rows(site: Site) -> Matrices:
    """Return the stacked matrix ((left, level), right) of every right charge that is reached."""
    if site.tall is not None:
        return site.tall
    found = {}
    dtype = dtype_of(site)
    for charge, parts in rows(site.left, site.levels).items():
        width = site.right.get(charge)
        if width is None:
            continue
        found[charge] = _joined([site.blocks.get(p) for p in parts], [
            (site.left[p[0]], width) for p in parts
        ], 0, dtype)  # fmt: skip
    return dict(sorted(found.items()))


def in_columns(site: Site) -> Matrices:
    """Return the wide matrix (left, (right, level)) of every left charge that leads on."""
    if site.wide is not None:
        return site.wide
    found = {}
    dtype = dtype_of(site)
    for charge, parts in columns(site.levels, site.right).items():
        height = site.left.get(charge)
        if height is None:
            continue
        found[charge] = _joined([site.blocks.get((charge, s)) for _, s in parts], [
            (height, site.right[q]) for q, _ in parts
        ], 1, dtype)  # fmt: skip
    return dict(sorted(found.items()))


def from_rows(matrices: Matrices, left: Bond, levels: tuple[int, ...]) -> Site:
    """Return the site whose stacked matrices are given; inverse of `in_rows`."""
    blocks = {}
    grouped = rows(left, levels)
    for charge, matrix in matrices.items():
        start = 0
        for part in grouped[charge]:
            blocks[part] = matrix[start : start + left[part[0]]]
            start += left[part[0]]
    tall = dict(sorted(matrices.items()))
    right = {charge: matrix.shape[1] for charge, matrix in tall.items()}
    return Site(blocks, levels, left, right, tall=tall)


def from_columns(matrices: Matrices, levels: tuple[int, ...], right: Bond) -> Site:
    """Return the site whose matrices side by side are given; inverse of `in_columns`."""
    blocks = {}
    grouped = columns(levels, right)
    for charge, matrix in matrices.items():
        start = 0
        for q, s in grouped[charge]:
            blocks[charge, s] = matrix[:, start : start + right[q]]
            start += right[q]
    wide = dict(sorted(matrices.items()))
    left = {charge: matrix.shape[0] for charge, matrix in wide.items()}
    return Site(blocks, levels, left, right, wide=wide)


def dtype_of(site: Site) -> Any:
    """Return the type of the numbers of a site."""
    return np.result_type(*site.blocks.values()) if site.blocks else np.dtype(float)


def _joined(
    parts: list[Array | None], shapes: list[tuple[int, int]], axis: int, dtype: Any
) -> Array:
    whole = [
        np.zeros(shape, dtype) if part is None else part
        for part, shape in zip(parts, shapes, strict=True)
    ]
    return whole[0] if len(whole) == 1 else np.concatenate(whole, axis=axis)
