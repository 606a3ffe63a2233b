r"""Nyström approximation: a kernel of many rows from its columns at a few landmarks.

With the kernel K_mm of the landmarks and C of all rows with them

.. math:: K ≈ C K_{mm}^{+} C^T = F F^T, \qquad F = C V Λ^{-1/2}

with the positive eigenvalues Λ and their vectors V of K_mm: m columns in place of a square. Since
k(x, x) = 1, what a row loses is known: 1 - |F_x|² ≥ 0, the squared distance of its state from the
span of the landmarks' in the kernel's own space.

Reference: Williams and Seeger, NIPS 13 (2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import finite_array
from qtn.errors import ArgumentError

Floats = NDArray[np.float64]

KEPT = 1e-10  # of the largest eigenvalue: what is smaller is rounding


@dataclass(frozen=True, slots=True, eq=False)
class Nystrom:
    """Features whose inner products are a kernel of low rank.

    Args:
        factor: V Λ^(-1/2), shape (landmarks, rank).
        negative: eigenvalues of the landmarks' kernel left out because they are below zero, as
            counts make them.
    """

    factor: Floats
    negative: int = 0

    @classmethod
    def of(cls, landmarks: ArrayLike) -> Nystrom:
        """Return the approximation that a symmetric kernel of landmarks gives.

        Raises:
            ArgumentError: no square of finite numbers, or without a positive eigenvalue.

        Example:
            >>> Nystrom.of([[1.0, 0.5], [0.5, 1.0]]).features([[1.0, 0.5]]).round(3)
            array([[-0.5  ,  0.866]])
        """
        square = finite_array("landmarks", landmarks, ndim=2, dtype=np.float64)
        if square.shape[0] != square.shape[1]:
            raise ArgumentError(
                f"Argument `landmarks` must be a square matrix, but has shape {square.shape}."
            )
        values, vectors = np.linalg.eigh((square + square.T) / 2)
        kept = values > KEPT * np.abs(values).max()
        if not kept.any():
            raise ArgumentError(
                "Argument `landmarks` must have a positive eigenvalue, but the largest is "
                f"{values[-1]:.2g}. Take more shots."
            )
        negative = int((values < -KEPT * np.abs(values).max()).sum())
        return cls(vectors[:, kept] / np.sqrt(values[kept]), negative)

    def features(self, cross: ArrayLike) -> Floats:
        """Return F of rows from their kernel with the landmarks, (rows, landmarks).

        Raises:
            ArgumentError: another number of landmarks.
        """
        columns = finite_array("cross", cross, ndim=2, dtype=np.float64)
        if columns.shape[1] != len(self.factor):
            raise ArgumentError(
                f"Argument `cross` must have {len(self.factor)} columns, one per landmark, but has "
                f"{columns.shape[1]}."
            )
        return np.asarray(columns @ self.factor)

    def lost(self, cross: ArrayLike) -> Floats:
        """Return 1 - |F_x|² of every row: what the landmarks do not see of it."""
        return np.asarray(1.0 - np.sum(self.features(cross) ** 2, axis=1))
