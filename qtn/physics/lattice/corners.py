r"""Corner transfer matrices: the infinite lattice from its quarter planes.

A corner C and an edge E stand for a quadrant and a half row. A step adds a site to the edge and two
edges and a site to the corner, and keeps the χ eigenvectors P of the corner with the largest
eigenvalues:

.. math:: C ← P^† (E\,T\,E\,C) P, \qquad E ← P^† (E\,T) P .

With :math:`z_4` four corners, :math:`z_2` four corners and two opposite edges, and :math:`z_1`
four corners, four edges and a site, the partition function per site is
:math:`κ = z_1 z_4 / z_2^2`. Everything is symmetric under reflections, so that one corner and one
edge are enough.

Reference: R. J. Baxter, J. Math. Phys. 9, 650 (1968); Nishino and Okunishi, J. Phys. Soc. Jpn. 65,
891 (1996). The convergence is followed in ln κ: it is geometric, slower the longer the correlation
length that χ allows, and what is left is the last change times r / (1 - r).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from qtn._machine import few_threads, suited

Array = NDArray[Any]
BLOCK = 100
"""Steps between two looks at ln κ."""
MOST_STEPS = 30_000


@dataclass(frozen=True, slots=True)
class Corners:
    """What corner transfer matrices end at.

    Args:
        log: ln κ.
        left: estimated change of it that further steps would bring.
        steps: how many there were.
    """

    log: float
    left: float
    steps: int


def corner_transfer(tensor: Array, boundary: Array, max_bond: int, goal: float = 1e-13) -> Corners:
    """Return ln Z per site of the infinite lattice.

    Args:
        tensor: T of a site, the same for all orders of its legs.
        boundary: the vector on the open legs of the outermost sites: that of a spin held fixed,
            which below the transition picks one of the two phases, and converges better above it.
        max_bond: χ.
        goal: change of ln κ that further steps may bring.

    Cost: O(χ³) per step, some hundred to some ten thousand steps.
    """
    edge = np.einsum("lrud,u->lrd", tensor, boundary).transpose(0, 2, 1)
    corner = np.einsum("lrud,l,u->rd", tensor, boundary, boundary)
    before, change, left = math.inf, math.inf, math.inf
    steps = 0
    while steps < MOST_STEPS:
        with few_threads(suited(max_bond)):
            for _ in range(BLOCK):
                corner, edge = _grown(corner, edge, tensor, max_bond)
        steps += BLOCK
        now = _log_per_site(corner, edge, tensor)
        last, change = change, abs(now - before)
        before = now
        ratio = change / last if last > 0.0 else 0.0
        left = change * ratio / (1.0 - ratio) if ratio < 1.0 else math.inf
        if change < goal and (left < goal or change < 1e-15):
            break
    return Corners(before, min(max(left, change), 1.0), steps)


def _grown(corner: Array, edge: Array, tensor: Array, max_bond: int) -> tuple[Array, Array]:
    """Add a row and a column of sites."""
    bond, legs = len(corner), len(tensor)
    # Edges are (bond, leg into the lattice, bond). All legs of T are alike: its first one meets the
    # edge, the second runs on into the lattice, the other two along the edge.
    row = np.tensordot(edge, tensor, (1, 0))  # a, b, inwards, along, along
    grown = np.tensordot(corner, row, (1, 0))
    grown = np.tensordot(edge, grown, ((0, 1), (0, 3)))  # e, b, inwards, along
    size = bond * legs
    grown = grown.transpose(0, 2, 1, 3).reshape(size, size)
    grown = 0.5 * (grown + grown.T)
    values, vectors = eigh(grown, check_finite=False)
    order = np.argsort(-np.abs(values), kind="stable")[: min(max_bond, size)]
    basis = vectors[:, order]
    wide = row.transpose(0, 3, 2, 1, 4).reshape(size, legs, size)
    turned = np.tensordot(basis.T, wide, 1) @ basis
    found = np.diag(values[order] / np.abs(values).max())
    return found, turned / np.abs(turned).max()


def _log_per_site(corner: Array, edge: Array, tensor: Array) -> float:
    """Return ln κ."""
    pair = corner @ corner
    half = np.einsum("ab,bsc,cd->asd", pair, edge, pair, optimize=True)
    four = float(np.einsum("ab,ba->", pair, pair))
    two = float(np.einsum("asd,asd->", half, edge))
    ring = np.einsum("ab,bsc->asc", corner, edge)
    sides = np.einsum("asb,btc->astc", ring, ring)
    one = float(np.einsum("astc,cuva,stuv->", sides, sides, tensor, optimize=True))
    return math.log(one) + math.log(four) - 2.0 * math.log(two)
