r"""The bootstrap for functions of means over rows.

A figure such as the error :math:`\sqrt{\overline{r^2}}` or R² is a function g of the means of a few
columns over rows that are independent draws of one distribution. Drawing n rows with replacement
many times shows how g scatters. All columns of a row are drawn together: what two models did with
the same row stays paired. Drawing rows with replacement is drawing how often each is taken,
multinomial counts c with mean 1, and a resampled mean is :math:`c^T A / n`: one product of matrices
for all draws and all columns.

Reference: Efron, Ann. Stat. 7, 1 (1979); percentile intervals as in Efron and Tibshirani, An
Introduction to the Bootstrap, chapter 13 (1993).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import bounded_int, finite_array, positive_int, real

Floats = NDArray[np.float64]
DRAWS = 2000
_AT_ONCE = 4_000_000  # counts held at a time


def resampled_means(columns: ArrayLike, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Return the means of columns over rows drawn with replacement.

    Args:
        columns: shape (rows, columns); the columns of a row stay together.
        draws: resampled sets of rows.
        seed: same seed, same sets.

    Returns:
        Shape (draws, columns).

    Raises:
        ArgumentError: the columns hold no finite numbers, or a count cannot be one.

    Cost: O(draws · rows · columns).

    Example:
        >>> means = resampled_means([[0.0], [1.0]], draws=4000)
        >>> round(float(means.mean()), 1)
        0.5
    """
    table = finite_array("columns", columns, ndim=2, dtype=np.float64)
    count = positive_int("draws", draws)
    rng = np.random.default_rng(bounded_int("seed", seed, 0))
    rows = len(table)
    parts, step = [], max(1, _AT_ONCE // rows)
    for start in range(0, count, step):
        taken = rng.integers(rows, size=(min(step, count - start), rows))
        counts = np.stack([np.bincount(t, minlength=rows) for t in taken])
        parts.append(counts @ table / rows)
    return np.concatenate(parts)


def interval_of(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of resampled values: equal shares beyond either end.

    Args:
        values: what a figure became on each resampled set of rows, shape (draws,).
        confidence: share of the values inside.

    Raises:
        ArgumentError: no finite values, or the confidence cannot be one.

    Example:
        >>> interval_of([0.0, 1.0, 2.0, 3.0, 4.0], 0.5)
        (1.0, 3.0)
    """
    drawn = finite_array("values", values, ndim=1, dtype=np.float64)
    outside = 1.0 - real("confidence", confidence, 0.0, 1.0 - 1e-12, open_low=True)
    low, high = np.quantile(drawn, [outside / 2, 1.0 - outside / 2])
    return float(low), float(high)
