"""Do predicted probabilities mean what they say?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qtn._checks import fail, finite_array, positive_int


def calibration_error(
    probabilities: ArrayLike, labels: ArrayLike, classes: ArrayLike, bins: int = 15
) -> float:
    """Return the expected calibration error of the predicted classes.

        ECE = Σ_b (n_b / n) |accuracy_b - confidence_b|,      bins b of equal width in confidence

    Args:
        probabilities: shape (rows, classes), as `predict_proba` returns them.
        labels: true labels, shape (rows,).
        classes: label of every column, shape (classes,), such as `model.classes_`.
        bins: number of bins.

    Returns:
        The error, in [0, 1]; 0 is perfect.

    Raises:
        ArgumentError: shapes that do not belong together.

    Example:
        >>> calibration_error([[0.8, 0.2], [0.4, 0.6]], [0, 1], [0, 1])
        0.3

    Reference: Guo, Pleiss, Sun, Weinberger, ICML 2017 (arXiv:1706.04599), eq. 3.
    """
    p = finite_array("probabilities", probabilities, ndim=2, dtype=np.float64)
    names, truth = np.asarray(classes), np.asarray(labels)
    if names.shape != p.shape[1:] or truth.shape != p.shape[:1]:
        raise fail(
            "probabilities",
            f"of shape (rows, classes) for {truth.size} labels and {names.size} classes",
            probabilities,
        )
    positive_int("bins", bins)
    confidence, correct = p.max(axis=1), names[p.argmax(axis=1)] == truth
    where = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(where, correct - confidence, bins)
    return float(round(np.abs(gaps).sum() / len(p), 12))
