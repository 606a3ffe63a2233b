"""What density phases do to occupations beyond the mean field, to second order.

Seen from the start, with the mean field taken into the motion of the modes, the circuit is a
product of exp(i φ_g W_g), g = 1 … m in time, with W_g = :n_p n_q: normal-ordered in the Slater
determinant. An occupation O = c†_a c_a at the end becomes::

    ⟨O⟩ = O_0 + i sum_g φ_g ⟨[O, W_g]⟩ - sum_{g ≥ g'} φ_g φ_g' ⟨[[O, W_g], W_g']⟩ + …

with weight 1/2 where g = g'. The first order vanishes: [O, W] has two pairs of fermion operators
that stay contracted with a quadratic form. In the second order only complete contractions between
the four legs of g and the four of g' count (Wick). Let 1, 2 be the orbitals of p and q of g, and
Q = 1 - P; then ⟨W_g W_g'⟩ is det K det L with the 2 × 2 matrices::

    K_αβ = ⟨g_α| Q |g'_β⟩,          L_αβ = ⟨g'_β| P |g_α⟩

[O, ·] turns the creation leg α into |a⟩⟨a|g_α⟩ and the annihilation leg into minus that. With the
cofactors of K and L::

    ⟨[O, W_g] W_g'⟩ = sum_αβ  det K cof(L)_αβ ⟨a|g_α⟩ ⟨g'_β|P|a⟩
                    - sum_αβ  det L cof(K)_αβ ⟨g_α|a⟩ ⟨a|Q|g'_β⟩

and ⟨[[O, W_g], W_g']⟩ is twice its real part. All a at once are matrix products.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.free_fermions.hartree import Kicks

__all__ = ["occupation_shifts"]

Array = NDArray[Any]
ROWS = 256  # phases g that are worked on at a time


def occupation_shifts(carried: Array, filled: Sequence[int], kicks: Kicks) -> Array:
    """Return the second-order changes of all occupations.

    Args:
        carried: T, see `hartree.mean_field_run`.
        filled: the modes that are full at the start.
        kicks: the density phases.

    Returns:
        Real array (n,).

    Cost: O(m² n) for m phases; memory in slices of 256 of them.
    """
    n, m = len(carried), len(kicks.angles)
    full = np.zeros(n)
    full[list(filled)] = 1.0
    legs = _Legs((kicks.first, kicks.second), full, carried.conj().T)
    total = np.zeros(n)
    for start in range(0, m, ROWS):
        stop = min(start + ROWS, m)
        earlier = np.tri(stop - start, stop, start - 1) + 0.5 * np.eye(stop - start, stop, start)
        weight = earlier * np.outer(kicks.angles[start:stop], kicks.angles[:stop])
        total -= 2.0 * _nested(legs, weight, slice(start, stop), slice(0, stop))
    return total


class _Legs:
    """The orbitals of all phases, and their products with each other and with the ends.

    P is diagonal at the start, so that ⟨x|P|y⟩ sums over the full modes and ⟨x|Q|y⟩ over the rest.
    """

    def __init__(self, legs: tuple[Array, Array], full: Array, ends: Array) -> None:
        self.legs, self.full, self.empty = legs, full, 1.0 - full
        self.reach = [np.abs(leg).sum(axis=0) > 0.0 for leg in legs]
        self.seen = [leg.conj() @ ends for leg in legs]  # ⟨g_α|a⟩, (m, n)
        self.on_full = [(leg.conj() * full) @ ends for leg in legs]  # ⟨g_α|P|a⟩
        self.on_empty = [a - b for a, b in zip(self.seen, self.on_full, strict=True)]

    def products(self, diagonal: Array, rows: slice, columns: slice) -> list[list[Any]]:
        """Return ⟨g_α| diagonal |g'_β⟩ by α and β; 0.0 where the species never meet."""
        found: list[list[Any]] = [[0.0, 0.0], [0.0, 0.0]]
        for alpha, beta in itertools.product((0, 1), repeat=2):
            common = self.reach[alpha] & self.reach[beta] & (diagonal > 0.0)
            if common.any():
                left = self.legs[alpha][rows][:, common].conj()
                found[alpha][beta] = left @ self.legs[beta][columns][:, common].T
        return found


def _nested(legs: _Legs, weight: Array, rows: slice, columns: slice) -> Array:
    """Return sum_gg' weight_gg' Re ⟨[O_a, W_g] W_g'⟩ for all a."""
    k = legs.products(legs.empty, rows, columns)
    lower = [[np.conj(x) for x in row] for row in legs.products(legs.full, rows, columns)]
    det_k, det_l = (x[0][0] * x[1][1] - x[0][1] * x[1][0] for x in (k, lower))
    total = np.zeros(len(legs.full))
    for alpha, beta in itertools.product((0, 1), repeat=2):
        signed = weight if alpha == beta else -weight
        seen = legs.seen[alpha][rows]
        if not np.isscalar(lower[1 - alpha][1 - beta]):
            inner = (signed * det_k * lower[1 - alpha][1 - beta]) @ legs.on_full[beta][columns]
            total += (seen.conj() * inner).real.sum(axis=0)
        if not np.isscalar(k[1 - alpha][1 - beta]):
            inner = (signed * det_l * k[1 - alpha][1 - beta]) @ legs.on_empty[beta][columns].conj()
            total -= (seen * inner).real.sum(axis=0)
    return total
