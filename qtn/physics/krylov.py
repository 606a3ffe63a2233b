"""Lanczos for the local problems of DMRG and TDVP: lowest eigenvector and matrix exponential."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal

__all__ = ["exponential", "lowest"]

Vector = NDArray[Any]
Map = Callable[[Vector], Vector]


def lowest(
    apply: Map, start: Vector, dimension: int = 12, tolerance: float = 1e-12
) -> tuple[float, Vector]:
    """Return the smallest eigenvalue of a Hermitian map and its vector, from a good start.

    Args:
        apply: the map on flat vectors.
        start: first guess, not zero.
        dimension: largest Krylov dimension; one cycle, no restart.
        tolerance: stop when the residual norm is below it.

    Returns:
        Eigenvalue and normalised vector.

    Cost: `dimension` maps and O(dimension^2) vector products.
    """
    basis, diagonal, offdiagonal = [start / np.linalg.norm(start)], list[float](), list[float]()
    value, weights = 0.0, np.ones(1)
    for _ in range(min(dimension, start.size)):
        beta = _extend(apply, basis, diagonal)
        values, vectors = eigh_tridiagonal(diagonal, offdiagonal)
        value, weights = float(values[0]), vectors[:, 0]
        if beta * abs(weights[-1]) <= tolerance or beta <= 1e-13:
            break
        offdiagonal.append(beta)
    vector = _combine(basis, weights)
    return value, vector / np.linalg.norm(vector)


def exponential(
    apply: Map, start: Vector, factor: complex, dimension: int = 25, tolerance: float = 1e-12
) -> Vector:
    """Return exp(factor A) start for a Hermitian map A.

    The step is halved until the Krylov error estimate beta_m |[exp(factor T)]_{m,1}| is below the
    tolerance (relative to the norm of `start`).

    Args:
        apply: the map on flat vectors.
        start: the vector.
        factor: -i t or -tau.
        dimension: largest Krylov dimension.
        tolerance: error allowed.

    Returns:
        The vector, complex if `factor` is.

    Reference: M. Hochbruck and C. Lubich, SIAM J. Numer. Anal. 34, 1911 (1997).
    """
    norm = float(np.linalg.norm(start))
    if norm == 0.0:
        return start
    small = np.real(factor) if np.imag(factor) == 0 else factor
    basis, diagonal, offdiagonal = [start / norm], list[float](), list[float]()
    weights = np.ones(1)
    for _ in range(min(dimension, start.size)):
        beta = _extend(apply, basis, diagonal)
        values, vectors = eigh_tridiagonal(diagonal, offdiagonal)
        # Shifting by the lowest value keeps imaginary-time exponentials from overflowing.
        weights = (vectors * np.exp(small * values)) @ vectors[0]
        if beta * abs(small) * abs(weights[-1]) <= tolerance * np.linalg.norm(weights):
            return norm * _combine(basis, weights)
        if beta <= 1e-13 or len(basis) > start.size:
            return norm * _combine(basis, weights)
        offdiagonal.append(beta)
    half = exponential(apply, start, factor / 2, dimension, tolerance / 2)
    return exponential(apply, half, factor / 2, dimension, tolerance / 2)


def _extend(apply: Map, basis: list[Vector], diagonal: list[float]) -> float:
    """Append the next Lanczos vector; return the norm of its part outside the basis."""
    vector = apply(basis[-1])
    diagonal.append(float(np.vdot(basis[-1], vector).real))
    rows = np.array(basis)
    # Twice is enough: full orthogonalisation keeps the small bases exact.
    for _ in range(2):
        vector = vector - (rows.conj() @ vector) @ rows
    beta = float(np.linalg.norm(vector))
    basis.append(vector / beta if beta > 0 else vector)
    return beta


def _combine(basis: list[Vector], weights: Vector) -> Vector:
    return weights @ np.array(basis[: len(weights)])
