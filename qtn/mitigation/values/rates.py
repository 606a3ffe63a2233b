"""Decays with noise that have one rate: an exponential, and a mixture of exponentials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kernel"]

Floats = NDArray[np.float64]
_RATES = np.linspace(-1.5, 4.0, 111)  # decay rates scanned, per noise factor, times x[0]


@dataclass(frozen=True, slots=True)
class Kernel:
    """A decay d(x, b) from 1 at x = 0 with initial rate b, and its derivative by b.

    With shape None it is exp(-b x), otherwise (1 + b x / shape)^-shape.
    """

    x: Floats
    shape: float | None = None

    @property
    def rates(self) -> Floats:
        """Rates to scan."""
        rates = _RATES / self.x.min()
        if self.shape is None:
            return rates
        return rates[rates > -0.5 * self.shape / self.x.max()]

    def decay(self, rate: Floats) -> Floats:
        """(factors, columns)."""
        if self.shape is None:
            return np.exp(-np.outer(self.x, rate))
        return np.asarray((1 + np.outer(self.x, rate) / self.shape) ** -self.shape)

    def slope(self, rate: Floats) -> Floats:
        """Derivative of `decay` by the rate."""
        if self.shape is None:
            return -self.x[:, None] * np.exp(-np.outer(self.x, rate))
        base = 1 + np.outer(self.x, rate) / self.shape
        return np.asarray(-self.x[:, None] * base ** (-self.shape - 1))
