"""Feature maps: a row of n numbers becomes a product of n small vectors, one per site."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import bounded_int, choice, finite_array


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


FeatureMap = Callable[[ArrayLike], NDArray[np.float64]]
FEATURE_MAPS: dict[str, FeatureMap] = {"polynomial": polynomial, "trigonometric": trigonometric}


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
