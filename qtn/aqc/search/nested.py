"""Brickwalls that never end worse than shallower ones.

A brickwall of D layers holds every one of D - 1: its last layer may be the identity. A search from
scratch need not find it, so the default start passes through the smaller depths.

* States of any origin are grown layer by layer, from the optimum of the depth before with an
  identity layer, or from the start that undoes the entanglement where that begins nearer; a layer
  that gains nothing is dropped. All depths are on the front.
* At every depth other starts are weighed, each followed for a few steps: the structure of the
  circuit that prepared the state, if it is known, small random gates, gates that undo the
  entanglement, and, on chains long enough, gates that repeat in the bulk. The best one goes on if
  it is close. Every depth holds the searches of all smaller ones.
* Product formulas start quenches so well that a deeper one ended worse only where the infidelity
  was tiny and searches stalled (in 6 of 180 pairs of neighbouring depths, the largest at 8e-9).
  The depth before is searched too if the infidelity is below `NEARLY_EXACT`, and not otherwise.

Reference: Robertson et al., ACM Trans. Quantum Comput. 6, 1 (2025), for growth in depth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from qtn.aqc.kernels.gates import parted
from qtn.aqc.points import ROUNDING, Point
from qtn.aqc.result import Status
from qtn.aqc.search.improve import Effort, Start, improved, lengthened
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.errors import ArgumentError

NEARLY_EXACT = 1e-7  # infidelity below which the depth before may end better in a quench
# Starts by depth beside the depth before: one layer misses a site of odd chains, and gates far from
# the identity pay in shallow circuits.
NEAR_STARTS = {2: ("identity", "disentangled"), 3: ("disentangled",), 4: ("disentangled",)}
RIVALS = ("prepared", "identity", "disentangled", "tied")
FEW, CLOSE = 30, 1.5  # steps of a rival, and how much worse than the best it may be to go on
# Tied starts are worth their own search on long chains, and deep ones take too long.
TIED_SITES, TIED_LAYERS = 24, (4, 6, 8)
ENDED = (Status.INTERRUPTED, Status.TIME, Status.REACHED)

Begin = Callable[[int, str], Start]
"""What a search of so many layers begins from, by the name of the start."""


def from_formula(job: Job, layers: int, begin: Begin, effort: Effort) -> Solution:
    """Return the brickwall of a quench from its product formula, or a shallower one if better."""
    found = as_front(job, layers, improved(job, *begin(layers, "trotter"), effort))
    if found.best.infidelity > NEARLY_EXACT or layers == 1 or found.status in ENDED:
        return found
    shallower = from_formula(job, layers - 1, begin, effort)
    status = shallower.status if shallower.status in ENDED else found.status
    return Solution.of(
        [*found.pareto, *shallower.pareto], status, [*shallower.history, *found.history]
    )


def grown(job: Job, layers: int, begin: Begin, effort: Effort) -> Solution:
    """Return the best brickwall on the way to `layers`, each depth from the one before."""
    known = _known(job, layers, begin, effort)
    if known is not None:
        return known
    found = best = as_front(job, 1, improved(job, *begin(1, "identity"), effort))
    points, history = list(found.pareto), list(found.history)
    for depth in range(2, layers + 1):
        shape = brickwall_shape(job.n, depth)
        done = best.best.infidelity < ROUNDING or shape.size == best.best.blocks
        if done or found.status in ENDED:
            break
        start = _nearest(job, best.best, depth, begin, effort)
        found = as_front(job, depth, improved(job, *start, effort))
        points += found.pareto
        history += found.history
        for rival in [] if found.status in ENDED else _rivals(job, found, depth, begin, effort):
            points += rival.pareto
            history += rival.history
            if rival.best.infidelity < found.best.infidelity or rival.status in ENDED:
                found = rival
        if found.best.infidelity <= best.best.infidelity:
            best = found
    return Solution.of(points, found.status, history)


def _known(job: Job, layers: int, begin: Begin, effort: Effort) -> Solution | None:
    """Return the circuit that prepared the state, if there is one that fits the layers."""
    try:
        start = begin(layers, "prepared")
    except ArgumentError:
        return None
    found = as_front(job, layers, improved(job, *start, replace(effort, steps=0)))
    return found if found.best.infidelity < ROUNDING else None


def _rivals(job: Job, best: Solution, layers: int, begin: Begin, effort: Effort) -> list[Solution]:
    """Return searches of one depth from other starts, the best of which goes on if it is close."""
    seen: list[Solution] = []
    for name in RIVALS:
        if name in ("identity", "disentangled") and layers <= max(NEAR_STARTS):
            continue
        if name == "tied" and (layers not in TIED_LAYERS or job.n < TIED_SITES):
            continue
        try:
            start = begin(layers, name)
        except ArgumentError:  # the state has no such start
            continue
        seen.append(as_front(job, layers, improved(job, *start, replace(effort, steps=FEW))))
        if seen[-1].status in ENDED:
            return seen
    if seen:
        nearest = min(seen, key=lambda trial: trial.best.infidelity)
        if ROUNDING < nearest.best.infidelity < CLOSE * best.best.infidelity:
            start = nearest.ansatz, parted(nearest.gates)
            seen.append(as_front(job, layers, improved(job, *start, effort)))
    return seen


def _of_all(seen: list[Solution]) -> Solution:
    """Return the best circuit of all, with the history of all and the status of the last."""
    points = [point for part in seen for point in part.pareto]
    return Solution.of(points, seen[-1].status, [r for part in seen for r in part.history])


def lengthened_until(
    job: Job, found: Solution, begin: Begin, effort: Effort, most: int
) -> Solution:
    """Add layers, up to `most`, while a search that stands still has missed the goal.

    One layer at a time, from the gates found with an identity layer behind them, or from the named
    start of the new depth if that is nearer.
    """
    seen = [found]
    depth = found.best.sequence.depth
    while depth < most and job.target_infidelity > 0.0 and seen[-1].status not in ENDED:
        depth += 1
        start = _nearest(job, seen[-1].best, depth, begin, effort)
        seen.append(as_front(job, depth, improved(job, *start, effort)))
    return _of_all(seen)


def _nearest(job: Job, point: Point, layers: int, begin: Begin, effort: Effort) -> Start:
    """Return the start of a deeper shape that is nearest to the target."""
    start = lengthened(point.ansatz, parted(point.gates), layers)
    nearest = point.infidelity
    for name in NEAR_STARTS.get(layers, ()):
        shape, gates = begin(layers, name)
        overlap = job.holding(gates).gradients(shape, effort.device).evaluate(gates)[0]
        if 1.0 - abs(overlap) ** 2 < nearest:
            start, nearest = (shape, gates), 1.0 - abs(overlap) ** 2
    return start


def as_front(job: Job, layers: int, found: Solution) -> Solution:
    """Return a brickwall as the one point of its front."""
    least = min(record.infidelity for record in found.history)
    point = job.point(f"Brickwall({layers})", found.blocks, least)
    return replace(found, pareto=(point,))
