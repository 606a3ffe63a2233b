"""Grown staircases: one analytic layer from the residual, then all gates again, repeated.

Analytic layers alone saturate (each sees only a bond-2 cut of what the others left); growing by
one layer and re-optimising everything does not, which makes this the method of choice for ground
states and trained states.

Reference: Ran, Phys. Rev. A 101, 032310 (2020); Rudolph, Chen, Miller, Acharya and
Perdomo-Ortiz, Quantum Sci. Technol. 9, 015012 (2024), protocol "Iter[I, O_all]".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qtn._checks import choice, positive_int
from qtn.aqc.ansatz import Ansatz, staircase
from qtn.aqc.disentangle import staircase_gates
from qtn.aqc.emit import BASES
from qtn.aqc.gradient import parted, plain
from qtn.aqc.job import Job, Solution, front, point
from qtn.aqc.layered import State
from qtn.aqc.optimise import LBFGS, Search, lbfgs, polar_sweeps, unitary
from qtn.aqc.result import Status


@dataclass(frozen=True, slots=True)
class Staircase:
    """Grow `layers` staircases of n - 1 two-qubit blocks each.

    Args:
        layers: number of staircases.
        sweeps: polar half-sweeps after each new layer.
        steps: quasi-Newton steps after each new layer.
        polish: quasi-Newton steps after the last layer.
        real: real gates (two CX each at most); None uses them when the target is real.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".
        tolerance: a stage ends when it gains less than this fraction.

    Example:
        >>> Staircase(layers=2).sweeps
        20
    """

    layers: int = 4
    sweeps: int = 20
    steps: int = 40
    polish: int = 200
    real: bool | None = None
    basis: str = "cx"
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("layers", "sweeps"):
            positive_int(name, getattr(self, name), way_out="For instance layers=4, sweeps=20.")
        choice("basis", self.basis, BASES)

    def solve(self, job: Job) -> Solution:
        """Grow the circuit layer by layer."""
        job = job.as_complex() if self.real is False else job
        chain = job.chain
        n = len(chain)
        ansatz, gates = Ansatz(n, ()), np.empty((0, 4, 4), chain[0].dtype)
        search, points, history = job.search(self.tolerance), [], []
        status = Status.STEPS
        for layer in range(1, self.layers + 1):
            rest = residual(chain, ansatz, gates)
            gates = np.concatenate([staircase_gates(rest), gates])
            ansatz = staircase(n, 1) + ansatz
            search = job.search(self.tolerance)
            status = self._optimise(job, ansatz, gates, search, last=layer == self.layers)
            gates = plain(unitary(search.gates), job.real)
            history += search.history
            points.append(point(f"Staircase({layer})", ansatz, gates, search.best))
            if search.reached or search.best < 1e-12 or status is Status.INTERRUPTED:
                break
        return Solution(ansatz, gates, status, tuple(history), front(points))

    def _optimise(
        self, job: Job, ansatz: Ansatz, gates: np.ndarray, search: Search, last: bool
    ) -> Status:
        kernel = job.kernel(ansatz)
        steps = max(self.steps, self.polish) if last else self.steps
        try:
            polar_sweeps(kernel, parted(gates), search, self.sweeps)
            if search.reached:
                return Status.REACHED
            if search.best < 1e-12:
                return Status.EXACT
            before = len(search.history)
            lbfgs(kernel, search.gates, search, LBFGS(iterations=steps))
        except KeyboardInterrupt:
            return Status.INTERRUPTED
        if search.reached:
            return Status.REACHED
        return Status.STEPS if len(search.history) - before > steps else Status.CONVERGED


def residual(
    chain: list[np.ndarray], ansatz: Ansatz, gates: np.ndarray, cut: float = 1e-10, cap: int = 256
) -> list[np.ndarray]:
    """Return U†|ψ>, truncated."""
    state = State(chain, True)
    for layer, part in reversed(list(zip(ansatz.layers, ansatz.slices))):
        state = state.applied(layer, gates[part], True, cut, cap)
    return state.chain
