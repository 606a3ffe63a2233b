"""Noise on the values of the columns in training, so that a model learns what neighbours share.

In every step a row shows x_i + σ_i ξ_i in the place of x_i, reflected at the ends of [0, 1], with
normal ξ_i. To second order that adds to the loss Σ_i σ_i² / 2 times its curvature along column i
(Bishop 1995): what varies within σ_i is not learned. Products of many columns, which tell every
training row apart and then learn the rows by heart, become averages over neighbourhoods.

How wide a neighbourhood is depends on the column. One that tells much about the target changes its
meaning over a short way, one that tells nothing should not tell neighbours apart at all:

    σ_i = min(σ · √(I_max / I_i), max(σ, 0.3))

with I_i the mutual information of column i, cut at eight quantiles, and the target, less its mean
under independence. Columns of few values are categories or counts; they stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._random import generator

Floats = NDArray[np.float64]
# Levels of a column and of a target, the most values of a column that stays, the widest noise.
_LEVELS, _FEW, _WIDEST = 8, 8, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Jitter:
    """Training rows that come with other noise in every step.

    Args:
        sites: what the sites hold, in [0, 1], shape (rows, columns · copies).
        widths: standard deviation of the noise of every column, shape (columns,).
        seed: chooses the noise, together with the number of the step.
    """

    sites: Floats
    widths: Floats
    seed: int = 0

    def rows(self, numbers: NDArray[np.int64], step: int) -> Floats:
        """Return the rows of these numbers with the noise of a step; copies of a column share it.

        Example:
            >>> Jitter(np.array([[0.5, 0.5, 1.0, 1.0]]), np.array([0.1, 0.0])).rows(
            ...     np.array([0]), step=3
            ... ).round(3)
            array([[0.458, 0.458, 1.   , 1.   ]])
        """
        noise = generator(self.seed, "jitter", step).standard_normal(
            (len(numbers), len(self.widths))
        )
        copies = self.sites.shape[1] // len(self.widths)
        moved = np.abs(self.sites[numbers] + np.repeat(noise * self.widths, copies, axis=1))
        return np.clip(1.0 - np.abs(1.0 - moved), 0.0, 1.0)


def jitter_widths(columns: Floats, targets: NDArray[Any], weights: Floats, width: float) -> Floats:
    """Return the standard deviation of the noise of every column; see the module.

    Args:
        columns: values in [0, 1], shape (rows, columns).
        targets: class numbers (rows,), or numbers (rows, targets).
        weights: of the rows, shape (rows,).
        width: σ, that of the column that tells most.

    Cost: a sort of every column.

    Example:
        >>> x = np.random.default_rng(0).random((500, 2))
        >>> jitter_widths(x, (x[:, 0] > 0.5).astype(int), np.ones(500), 0.05).round(2)
        array([0.05, 0.3 ])

    Reference: Bishop, Neural Computation 7, 108 (1995), for what noise on inputs does; that widths
    differ by what columns tell is added here.
    """
    many = np.array([len(np.unique(column)) > _FEW for column in columns.T])
    if not many.any():
        return np.zeros(columns.shape[1])
    classes = [targets] if targets.ndim == 1 else [_levels(t, weights) for t in targets.T]
    share = weights / weights.sum()
    told = np.zeros(columns.shape[1])
    for i in np.flatnonzero(many):
        levels = _levels(columns[:, i], weights)
        told[i] = max(_information(levels, c, share) for c in classes)
    most, widest = told.max(), max(width, _WIDEST)
    least = most * (width / widest) ** 2  # of what tells less, the noise is the widest
    wide = width * np.sqrt(most / np.maximum(told, least)) if most > 0 else width
    return np.asarray(np.where(many, wide, 0.0))


def _levels(column: Floats, weights: Floats) -> NDArray[np.int64]:
    values, codes = np.unique(column, return_inverse=True)
    shares = np.bincount(codes, weights, len(values))
    middle = (shares.cumsum() - shares / 2) / shares.sum()
    # Rounded first: weights in other units must not move a value across a cut.
    return np.floor((middle * _LEVELS).round(9)).astype(np.int64)[codes]


def _information(first: NDArray[np.int64], second: NDArray[Any], share: Floats) -> float:
    """Return Σ p_ij log(p_ij / p_i p_j), less its mean under independence (Miller 1955)."""
    shape = (int(first.max()) + 1, int(second.max()) + 1)
    joint = np.bincount(first * shape[1] + second, share, shape[0] * shape[1]).reshape(shape)
    apart = joint.sum(axis=1)[:, None] * joint.sum(axis=0)
    seen = joint > 0
    found = float((joint[seen] * np.log(joint[seen] / apart[seen])).sum())
    freedom = ((apart.sum(axis=1) > 0).sum() - 1) * ((apart.sum(axis=0) > 0).sum() - 1)
    return max(found - freedom * float((share**2).sum()) / 2, 0.0)
