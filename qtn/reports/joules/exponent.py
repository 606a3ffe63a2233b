r"""How fast Schmidt values fall: the exponent of a power law, with an interval, where there is one.

.. math:: s_k \approx c\, k^{-\alpha}

is fitted in logarithms with weights 1/k, so that every octave of k counts alike. Residuals of
neighbouring values go together: their correlation r leaves (1 - r)/(1 + r) of them independent,
and Student's t has as many degrees of freedom as Kish's formula makes of the weights, less two.
The same values are fitted by an exponential, :math:`s_k = c\,e^{-\beta k}`, which is the better law
for short-correlated states; there an exponent says nothing.

Reference: Jaschke and Montangero, Quantum Sci. Technol. 8, 025001 (2023), take α of about 1 or
less as the threshold from which emulation by tensor networks is no longer the cheaper way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from qtn._checks import finite_array
from qtn.errors import ArgumentError

__all__ = ["SchmidtFit", "schmidt_exponent"]

LEAST_VALUES = 8
SMALLEST = 1e-7  # Schmidt values below it, relative to the first, are rounding
GOOD = 0.9  # share of the scatter that a law must explain
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SchmidtFit:
    """A power law through Schmidt values.

    Args:
        alpha: the exponent.
        low, high: its 95 % interval.
        explained: share of the weighted scatter of ln s that the power law explains.
        exponential: the same of an exponential.
        values: the Schmidt values fitted, largest first.
    """

    alpha: float
    low: float
    high: float
    explained: float
    exponential: float
    values: NDArray[np.float64]

    def __repr__(self) -> str:
        return (
            f"SchmidtFit(alpha = {self.alpha:.3g} [{self.low:.3g}, {self.high:.3g}], "
            f"{len(self.values)} values, explained {self.explained:.3f})"
        )


def schmidt_exponent(values: ArrayLike) -> SchmidtFit:
    """Fit a power law to Schmidt values.

    Args:
        values: Schmidt values of one cut in any order and norm; those below 1e-7 of the largest
            are left out.

    Returns:
        The exponent with its interval.

    Raises:
        ArgumentError: fewer than 8 values are left, or they follow no power law: it explains less
            than 90 % of their scatter, or an exponential explains more.

    Example:
        >>> schmidt_exponent(np.arange(1, 30) ** -1.5).alpha
        1.5
    """
    array = np.sort(np.abs(finite_array("values", values, ndim=1, dtype=np.float64)))[::-1]
    kept = array[array > SMALLEST * array[0]] if len(array) else array
    if len(kept) < LEAST_VALUES:
        raise ArgumentError(
            f"The cut has {len(kept)} Schmidt values above rounding, but an exponent needs at "
            f"least {LEAST_VALUES}: the state has too little entanglement for a law."
        )
    place = np.arange(1.0, len(kept) + 1.0)
    weights = 1.0 / place
    slope, spread, explained = _line(np.log(place), np.log(kept), weights)
    _, _, exponential = _line(place, np.log(kept), weights)
    if explained < GOOD or exponential > explained:
        better = f", and an exponential {exponential:.2f}" if exponential > explained else ""
        raise ArgumentError(
            f"The Schmidt values follow no power law: it explains {explained:.2f} of their "
            f"scatter{better}, so that an exponent would say nothing about larger circuits."
        )
    free = max(float(weights.sum() ** 2 / np.sum(weights**2)) - 2.0, 1.0)
    width = float(stats.t.ppf(0.5 + CONFIDENCE / 2, free)) * spread
    alpha = round(-slope, 12)
    return SchmidtFit(alpha, alpha - width, alpha + width, explained, exponential, kept)


def _line(x: Any, y: Any, weights: Any) -> tuple[float, float, float]:
    """Return slope, its standard error and the share explained of a weighted straight line."""
    w = weights / weights.sum()
    dx, dy = x - w @ x, y - w @ y
    around = float(w @ dy**2)
    slope = float((w @ (dx * dy)) / (w @ dx**2))
    left = float(w @ (dy - slope * dx) ** 2)
    around_line = dy - slope * dx
    scatter = float(np.sum(around_line**2)) / (len(x) - 2.0) / _independent(around_line)
    error = math.sqrt(scatter * float(np.sum(w**2 * dx**2))) / float(w @ dx**2)
    return slope, error, 1.0 - left / around if around > 0 else 0.0


def _independent(residuals: Any) -> float:
    """Return the share of independent values among residuals that go together with the next."""
    total = float(residuals @ residuals)
    together = float(residuals[1:] @ residuals[:-1]) / total if total > 0 else 0.0
    together = min(max(together, 0.0), 0.95)
    return (1.0 - together) / (1.0 + together)
