"""From dense chains to blocks and back: which charge a state has is found, not assumed.

With the tensors behind a site right-orthonormal, the rows of its centre tensor that have reached
the same charge span the states of that charge, and rows of different charges are orthogonal if the
state has one total charge. One factorisation per charge, site after site, labels the bonds; what
reaches another total at the last bond is what the state has outside its charge.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.errors import ArgumentError
from qtn.states.blocks.labels import Charges
from qtn.states.blocks.moves import normalise
from qtn.states.blocks.sites import Array, Matrices, Site, from_rows, rows
from qtn.states.kernels.gauge import normalise_chain
from qtn.states.kernels.truncate import svd

__all__ = ["dense_tensors", "product_sites", "sectors_of"]

NEGLIGIBLE = 1e-15  # singular values of a normalised state that are rounding
SHARP = 1e-12
"""Squared weight that a state of definite charge may have outside of it, and then loses."""


def sectors_of(
    tensors: Sequence[Array],
    charges: Charges,
    total: tuple[int, ...] | None,
    outside: float = SHARP,
) -> list[Site]:
    """Return a normalised chain in blocks, centre at site 0.

    Args:
        tensors: chain (left, phys, right), any gauge and norm.
        charges: charges of the levels.
        total: project on this charge; None: the state has to have one, and it is found.
        outside: squared weight that may lie outside of it, and is projected away.

    Raises:
        ArgumentError: the state has no definite charge, or no part with the charge asked for.

    Cost: O(n χ³); up to (n + 1)³ of it for a state that mixes all charges.
    """
    levels = charges.levels()
    bond, carry = {0: 1}, {0: np.ones((1, 1))}
    sites: list[Site] = []
    for tensor, packed in zip(normalise_chain(tensors), levels, strict=True):
        thetas = _grown(tensor, packed, carry, bond)
        sites.append(from_rows(thetas, bond, packed))
        if len(sites) == len(levels):
            break
        isometries, carry = {}, {}
        for charge, theta in thetas.items():
            u, s, vh = svd(theta)
            keep = int((s > NEGLIGIBLE).sum())
            if keep:
                isometries[charge], carry[charge] = u[:, :keep], s[:keep, None] * vh[:keep]
        sites[-1] = from_rows(isometries, bond, packed)
        bond = sites[-1].right
    weights = {q: float(np.vdot(m, m).real) for q, m in thetas.items()}
    charge = _chosen(weights, charges, total, outside)
    sites[-1] = from_rows({charge: thetas[charge]}, bond, levels[-1])
    return normalise(sites)[0]


def product_sites(levels: Sequence[int], charges: Charges) -> list[Site]:
    """Return the product state of one level per site, in blocks."""
    sites, q = [], 0
    for level, packed in zip(levels, charges.levels(), strict=True):
        after = q + packed[level]
        sites.append(Site({(q, level): np.ones((1, 1))}, packed, {q: 1}, {after: 1}))
        q = after
    return sites


def _grown(
    tensor: Array, levels: tuple[int, ...], carry: Matrices, bond: dict[int, int]
) -> Matrices:
    """Return the centre tensor, stacked by the charge reached."""
    return {
        charge: np.concatenate([carry[q] @ tensor[:, s] for q, s in parts])
        for charge, parts in sorted(rows(bond, levels).items())
    }


def _chosen(
    weights: dict[int, float], charges: Charges, total: tuple[int, ...] | None, outside: float
) -> int:
    """Return the packed total charge, or raise with the shares of the largest."""
    listed = sorted(weights.items(), key=lambda entry: -entry[1])
    shares = ", ".join(f"{charges.unpack(q)}: {w:.3g}" for q, w in listed[:4])
    if total is not None:
        wanted = charges.pack(total)
        if weights.get(wanted, 0.0) <= NEGLIGIBLE:
            raise ArgumentError(
                f"The state has no part of charge {total}. Its weights by charge: {shares}."
            )
        return wanted
    if sum(w for _, w in listed[1:]) > outside:
        raise ArgumentError(
            f"The state has no definite charge; its weights by charge: {shares}. Project it with "
            "`total=...` on one of these, give the charges that it has (`charges`), or stay with "
            "the MPS."
        )
    return listed[0][0]


def dense_tensors(sites: Sequence[Site]) -> list[Array]:
    """Return the chain (left, phys, right), indices of a bond sorted by charge."""
    dtype = np.result_type(*[b for site in sites for b in site.blocks.values()])
    out = []
    for site in sites:
        starts = [_starts(bond) for bond in (site.left, site.right)]
        shape = (sum(site.left.values()), len(site.levels), sum(site.right.values()))
        tensor = np.zeros(shape, dtype)
        for (q, s), block in site.blocks.items():
            a, b = starts[0][q], starts[1][q + site.levels[s]]
            tensor[a : a + block.shape[0], s, b : b + block.shape[1]] = block
        out.append(tensor)
    return out


def _starts(bond: dict[int, int]) -> dict[int, int]:
    starts = np.cumsum([0, *bond.values()])
    return {charge: int(start) for charge, start in zip(bond, starts, strict=False)}
