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
from qtn.aqc.optimise import LBFGS, Record, Search, lbfgs, polar_sweeps, unitary
from qtn.aqc.result import Point, Status


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
        2
    """

    layers: int = 4
    sweeps: int = 2
    steps: int = 60
    polish: int = 200
    real: bool | None = None
    basis: str = "cx"
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("layers", "sweeps"):
            positive_int(name, getattr(self, name), way_out="For instance layers=4, sweeps=2.")
        choice("basis", self.basis, BASES)

    def solve(self, job: Job) -> Solution:
        """Grow the circuit layer by layer."""
        return self.grow(job, None)

    def grow(self, job: Job, max_two_qubit_gates: int | None, plateau: float = 0.0) -> Solution:
        """Grow until `layers`, the goal of the job, the limit of gates or a plateau is reached.

        Args:
            job: the target and the goal.
            max_two_qubit_gates: the last layer that exceeds it is given up.
            plateau: stop when a layer gains less than this fraction of the infidelity.
        """
        job = job.as_complex() if self.real is False else job
        chain, n = job.chain, job.target.n
        ansatz, gates = Ansatz(n, ()), np.empty((0, 4, 4), chain[0].dtype)
        points: list[Point] = []
        history: list[Record] = []
        status = Status.STEPS
        for layer in range(1, self.layers + 1):
            start = np.concatenate([staircase_gates(residual(chain, ansatz, gates)), gates])
            wider = staircase(n, 1) + ansatz
            search = job.search(self.tolerance)
            last = layer == self.layers
            status = self._optimise(job, wider, start, search, last)
            history += search.history
            found = plain(unitary(search.gates), job.real)
            new = point(f"Staircase({layer})", wider, found, search.best)
            full = max_two_qubit_gates is not None and new.two_qubit_gates > max_two_qubit_gates
            if full and points:
                status = Status.CONVERGED
                break
            gain = 1.0 - search.best / points[-1].infidelity if points else 1.0
            points.append(new)
            ansatz, gates = wider, found
            if search.reached or search.best < 1e-12 or status is Status.INTERRUPTED:
                break
            if full or gain < plateau:
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
