"""What a search needs from the contraction of a circuit with its target."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.nodes import Nodes


class Gradients(Protocol):
    """Overlap and environments of the gates of a circuit with the target.

    Attributes:
        cut: relative weight that one truncation may drop; 0 where none is made.
    """

    cut: float

    @property
    def ansatz(self) -> Ansatz | Nodes:
        """The circuit shape."""
        ...

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and all environments; gates and environments are (gates, 2, 4, 4)."""
        ...


@runtime_checkable
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


class OperatorKernel(Gradients, Protocol):
    """The same for a circuit as an operator, with the overlap alone."""

    @property
    def products(self) -> float | None:
        """Complex products of one gradient; None where they are not counted."""
        ...

    def overlap(self, gates: np.ndarray) -> complex:
        """Return f alone."""
        ...
