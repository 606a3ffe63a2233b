"""What the door returns of all circuits that a method saw: the best one within the limits.

A goal and a budget have one meaning for all methods. Of the circuits within the budget that reach
the goal the one of fewest two-qubit gates is the best; where none does, the one of least
infidelity. The infidelities of a search are estimates, so the best circuit is certified, and if
that moves it behind another one the next is, until the best is a certified one. A circuit whose
gates do not fit its shape is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from qtn.aqc.result import Point, Status
from qtn.aqc.search.job import EXACT, Limits, Solution, front, point
from qtn.aqc.shape.ansatz import Ansatz, brickwall_shape, identity_gates
from qtn.aqc.shape.certificate import Certificate, certify
from qtn.aqc.starts.trotter import absorb_product
from qtn.errors import QtnError
from qtn.states import MPS
from qtn.states.kernels.truncate import truncate_chain

UNITARY = 1e-6  # how far gates may be from unitary


@dataclass(frozen=True, slots=True)
class Settled:
    """The circuit to return, with the front that it belongs to."""

    best: Point
    certificate: Certificate
    status: Status
    pareto: tuple[Point, ...]


def settle(target: MPS, solution: Solution, limits: Limits, label: str) -> Settled:
    """Choose and certify the best circuit of a solution.

    Args:
        target: normalised, canonical with centre 0.
        solution: what the method gave back.
        limits: goal and budget.
        label: name of the solution's own circuit in the front.

    Raises:
        QtnError: no circuit of the solution fits its shape.
    """
    seen = [p for p in solution.pareto if fits(p.ansatz, p.gates)]
    known = any(p.gates is solution.gates for p in seen)
    if not known and fits(solution.ansatz, solution.gates):
        # Of infidelity 0 until it is certified, which the best one always is.
        seen.append(point(label, solution.ansatz, solution.gates, 0.0, limits.basis))
    if not seen:
        raise QtnError(
            f"The method {label} returned {len(solution.gates)} gates for a shape of "
            f"{solution.ansatz.size} blocks. Return a Solution whose gates fit its shape."
        )
    within = [p for p in seen if limits.kept(p)] or _within(target, seen, limits)
    best, certificate, others = _certified(within, limits, lambda p: certify_point(target, p))
    rest = [p for p in seen if not limits.kept(p)]
    alike = [p for p in [*others, *rest] if p.two_qubit_gates != best.two_qubit_gates]
    status = _status(solution.status, certificate.infidelity, limits.infidelity)
    return Settled(best, certificate, status, front([best, *alike]))


def fits(ansatz: Ansatz, gates: np.ndarray) -> bool:
    """Whether gates are unitaries, one for every block of a shape."""
    count = ansatz.size if ansatz.layers else 1  # one site: its one-qubit gate
    side = 4 if ansatz.layers else 2
    if np.shape(gates) != (count, side, side) or not np.isfinite(gates).all():
        return False
    products = gates @ gates.conj().transpose(0, 2, 1)
    return bool(np.abs(products - np.eye(side)).max(initial=0.0) < UNITARY)


def certify_point(target: MPS, one: Point) -> Certificate:
    """Return the certificate of a circuit of the front."""
    return certify(target, one.ansatz, one.gates)


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


def _within(target: MPS, seen: list[Point], limits: Limits) -> list[Point]:
    """Return circuits for a budget that none found keeps: a product state, or the fewest blocks."""
    shape = brickwall_shape(target.n, 2)
    gates = identity_gates(shape, False)
    product, _ = truncate_chain(list(target.tensors), 1)
    absorb_product(shape, gates, [t[0, :, 0] for t in product])
    alone = point("product state", shape, gates, 0.0, limits.basis)
    return [alone] if limits.kept(alone) else [min(seen, key=lambda p: p.blocks)]


def _status(claimed: Status, infidelity: float, goal: float) -> Status:
    """Return how a search ended as its certificate says."""
    if infidelity < EXACT:
        return Status.EXACT
    if claimed is Status.INTERRUPTED:
        return claimed
    if infidelity <= goal:
        return Status.REACHED
    if claimed is Status.NO_OVERLAP and infidelity < 1.0 - EXACT:
        return Status.CONVERGED
    if claimed is Status.REACHED:
        return Status.STEPS
    return Status.CONVERGED if claimed is Status.EXACT else claimed
