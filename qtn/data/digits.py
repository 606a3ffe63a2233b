"""Scikit-learn's handwritten digits, 1,797 images of 8x8 pixels, also averaged to fewer pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtn._checks import choice, indices, real
from qtn._random import derived_seed
from qtn.data.dataset import Dataset
from qtn.errors import ArgumentError


def load_digits(
    size: int = 4,
    classes: Sequence[int] | str = (0, 1),
    test_fraction: float = 0.25,
    seed: int = 0,
) -> Dataset:
    """Load scikit-learn's handwritten digits, split by class into a train and a test part.

    Pixels are scaled from 0..16 to [0, 1]; sizes below 8 average square blocks of pixels.

    Args:
        size: pixels per side: 8, 4 (2x2 mean) or 2 (4x4 mean).
        classes: digits to keep, for instance (3, 8), or "all".
        test_fraction: part of the rows of every class to keep for testing, 0.01 to 0.9.
        seed: chooses the split.

    Returns:
        A `Dataset` with rows of size² features in row-major order.

    Raises:
        ArgumentError: an unknown size, fewer than two classes or a class that is no digit, or a
            test fraction outside [0.01, 0.9].

    Example:
        >>> load_digits(size=4, classes=(0, 1))
        Dataset('digits 4x4', 270 train + 90 test rows, shape=(4, 4), classes=[0, 1])
    """
    from sklearn.datasets import load_digits as sklearn_digits
    from sklearn.model_selection import train_test_split

    choice("size", size, (2, 4, 8))
    kept = _digits(classes)
    fraction = real("test_fraction", test_fraction, 0.01, 0.9)
    images, labels = sklearn_digits(return_X_y=True)
    rows = np.isin(labels, kept)
    x = block_mean(images[rows].reshape(-1, 8, 8) / 16.0, 8 // size).reshape(rows.sum(), -1)
    y = labels[rows].astype(np.int64)
    x_train, x_test, y_train, y_test = train_test_split(
        x, y, test_size=fraction, stratify=y, random_state=derived_seed(seed, "digits-split")
    )
    return Dataset(x_train, y_train, x_test, y_test, (size, size), f"digits {size}x{size}")


def _digits(classes: Sequence[int] | str) -> list[int]:
    if isinstance(classes, str):
        choice("classes", classes, ("all",), way_out="Or give digits, for instance (0, 1).")
        return list(range(10))
    kept = indices("classes", classes, way_out='Give for instance (3, 8), or "all".')
    if len(kept) < 2 or len(set(kept)) != len(kept) or not set(kept) <= set(range(10)):
        raise ArgumentError(
            f"Argument `classes` must be at least two different digits of 0..9, but is {classes!r}."
            ' Give for instance (3, 8), or "all".'
        )
    return list(kept)


def block_mean(images: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """Average blocks of `factor` x `factor` pixels.

    Args:
        images: shape (samples, height, width); both sides are multiples of `factor`.
        factor: side of a block, in pixels.

    Returns:
        Images of shape (samples, height / factor, width / factor).

    Raises:
        ArgumentError: a side is no multiple of `factor`.

    Example:
        >>> block_mean(np.array([[[0.0, 1.0], [1.0, 0.0]]]), 2)
        array([[[0.5]]])
    """
    samples, height, width = images.shape
    if height % factor or width % factor:
        raise ArgumentError(
            f"Argument `factor` must divide both sides of the image, but is {factor} for an image "
            f"of {height}x{width} pixels."
        )
    blocks = images.reshape(samples, height // factor, factor, width // factor, factor)
    return np.asarray(blocks.mean(axis=(2, 4)))
