"""Random states of one sector: what a search in blocks begins with."""

from __future__ import annotations

import numpy as np

from qtn.states import BlockMPS
from qtn.states.blocks.moves import normalise
from qtn.states.blocks.sites import Bond, Site

__all__ = ["SMALL", "random_in_sector"]

SMALL = 12
"""Bond below which of a start in blocks only the sector counts.

Two neighbouring sites of a product state see nothing of a hop to the second neighbour, so that a
search would end where it began.
"""
_SECTORS, _DIMENSION = 48, 2  # of a bond, and of each of its sectors


def random_in_sector(state: BlockMPS, rng: np.random.Generator) -> BlockMPS:
    """Return a random state of the same charges, of two dimensions per sector.

    Of many sectors those are taken that are nearest to an even spread of the charge.
    """
    levels, total = state.charges.levels(), state.charges.pack(state.total)
    ahead, behind = [{0}], [{total}]
    for packed in levels:
        ahead.append({q + c for q in ahead[-1] for c in packed})
    for packed in reversed(levels):
        behind.append({q - c for q in behind[-1] for c in packed})
    bonds = [
        _nearest(a & b, state, place / state.n)
        for place, (a, b) in enumerate(zip(ahead, reversed(behind), strict=True))
    ]
    sites = []
    for packed, left, right in zip(levels, bonds, bonds[1:], strict=False):
        blocks = {
            (q, s): rng.normal(size=(height, right[q + c]))
            for q, height in left.items()
            for s, c in enumerate(packed)
            if q + c in right
        }
        sites.append(Site(blocks, packed, left, right))
    return BlockMPS(tuple(normalise(sites)[0]), state.charges)


def _nearest(reached: set[int], state: BlockMPS, share: float) -> Bond:
    """Return the sectors of a bond nearest to this share of the total charge."""
    aim = share * np.array(state.total)

    def distance(packed: int) -> float:
        return float(np.linalg.norm(np.array(state.charges.unpack(packed)) - aim))

    size = 1 if share in (0.0, 1.0) else _DIMENSION
    return dict.fromkeys(sorted(sorted(reached, key=distance)[:_SECTORS]), size)
