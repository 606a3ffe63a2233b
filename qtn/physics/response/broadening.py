r"""Windows of time, and what they make of a sharp line.

A correlation is known up to a last time T. A window w with w(0) = 1 ends it softly, and a line at
:math:`ω_0` becomes the peak :math:`K(ω - ω_0)` with

.. math:: K(ω) = \frac{1}{2π} \int dt\, w(t)\, e^{iωt}.

Both windows are named by the standard deviation η of their K, which is :math:`\sqrt{-w''(0)}`:

* Gaussian: :math:`w = e^{-η^2 t^2 / 2}`, K a Gaussian. It has no end and is cut where it is small.
* Parzen: :math:`w = 1 - 6u^2 + 6u^3` for :math:`u = |t|/T ≤ 1/2`, :math:`2(1 - u)^3` beyond, with
  :math:`T = \sqrt{12} / η`: a smaller last time for the same η, tails of K that fall as ω⁻⁴.

Both K are nowhere negative.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
WINDOWS = ("gaussian", "parzen")


def last_time(window: str, broadening: float, smallest: float) -> float:
    """Return T: where a Gaussian falls to `smallest`, where Parzen's window ends."""
    if window == "parzen":
        return math.sqrt(12.0) / broadening
    return math.sqrt(-2.0 * math.log(smallest)) / broadening


def open_share(window: str, broadening: float, times: Array) -> Array:
    """Return w(t) at times t ≥ 0."""
    if window == "gaussian":
        return np.asarray(np.exp(-0.5 * (broadening * times) ** 2))
    u = np.minimum(times * broadening / math.sqrt(12.0), 1.0)
    return np.where(u <= 0.5, 1.0 - 6.0 * u**2 + 6.0 * u**3, 2.0 * (1.0 - u) ** 3)


def peak(window: str, broadening: float) -> float:
    """Return K(0), the height of a line of weight 1."""
    if window == "gaussian":
        return 1.0 / (broadening * math.sqrt(2.0 * math.pi))
    return 0.375 * math.sqrt(12.0) / (math.pi * broadening)


def left_out(window: str, broadening: float, last: float) -> float:
    """Return what the cut at the last time changes K by, at most, relative to K(0)."""
    if window == "parzen":
        return 0.0
    return math.erfc(broadening * last / math.sqrt(2.0))
