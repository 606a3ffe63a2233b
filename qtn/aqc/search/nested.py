"""Brickwalls that never end worse than shallower ones.

A brickwall of D layers holds every one of D - 1: its last layer may be the identity. A search from
scratch need not find it, so the default start passes through the smaller depths.

* States of any origin are grown layer by layer, from the optimum of the depth before with an
  identity layer, or from the start that undoes the entanglement where that begins nearer; a layer
  that gains nothing is dropped. All depths are on the front.
* Product formulas start quenches so well that a deeper one ended worse only where the infidelity
  was tiny and searches stalled (in 6 of 180 pairs of neighbouring depths, the largest at 8e-9).
  The depth before is searched too if the infidelity is below `NEARLY_EXACT`, and not otherwise.

Reference: Robertson et al., ACM Trans. Quantum Comput. 6, 1 (2025), for growth in depth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qtn.aqc.kernels.gates import parted
from qtn.aqc.points import ROUNDING, Point
from qtn.aqc.result import Status
from qtn.aqc.search.improve import Effort, Start, improved, lengthened
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.shape.ansatz import brickwall_shape

NEARLY_EXACT = 1e-7  # infidelity below which the depth before may end better in a quench
# Starts by depth beside the depth before: one layer misses a site of odd chains, and gates far from
# the identity pay in shallow circuits.
NEAR_STARTS = {2: ("identity", "disentangled"), 3: ("disentangled",), 4: ("disentangled",)}
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
        if found.best.infidelity <= best.best.infidelity:
            best = found
    return Solution.of(points, found.status, history)


def _nearest(job: Job, point: Point, layers: int, begin: Begin, effort: Effort) -> Start:
    """Return the start of a deeper shape that is nearest to the target."""
    start = lengthened(point.ansatz, parted(point.gates), layers)
    nearest = point.infidelity
    for name in NEAR_STARTS.get(layers, ()):
        shape, gates = begin(layers, name)
        searched = job.as_complex() if np.abs(gates[:, 1]).max() > 1e-12 else job
        overlap = searched.gradients(shape, effort.device).evaluate(gates)[0]
        if 1.0 - abs(overlap) ** 2 < nearest:
            start, nearest = (shape, gates), 1.0 - abs(overlap) ** 2
    return start


def as_front(job: Job, layers: int, found: Solution) -> Solution:
    """Return a brickwall as the one point of its front."""
    least = min(record.infidelity for record in found.history)
    point = job.point(f"Brickwall({layers})", found.blocks, least)
    return replace(found, pareto=(point,))
