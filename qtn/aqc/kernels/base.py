"""What a search needs from the contraction of a circuit with its target."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.nodes import Nodes


class Gradients(Protocol):
    """Overlap and environments of the gates of a circuit with the target.

    Attributes:
        ansatz: the circuit shape.
        cut: relative weight that one truncation may drop; 0 where none is made.
    """

    ansatz: Ansatz | Nodes
    cut: float

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and all environments; gates and environments are (gates, 2, 4, 4)."""
        ...


class Kernel(Gradients, Protocol):
    """The same for layers along a chain, with polar half-sweeps.

    Attributes:
        ansatz: the circuit shape.
        turn: steps of L-BFGS after which polar half-sweeps are tried; None for those kernels where
            they are worth it only once L-BFGS stalls.
    """

    ansatz: Ansatz
    turn: int | None

    def sweep(self, gates: np.ndarray) -> complex:
        """Update all gates once in place and return f."""
        ...
