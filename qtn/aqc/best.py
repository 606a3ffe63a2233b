"""What the door returns of all circuits that a method saw: the best one within the limits.

A goal and a budget have one meaning for all methods. Of the circuits within the budget that reach
the goal the one of fewest two-qubit gates is the best; where none does, the one of least
infidelity. The infidelities of a search are estimates, so the best circuit is certified, and if
that moves it behind another one the next is, until the best is a certified one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from qtn.aqc.points import EXACT, Limits, Point, front
from qtn.aqc.result import Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.shape.ansatz import brickwall_shape, identity_gates
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.certificate import Certificate
from qtn.aqc.starts.trotter import absorb_product, absorb_product_operator
from qtn.states import MPO
from qtn.states.kernels.truncate import truncate_chain


@dataclass(frozen=True, slots=True)
class Settled:
    """The circuit to return, with the front that it belongs to."""

    best: Point
    certificate: Certificate
    status: Status
    pareto: tuple[Point, ...]


def settle(job: Job, solution: Solution, limits: Limits, label: str) -> Settled:
    """Choose and certify the best circuit of a solution.

    Args:
        job: the target and how a circuit for it is certified.
        solution: what the method gave back.
        limits: goal and budget.
        label: name of the solution's own circuit in the front.
    """
    seen = [p for p in solution.pareto if p.sequence.n == job.n]
    if all(p.sequence is not solution.blocks for p in seen):
        # Of infidelity 0 until it is certified, which the best one always is.
        seen.append(Point.of(label, solution.blocks, 0.0, limits.basis))
    within = [p for p in seen if limits.kept(p)] or _within(job, seen, limits)
    best, certificate, others = _certified(within, limits, lambda p: job.certified(p.sequence))
    rest = [p for p in seen if not limits.kept(p)]
    # An estimate of as many gates and as much depth may look better than what is certified.
    rivals = [p for p in [*others, *rest] if _cost(p) != _cost(best)]
    pareto = front([best, *rivals])
    if all(p is not best for p in pareto):
        pareto = tuple(sorted([*pareto, best], key=_cost))
    status = _status(solution.status, certificate.infidelity, limits.infidelity)
    if limits.rating is not None and status in (Status.STEPS, Status.CONVERGED):
        status = Status.CHOSEN
    return Settled(best, certificate, status, pareto)


def _cost(point: Point) -> tuple[int, int]:
    return point.two_qubit_gates, point.two_qubit_depth


def _certified(
    points: list[Point], limits: Limits, certificate: Callable[[Point], Certificate]
) -> tuple[Point, Certificate, list[Point]]:
    """Return the best point with its certificate, and the others, some of them certified."""
    left, known = list(points), dict[int, Certificate]()
    while True:
        best = min(left, key=limits.rank)
        if id(best) in known:
            left.remove(best)
            return best, known[id(best)], left
        found = certificate(best)
        one = replace(best, infidelity=found.infidelity)
        left[next(i for i, p in enumerate(left) if p is best)] = one
        known[id(one)] = found


def _within(job: Job, seen: list[Point], limits: Limits) -> list[Point]:
    """Return circuits for a budget that none found keeps: one-qubit gates, or the fewest blocks."""
    shape = brickwall_shape(job.n, 2)
    gates = identity_gates(shape, False)
    if isinstance(job.target, MPO):
        name = "product operator"
        absorb_product_operator(shape, gates, job.target)
    else:
        name = "product state"
        product, _ = truncate_chain(job.chain, 1)
        absorb_product(shape, gates, [t[0, :, 0] for t in product])
    alone = Point.of(name, job.marked(Blocks.of(shape, gates)), 0.0, limits.basis)
    return [alone] if limits.kept(alone) else [min(seen, key=lambda p: p.blocks)]


def _status(claimed: Status, infidelity: float, goal: float) -> Status:
    """Return how a search ended as its certificate says."""
    if infidelity < EXACT:
        return Status.EXACT
    if claimed in (Status.INTERRUPTED, Status.ERROR):
        return claimed
    if infidelity <= goal:
        return Status.REACHED
    if claimed is Status.NO_OVERLAP and infidelity < 1.0 - EXACT:
        return Status.CONVERGED
    if claimed is Status.REACHED:
        return Status.STEPS
    return Status.CONVERGED if claimed is Status.EXACT else claimed
