"""From the distribution of outcomes to probabilities of the classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtn.hybrid.forms.isometric import modulo

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """p(c) ∝ exp(a P_c + b_c), P_c the sum over outcomes that are c modulo the number of classes.

    Args:
        scale: a.
        offsets: b, one per class.

    Example:
        >>> Calibration(2.0, np.array([0.0, 1.0]))(np.array([[0.75, 0.25]])).round(3).tolist()
        [[0.5, 0.5]]
    """

    scale: float
    offsets: Floats

    def __call__(self, distribution: Floats) -> Floats:
        """Return probabilities (batch, classes) of distributions (batch, outcomes)."""
        logits = self.scale * modulo(distribution, len(self.offsets)) + self.offsets
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))
