"""The state after a circuit, as a matrix-product engine keeps it, and how far it is from the truth.

A truncation that loses the relative squared weight ε moves the state by √ε, unitaries keep
distances, so

    ‖ψ - φ‖ ≤ Σ_k √ε_k = sin θ ,

and the true fidelity with any target lies within the angle θ of the computed one. `chain_state`
has the state of the package's own kernels, `quimb_state` that of quimb; neither uses the other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from qtn.interop.circuits import GateList
from qtn.states import MPS
from qtn.states.operators import Term

__all__ = ["PER_GATE", "PreparedState", "effective_losses"]

Array = NDArray[Any]
PER_GATE = 1e-15
"""Relative error allowed per gate for rounding (generous: a gate costs a few units)."""


class PreparedState(ABC):
    """The state after a circuit, as one engine represents it.

    Attributes:
        name: engine name.
        distance: upper bound of sin θ, θ = angle between the true state and this one.
        kept: product of the kept weights, an estimate of the fidelity with the true state.
        losses: effective number of truncations that lost something, (Σ √ε_k)² / Σ ε_k.
        max_bond: largest bond dimension.
        seconds: processor time spent.
    """

    name: str
    distance: float
    kept: float
    losses: float
    max_bond: int
    seconds: float

    @abstractmethod
    def __init__(self, gates: GateList, max_bond: int | None, cutoff: float) -> None:
        """Apply the gates to |0…0⟩."""

    @abstractmethod
    def chain(self) -> MPS:
        """Return the normalised state with its orthogonality centre at site 0."""

    @abstractmethod
    def overlap(self, target: MPS) -> complex:
        """Return ⟨target|φ⟩ for normalised φ."""

    @abstractmethod
    def expectation(self, terms: Sequence[Term]) -> float:
        """Return ⟨φ|Σ c P|φ⟩ for normalised φ."""

    @abstractmethod
    def amplitudes(self, bits: Array) -> Array:
        """Return ⟨bits|φ⟩ for rows of bits, column i = qubit i."""


def effective_losses(roots: float, lost: float) -> float:
    """Return (Σ √ε)² / Σ ε: K for K equal losses, 1 for a single one."""
    return max(1.0, roots**2 / lost) if lost > 0.0 else 1.0
