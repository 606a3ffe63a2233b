"""Feature maps: a row of n numbers becomes a product of n small vectors, one per site."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import bounded_int, choice, fail, finite_array


def trigonometric(x: ArrayLike) -> NDArray[np.float64]:
    """Map every feature to a point of the quarter circle, that is, to a qubit.

        x ↦ (cos πx/2, sin πx/2)

    The vectors are normalised, so the product state of a row is a state of n qubits that the
    rotations RY(πx) prepare.

    Args:
        x: shape (batch, sites), values in [0, 1].

    Returns:
        Shape (batch, sites, 2).

    Raises:
        ArgumentError: `x` is empty, no matrix, or not finite.

    Example:
        >>> trigonometric([[0.0, 1.0]]).round(6)
        array([[[1., 0.],
                [0., 1.]]])

    Reference: Stoudenmire and Schwab, NeurIPS 2016 (arXiv:1605.05775), eq. 3.
    """
    angle = 0.5 * np.pi * finite_array("x", x, ndim=2, dtype=np.float64)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def polynomial(x: ArrayLike, degree: int = 2) -> NDArray[np.float64]:
    """Map every feature to its powers.

        x ↦ (1, x, x², …, x^degree)

    Args:
        x: shape (batch, sites).
        degree: highest power, at least 1.

    Returns:
        Shape (batch, sites, degree + 1).

    Raises:
        ArgumentError: `x` is empty, no matrix, or not finite, or the degree is below 1.

    Example:
        >>> polynomial([[0.5]], degree=2)
        array([[[1.  , 0.5 , 0.25]]])

    Reference: Novikov, Trofimov, Oseledets, arXiv:1605.03795 (degree 1).
    """
    rows = finite_array("x", x, ndim=2, dtype=np.float64)
    out = np.ones((*rows.shape, bounded_int("degree", degree, 1) + 1))
    for power in range(1, degree + 1):
        np.multiply(out[..., power - 1], rows, out=out[..., power])
    return out


def legendre(x: ArrayLike, degree: int = 3) -> NDArray[np.float64]:
    """Map every feature to the Legendre polynomials that are orthonormal on [0, 1].

        x ↦ (P̃₀(x), …, P̃_degree(x)),      P̃_k(x) = √(2k+1) P_k(2x - 1)

    Uniformly distributed features get uncorrelated components of unit variance, which powers lack.

    Args:
        x: shape (batch, sites), values in [0, 1].
        degree: highest degree, at least 1.

    Returns:
        Shape (batch, sites, degree + 1).

    Raises:
        ArgumentError: `x` is empty, no matrix, or not finite, or the degree is below 1.

    Example:
        >>> legendre([[1.0]], degree=2).round(3)
        array([[[1.   , 1.732, 2.236]]])
    """
    rows = finite_array("x", x, ndim=2, dtype=np.float64)
    count = bounded_int("degree", degree, 1) + 1
    found = np.polynomial.legendre.legvander(2 * rows - 1, count - 1)
    return np.asarray(found * np.sqrt(2 * np.arange(count) + 1))


def one_hot(x: ArrayLike, levels: int) -> NDArray[np.float64]:
    """Map every code of a categorical column to a unit vector.

        v ↦ e_v

    Args:
        x: shape (batch, sites), integers 0 … levels-1.
        levels: dimension of the vectors.

    Returns:
        Shape (batch, sites, levels).

    Raises:
        ArgumentError: values that are no such integers.

    Example:
        >>> one_hot([[0, 2]], levels=3)
        array([[[1., 0., 0.],
                [0., 0., 1.]]])
    """
    rows = finite_array("x", x, ndim=2, dtype=np.float64)
    bounded_int("levels", levels, 1)
    if (rows != np.floor(rows)).any() or rows.min() < 0 or rows.max() >= levels:
        raise fail("x", f"integers of 0 … {levels - 1}", x)
    return np.asarray(np.eye(levels)[rows.astype(np.int64)])


def amplitude(x: ArrayLike, block: int = 4) -> NDArray[np.float64]:
    """Map every block of neighbouring features to the amplitudes of one site.

        (x₁ … x_b) ↦ (x₁ … x_b) / ‖x‖

    A block of 2^k features is a state of k qubits, so that n features need n·k/2^k qubits. A block
    of zeros becomes the first unit vector.

    Args:
        x: shape (batch, features), a multiple of `block` features.
        block: features per site.

    Returns:
        Shape (batch, features / block, block).

    Raises:
        ArgumentError: `x` is empty, no matrix, or not finite, or its width is no such multiple.

    Example:
        >>> amplitude([[3.0, 4.0, 0.0, 0.0]], block=2)
        array([[[0.6, 0.8],
                [1. , 0. ]]])
    """
    rows = finite_array("x", x, ndim=2, dtype=np.float64)
    if rows.shape[1] % bounded_int("block", block, 2):
        raise fail("x", f"rows of a multiple of {block} features", x)
    out = rows.reshape(len(rows), -1, block).copy()
    out[~out.any(axis=2), 0] = 1.0
    return np.asarray(out / np.linalg.norm(out, axis=2, keepdims=True))


FeatureMap = Callable[[ArrayLike], NDArray[np.float64]]
FEATURE_MAPS: dict[str, FeatureMap] = {
    "amplitude": amplitude,
    "legendre": legendre,
    "polynomial": polynomial,
    "trigonometric": trigonometric,
}


def feature_map(name: str) -> FeatureMap:
    """Return the feature map of that name.

    Raises:
        ArgumentError: no such map.

    Example:
        >>> feature_map("trigonometric") is trigonometric
        True
    """
    choice("features", name, sorted(FEATURE_MAPS))
    return FEATURE_MAPS[name]
