r"""The chain of a propagator in Pauli matrices, in sectors of a parity.

:math:`U = \sum c_{p_1 … p_n} P_{p_1} ⊗ … ⊗ P_{p_n}` with the basis I, X, Z, Y, so that
:math:`\sum |c|² = \mathrm{Tr}\,U^†U / 2^n = 1`. Where H is real, :math:`U = U^T` for all times, and
only products with an even number of Y have a coefficient: every bond index then belongs to one of
two sectors, and a site holds the blocks (left sector, right sector), with the letters I, X, Z where
these are equal and Y where they differ. Where H is not real there is one sector with four letters.

A step multiplies by a bond's gate from both sides, :math:`U ← g U g`, with half of its angle each:
a palindromic product formula for t/2 on either side is one for t, and the transposition symmetry
survives every single gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.states.operators import FACTORS

Array = NDArray[Any]
Site = dict[tuple[int, int], Array]
"""Blocks (left sector, right sector) -> array (left, letters, right)."""
Weights = dict[int, Array]
"""Schmidt values of a bond by sector, descending."""

LETTERS = "IXZY"
BASIS = np.stack([FACTORS[letter] for letter in LETTERS])
ALL = (0, 1, 2, 3)
EVEN, ODD = (0, 1, 2), (3,)


@dataclass(frozen=True, slots=True)
class Letters:
    """Which letters a block holds.

    Args:
        sectors: (0, 1) where the number of Y is even, else (0,).
    """

    sectors: tuple[int, ...]

    def of(self, parity: int) -> tuple[int, ...]:
        """Return the letters between sectors whose sum is `parity`."""
        if len(self.sectors) == 1:
            return ALL
        return ODD if parity else EVEN

    def pairs(self, parity: int) -> list[tuple[int, int]]:
        """Return the pairs of letters of two sites, middle sector equal to the left one first."""
        return [
            (p, q)
            for middle in self.sectors
            for p in self.of(middle)
            for q in self.of(middle ^ parity)
        ]


def letters_of(real: bool) -> Letters:
    """Return the letters for a Hamiltonian that is real, or not."""
    return Letters((0, 1) if real else (0,))


def both_sides(gates: Array) -> Array:
    """Return U ← g U g on the coefficients of two sites, (bonds, 4, 4, 4, 4): new p q, old p q."""
    pairs = np.einsum("pab,qcd->pqacbd", BASIS, BASIS).reshape(16, 4, 4)
    moved = gates[:, None] @ pairs @ gates[:, None]
    found = np.einsum("xij,bpji->bxp", pairs, moved) / 4.0
    return found.reshape(-1, 4, 4, 4, 4)


def in_parities(maps: Array, letters: Letters) -> list[dict[int, Array]]:
    """Return for every bond the maps of the pairs of letters of either parity."""
    found: list[dict[int, Array]] = [{} for _ in maps]
    for parity in letters.sectors:
        p, q = np.array(letters.pairs(parity)).T
        blocks = maps[:, p[:, None], q[:, None], p[None, :], q[None, :]]
        for bond, block in enumerate(blocks):
            found[bond][parity] = np.ascontiguousarray(block)
    return found


def identity(n: int, letters: Letters) -> tuple[list[Site], list[Weights]]:
    """Return the identity: sites and the weights of the bonds left of them, and of the last."""
    one = np.zeros((1, len(letters.of(0)), 1), complex)
    one[0, 0, 0] = 1.0
    return [{(0, 0): one} for _ in range(n)], [{0: np.ones(1)} for _ in range(n + 1)]


def trace(sites: list[Site]) -> complex:
    """Return Tr U / 2ⁿ."""
    row = np.ones((1, 1), complex)
    for site in sites:
        row = row @ site[0, 0][:, 0, :]
    return complex(row[0, 0])


def largest_bond(sites: list[Site]) -> int:
    """Return the largest bond, its sectors together."""
    wide = [{b: block.shape[2] for (_, b), block in site.items()} for site in sites]
    return max(sum(bond.values()) for bond in wide)
