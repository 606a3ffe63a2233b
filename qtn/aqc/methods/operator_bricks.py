"""Brickwalls for operators: from product formulas where a Hamiltonian is known, else grown.

A propagator starts from the formula that is best on the whole chain after a few steps, among those
fitted on a few sites (`qtn.aqc.starts.formulas`); other operators from the best product of
one-qubit gates. Depths are passed one after another, two layers at a time for propagators: each
starts from the optimum of the depth before with identity layers or from a formula, whichever is
better after a few steps, so that more layers do not end worse. All depths are on the front.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qtn._random import generator
from qtn.aqc.kernels.base import Gradients
from qtn.aqc.kernels.gates import nearest_unitary, parted
from qtn.aqc.points import ROUNDING, Point
from qtn.aqc.result import Compiled, Status
from qtn.aqc.search.improve import Effort, Start, given, improved, lengthened, turned
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.nested import as_front
from qtn.aqc.shape.ansatz import Ansatz, brickwall_shape, identity_gates
from qtn.aqc.starts.formulas import fitted, formula_gates, second_order
from qtn.errors import ArgumentError
from qtn.physics.terms import bond_matrices, read_terms
from qtn.states import MPO
from qtn.states.origin import Propagated

STARTS = ("auto", "trotter", "identity", "random")
TRIAL = 15  # steps after which starts are compared
FINER = 0.1  # share of the tolerance: exact gradients are cheap, and minima are flat
GROWTH = 2.0  # how much longer the next depth takes, at least
TRIED = 3  # formulas that get them
ENDED = (Status.INTERRUPTED, Status.TIME, Status.REACHED)


@dataclass(frozen=True, slots=True)
class Bricks:
    """The search of one operator: what is known of it.

    Args:
        job: the target and the goal.
        effort: of every depth.
        bonds: the bond Hamiltonians where it is a propagator, else None.
        moment: time of the propagator.
    """

    job: Job
    effort: Effort
    bonds: np.ndarray | None
    moment: float

    def starts(self, layers: int) -> Iterator[Start]:
        """Yield starts that need no shallower circuit, the most promising first."""
        shape = brickwall_shape(self.job.n, layers)
        if self.bonds is None or layers < 3:
            yield shape, self.product(shape)
            return
        odd = layers - 1 + layers % 2
        found = fitted(self.bonds, self.moment, odd, generator(self.job.seed, "formulas"))
        kernel = self.job.gradients(shape)
        kernel.cut = 1e-12
        gates = [formula_gates(self.bonds, self.moment, c, shape) for c in found]
        ranked = sorted(gates, key=lambda g: _missing(kernel, g))
        for one in ranked[:TRIED]:
            yield shape, one

    def product(self, shape: Ansatz) -> np.ndarray:
        """Return gates that make the unitary product of one-qubit gates next to the target."""
        assert isinstance(self.job.target, MPO)
        chain = self.job.target.chain.truncated(max_bond=1).state
        local = [nearest_unitary(t.reshape(2, 2)) for t in chain.tensors]
        gates, seen = identity_gates(shape, False), set[int]()
        for number, bond in shape.sequence():
            for site in {bond, bond + 1} - seen:
                seen.add(site)
                pair = (local[site], np.eye(2)) if site == bond else (np.eye(2), local[site])
                gates[number] = gates[number] @ np.kron(*pair)
        rng = generator(self.job.seed, "operator-start")
        return turned(parted(gates), 0.02, rng, False)

    def searched(self, start: Start, layers: int, steps: int) -> Solution:
        """Return the brickwall found from a start, as the one point of its front."""
        effort = replace(self.effort, steps=steps, tolerance=FINER * self.effort.tolerance)
        return as_front(self.job, layers, improved(self.job, *start, effort))

    def grown(self, layers: int, limit: int | None = None) -> Solution:
        """Return the best brickwall on the way to so many layers, or to a number of gates."""
        points: list[Point] = []
        history: list[Any] = []
        best: Point | None = None
        status = Status.CONVERGED
        for depth in self.depths(layers):
            if best is not None and limit is not None and 3 * self.size(depth) > limit:
                break
            began = time.process_time()
            starts = list(self.starts(depth))
            if best is not None:
                starts.append(lengthened(best.ansatz, parted(best.gates), depth))
            tried = [self.searched(start, depth, min(TRIAL, self.effort.steps)) for start in starts]
            first = min(tried, key=lambda found: found.best.infidelity)
            history += [record for found in tried for record in found.history]
            status = first.status
            if status not in ENDED:
                start = first.ansatz, parted(first.gates)
                first = self.searched(start, depth, self.effort.steps)
                history += first.history
                status = first.status
            points += first.pareto
            if best is None or first.best.infidelity < best.infidelity:
                best = first.best
            if status in ENDED or best.infidelity < ROUNDING:
                break
            if not self.job.has_time(GROWTH * (time.process_time() - began)):
                status = Status.TIME
                break
        return Solution.of(points, status, history, limit)

    def size(self, layers: int) -> int:
        """Return the number of gates of so many layers."""
        return brickwall_shape(self.job.n, layers).size

    def depths(self, layers: int) -> list[int]:
        """Return the depths to pass: formulas have odd ones, and begin with three layers."""
        if self.bonds is None:
            return list(range(1, layers + 1))
        return [*range(3, layers, 2), layers]


def compiled_operator(
    job: Job, layers: int, start: Any, effort: Effort, limit: int | None = None
) -> Solution:
    """Return the brickwall of an operator.

    Args:
        job: its target is an `MPO`.
        layers: number of layers.
        start: "auto", "trotter", "identity", "random", a `Compiled` operator, `(bonds, gates)`.
        effort: how long to search.
        limit: two-qubit gates at which "auto" ends.

    Raises:
        ArgumentError: a start that is for states only, or "trotter" without a Hamiltonian.
    """
    bonds, moment = _history(job)
    bricks = Bricks(job, effort, bonds, moment)
    shape = brickwall_shape(job.n, layers)
    if isinstance(start, Compiled):
        old, gates = start.sequence.as_layers()
        if old.n != job.n:
            raise ArgumentError(
                f"Argument `start` is a circuit on {old.n} sites, but the operator has {job.n}."
            )
        return improved(job, *lengthened(old, parted(gates), layers), effort)
    if not isinstance(start, str):
        return improved(job, *given(job.n, *start), effort)
    if start not in STARTS:
        raise ArgumentError(
            f"Argument `start` is {start!r}, which is for states; operators start from one of "
            f"{', '.join(STARTS)}, a Compiled result or a pair (bonds, gates)."
        )
    if start == "auto":
        return bricks.grown(layers, limit)
    if start != "trotter":
        gates = bricks.product(shape)
        if start == "random":
            gates = turned(gates, 0.5, generator(job.seed, "brickwall-start"), False)
        return improved(job, shape, gates, effort)
    if bonds is None:
        raise ArgumentError(
            "Argument `start` is 'trotter', but the operator does not say of which Hamiltonian it "
            "is the propagator. Make it with qtn.propagator, or use start='auto'."
        )
    gates = formula_gates(bonds, moment, second_order(max(3, layers - 1 + layers % 2)), shape)
    return improved(job, shape, gates, effort)


def _history(job: Job) -> tuple[np.ndarray | None, float]:
    """Return bond Hamiltonians and time of a propagator."""
    origin = job.target.origin if isinstance(job.target, MPO) else None
    if not isinstance(origin, Propagated):
        return None, 0.0
    return bond_matrices(read_terms(origin.hamiltonian)), origin.time


def _missing(kernel: Gradients, gates: np.ndarray) -> float:
    overlap = getattr(kernel, "overlap", None)
    value = overlap(gates) if overlap is not None else kernel.evaluate(gates)[0]
    return 1.0 - abs(value) ** 2
