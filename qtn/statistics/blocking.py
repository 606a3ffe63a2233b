"""Standard errors of means of correlated samples, by blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qtn._checks import finite_array
from qtn.errors import ArgumentError

FEWEST_BLOCKS = 8


def blocked_error(samples: ArrayLike) -> float:
    """Return the standard error of the mean of samples in the order in which they were drawn.

    Neighbours are averaged in pairs, again and again, while at least eight blocks are left; blocks
    longer than the correlation time are independent, and shorter ones give too small an error. The
    largest of all levels is returned.

    Args:
        samples: at least sixteen numbers.

    Returns:
        The standard error.

    Raises:
        ArgumentError: fewer than sixteen samples.

    Cost: linear.

    Example:
        >>> blocked_error([1.0, -1.0] * 8) > 0.25
        True

    Reference: Flyvbjerg and Petersen, J. Chem. Phys. 91, 461 (1989).
    """
    blocks = finite_array("samples", samples, ndim=1, dtype=float)
    if len(blocks) < 2 * FEWEST_BLOCKS:
        raise ArgumentError(
            f"Argument `samples` must hold at least {2 * FEWEST_BLOCKS} numbers, but holds "
            f"{len(blocks)}. Draw more of them."
        )
    largest = 0.0
    while len(blocks) >= FEWEST_BLOCKS:
        largest = max(largest, float(blocks.std(ddof=1) / np.sqrt(len(blocks))))
        even = len(blocks) // 2 * 2
        blocks = blocks[:even].reshape(-1, 2).mean(1)
    return largest
