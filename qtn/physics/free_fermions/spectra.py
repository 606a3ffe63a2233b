"""Entanglement of free fermions: Schmidt weights across a cut, and what a bond discards.

The correlations P of a Slater determinant, restricted to the modes left of a cut, have eigenvalues
ν_k in [0, 1]. The reduced state is a product of one two-level system per k, full with weight ν_k,
so that the Schmidt weights are all products of ν_k or 1 - ν_k, one factor per k. Modes of several
species enter the same list, because their states are products; the number left of the cut, of each
species, labels a weight. A chain of bond χ keeps the χ largest, and the rest is discarded.

The largest χ of 2ⁿ products are found mode by mode: a list of the largest so far, times both
factors, cut to χ again. None of the largest is lost, since both factors are at most 1.

Reference: I. Peschel, J. Phys. A 36, L205 (2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._machine import few_threads

__all__ = ["discarded_weight", "mode_weights", "schmidt_weights", "sector_sizes"]

Array = NDArray[Any]
SHARP = 1e-15
"""Modes full or empty up to this weight branch no more than rounding does."""
ROUNDED = 1e-14
"""Of a sum of weights."""


@few_threads(1)
def mode_weights(correlations: Array, left: Sequence[int]) -> Array:
    """Return the eigenvalues ν of the correlations of the modes left of a cut, within [0, 1]."""
    block = correlations[np.ix_(list(left), list(left))]
    return np.clip(np.linalg.eigvalsh(block), 0.0, 1.0)


def schmidt_weights(weights: Array, most: int) -> Array:
    """Return the largest Schmidt weights, descending; all of them sum to 1.

    Args:
        weights: ν of all modes left of the cut.
        most: how many at most.

    Cost: O(modes · most · log most).

    Example:
        >>> schmidt_weights(np.array([0.5, 0.1]), 3)
        array([0.45, 0.45, 0.05])
    """
    return _largest(weights, np.zeros(len(weights), dtype=int), most)[0]


def discarded_weight(weights: Array, bond: int) -> float:
    """Return the weight that is left out by the `bond` largest Schmidt weights."""
    return float(max(0.0, 1.0 - schmidt_weights(weights, bond).sum()))


def sector_sizes(
    weights: Sequence[Array], most: int, cutoff: float = 0.0
) -> tuple[dict[tuple[int, ...], int], float]:
    """Return how many of the largest Schmidt weights have which numbers of fermions.

    Args:
        weights: ν of the modes left of the cut, one array per species.
        most: how many weights at most.
        cutoff: the smallest may be left out up to this sum.

    Returns:
        {fermions left of the cut, one number per species: how many weights}, and the sum of those
        left out.
    """
    species = np.concatenate([np.full(len(nu), s) for s, nu in enumerate(weights)])
    values, labels = _largest(np.concatenate(weights), species, most, len(weights))
    rest = np.maximum(1.0 - np.cumsum(values), 0.0)
    kept = min(int(np.count_nonzero(rest > max(cutoff, ROUNDED))) + 1, len(values))
    found, sizes = np.unique(labels[:kept], axis=0, return_counts=True)
    counted = {tuple(map(int, row)): int(size) for row, size in zip(found, sizes, strict=True)}
    return counted, float(rest[kept - 1])


def _largest(weights: Array, species: Array, most: int, count: int = 1) -> tuple[Array, Array]:
    """Return the largest products, descending, and their numbers of fermions by species."""
    values, labels = np.ones(1), np.zeros((1, count), dtype=np.int64)
    # The most mixed modes first: what is cut then is small for good.
    for k in np.argsort(np.abs(weights - 0.5)):
        nu = weights[k]
        step = np.zeros(count, dtype=np.int64)
        step[species[k]] = 1
        if min(nu, 1.0 - nu) <= SHARP:
            values, labels = values * max(nu, 1.0 - nu), labels + (nu > 0.5) * step
            continue
        values = np.concatenate([values * nu, values * (1.0 - nu)])
        labels = np.concatenate([labels + step, labels])
        order = np.argsort(-values, kind="stable")[:most]
        values, labels = values[order], labels[order]
    return values, labels
