"""Chains in blocks whose sites hold one or two qubits: their start, and back to one qubit a site.

Level 2 a + b of a site of two qubits is |a b⟩ and has the charges of both. Split between the
qubits, its blocks fall into one matrix per charge of the new bond, with rows (left charge, a) and
columns (right charge, b); one QR factorisation each is all that it takes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtn.states.blocks.grouping.merging import Groups
from qtn.states.blocks.labels import Charges, read_charges
from qtn.states.blocks.moves import canonicalise
from qtn.states.blocks.sites import (
    Array,
    Matrices,
    Site,
    columns,
    dtype_of,
    from_columns,
    from_rows,
    places,
    rows,
)
from qtn.states.kernels.gauge import thin_qr

__all__ = ["group_charges", "group_levels", "split_sites"]


def group_charges(weights: NDArray[np.int64], groups: Groups) -> Charges:
    """Return the charges of sites of one or two qubits from the weights (k, qubits)."""
    table = []
    for qubits in groups:
        levels = np.zeros((len(weights), 1), np.int64)
        for q in qubits:
            levels = (levels[:, :, None] + weights[:, q, None, None] * np.arange(2)).reshape(
                len(weights), -1
            )
        table.append(tuple(tuple(int(c) for c in level) for level in levels.T))
    return Charges(tuple(table))


def group_levels(bits: Sequence[int], groups: Groups) -> list[int]:
    """Return the level of every site from the levels of the qubits."""
    return [sum(bits[q] << k for k, q in enumerate(reversed(qubits))) for qubits in groups]


def split_sites(
    sites: Sequence[Site], weights: NDArray[np.int64], groups: Groups
) -> tuple[list[Site], Charges]:
    """Return the same state with one qubit per site, in the order of the groups, centre at site 0.

    Charges are packed anew; sites of one qubit stay as they are.

    Cost: O(n Σ_q χ_q³).
    """
    order = [q for qubits in groups for q in qubits]
    charges = read_charges(weights[:, order], (2,) * len(order))
    old, levels = group_charges(weights, groups), charges.levels()
    out: list[Site] = []
    for site, qubits in zip(canonicalise(sites, 0), groups, strict=True):
        renamed = _renamed(site, old, charges, levels[len(out) : len(out) + len(qubits)])
        out += [renamed] if len(qubits) == 1 else _halves(renamed, levels[len(out) :][:2])
    return out, charges


def _renamed(site: Site, old: Charges, new: Charges, levels: Sequence[tuple[int, ...]]) -> Site:
    """Return a site with its charges packed by another base."""
    name = {q: new.pack(old.unpack(q)) for bond in (site.left, site.right) for q in bond}
    whole = levels[0] if len(levels) == 1 else tuple(a + b for a in levels[0] for b in levels[1])
    left, right = ({name[q]: d for q, d in bond.items()} for bond in (site.left, site.right))
    blocks = {(name[q], s): block for (q, s), block in site.blocks.items()}
    return Site(blocks, whole, dict(sorted(left.items())), dict(sorted(right.items())))


def _halves(site: Site, levels: Sequence[tuple[int, ...]]) -> list[Site]:
    """Split a right-orthonormal site of two qubits (or the centre) into two sites."""
    first, second = levels
    up, down = rows(site.left, first), columns(second, site.right)
    lefts: Matrices = {}
    rights: Matrices = {}
    for charge in sorted(up.keys() & down.keys()):
        matrix = _matrix(site, up[charge], down[charge])
        if not matrix.any():
            continue
        q, r = thin_qr(matrix.T)
        lefts[charge], rights[charge] = np.ascontiguousarray(r.T), np.ascontiguousarray(q.T)
    return [from_rows(lefts, site.left, first), from_columns(rights, second, site.right)]


def _matrix(site: Site, up: Sequence[tuple[int, int]], down: Sequence[tuple[int, int]]) -> Array:
    """Return the matrix of one charge between the two qubits of a site."""
    over, height = places(up, site.left)
    along, width = places(down, site.right)
    out = np.zeros((height, width), dtype_of(site))
    for (q, a), r in over.items():
        for (p, b), c in along.items():
            block = site.blocks.get((q, 2 * a + b))
            if block is not None and q + site.levels[2 * a + b] == p:
                out[r, c] = block
    return out
