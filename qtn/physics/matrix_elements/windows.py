r"""Gaussian windows of energy, as sums over times.

.. math:: g(H) = e^{-(H - E)^2 / 2 s^2}
    = \frac{s}{\sqrt{2π}} \int dt\, e^{-s^2 t^2 / 2 + i E t}\, U(t)

A sum over a grid of step δ repeats the window at distances 2π/δ, so that 2π/δ must reach beyond the
energies that the chain has. The standard deviation σ of these is known: σ² is the sum of the
squared coefficients of H. With a density near that of a Gaussian, the copy at P = 2π/δ weighs
:math:`e^{-P (P - 2 |E|) / 2 σ^2}` of the window itself.

The integral is cut at :math:`|t| = r / s`. Of a long chain only pairs of times near t' = -t matter,
since U(t + t') has no trace elsewhere: both windows weigh there, and r = 3.6 leaves e^(-r²) = 2e-6.
Of a short chain the trace of U at late times is near 2^(-n/2), and one window has to make it small.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.matrix_elements.correlations import Correlations
from qtn.physics.terms import Terms

Array = NDArray[Any]
ALIAS = 41.0
"""-2 ln of the weight of the window's next copy: 1e-9."""
MARGIN = 4.0
"""Widths between the last energy and the window's next copy."""


def spread(terms: Terms) -> float:
    """Return the standard deviation σ of the energies of all states."""
    return math.sqrt(sum(value**2 for value in terms.products.values()))


def reach(n: int) -> float:
    """Return r, at which windows of a chain of n sites are cut, in units of 1 / width."""
    return math.sqrt(2.0 * max(6.5, math.log(1e5) - 0.5 * n * math.log(2.0)))


def grid_for(terms: Terms, width: float, offset: float) -> tuple[float, int]:
    """Return the step δ and the number M of a grid for windows at |E| ≤ offset of this width."""
    sigma = spread(terms)
    period = offset + math.sqrt(offset**2 + ALIAS * sigma**2) + MARGIN * width
    step = 2.0 * math.pi / period
    return step, math.ceil(reach(terms.n) / width / step)


def shortest(terms: Terms, offset: float, times: int) -> float:
    """Return the width from which on a grid takes at most so many times."""
    sigma = spread(terms)
    period = offset + math.sqrt(offset**2 + ALIAS * sigma**2)
    rate = reach(terms.n) / (2.0 * math.pi)
    return rate * period / (times - 1 - rate * MARGIN)


def furthest(sigma: float, width: float, step: float) -> float:
    """Return the largest |E| that a grid serves: the inverse of `grid_for`."""
    period = 2.0 * math.pi / step - MARGIN * width
    return (period**2 - ALIAS * sigma**2) / (2.0 * period)


def smoothed(
    found: Correlations, frequencies: Array, width: float, energy: float, share: float = 1.0
) -> Array:
    """Return A(ω) = 2ⁿ Tr[g₁ O g₂ O] / (Tr g₁ Tr g₂), windows at energy ± ω/2.

    Args:
        found: correlations up to `reach` / width at least.
        frequencies: ω, any shape.
        width: s.
        energy: counted from the constant of the Hamiltonian.
        share: of the times to use; less than 1 shows what the ends of the windows matter.

    Returns:
        Real values; NaN where a window holds no states that this run can see.
    """
    window = np.exp(-0.5 * (width * found.times) ** 2)
    window[np.abs(found.times) > share * found.times[-1]] = 0.0
    omega = np.asarray(frequencies, float).reshape(-1)
    up, down = (
        window * np.exp(1j * np.multiply.outer(energy + sign * omega / 2.0, found.times))
        for sign in (1.0, -1.0)
    )
    above = np.einsum("wt,tu,wu->w", up, found.pairs, down, optimize=True).real
    below = (up @ found.traces).real * (down @ found.traces).real
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(below > 0.0, above / below, np.nan)
    return values.reshape(np.shape(frequencies))
