"""Circuits with fewer gates than those of a family: what a gate gives against what it loses.

The best circuit for a device seldom has all blocks of a regular shape. Blocks are dropped from the
best one seen, and from the next larger one, with all others optimised again (`prune`); and blocks
are replaced one after another by the pair of one-qubit gates that costs the least fidelity, down to
a product state. Every circuit on the way is rated.
"""

from __future__ import annotations

import numpy as np

from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.points import Limits, Point, Rating
from qtn.aqc.result import Record, Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.pruning import nearest_products, prune
from qtn.aqc.shape.blocks import Blocks

KEPT = 0.75  # of the blocks of the best circuit stay at least when it is pruned
IDLE = 4  # replacements that may make it worse before a better one
CHAIN = 400  # blocks above which nothing is pruned: each drop optimises all others


def thinner(scene: Scene) -> Solution | None:
    """Return circuits between and below the sizes seen."""
    job, rating = scene.job, scene.job.rating
    assert rating is not None
    found, history = list[Point](), list[Record]()
    status = Status.CONVERGED
    best = max(scene.points, key=rating.fidelity)
    larger = [p for p in scene.points if p.blocks > best.blocks]
    tasks = [(best, int(KEPT * best.blocks))]
    tasks += [(max(larger, key=rating.fidelity), best.blocks)] if larger else []
    for point, blocks in tasks:
        if blocks < job.n // 2 or point.blocks > CHAIN or not _chained(point):
            continue
        points, status, records = prune(job, point, Limits(blocks=blocks), polish=scene.steps)
        found += points
        history += records
    best = max([*scene.points, *found], key=rating.fidelity)
    if _chained(best) and best.blocks <= CHAIN:
        found += replaced(job, best, rating)
    return Solution.of(found, status, history) if found else None


def replaced(job: Job, point: Point, rating: Rating) -> list[Point]:
    """Return a circuit with more and more blocks replaced by one-qubit gates.

    The block that costs least comes first; it ends where `IDLE` replacements gained nothing.
    """
    job = job.holding(point.gates)
    ansatz, gates = point.ansatz, point.gates.real if job.real else point.gates.astype(complex)
    kernel, left_over = job.kernel(ansatz), set(range(ansatz.size))
    found, best, idle = list[Point](), rating.fidelity(point), 0
    while left_over and idle < IDLE and job.has_time(0.0):
        overlap, environments = kernel.evaluate(parted(gates))
        matrices = np.conj(overlap) / abs(overlap) * joined(environments)
        values, one, other = nearest_products(matrices.real if job.real else matrices)
        g = max(left_over, key=lambda k: values[k])
        left_over.remove(g)
        gates = gates.copy()
        gates[g] = np.kron(one[g], other[g])
        infidelity = max(0.0, 1.0 - float(values[g]) ** 2)
        found.append(job.point(f"{point.method} thinned", Blocks.of(ansatz, gates), infidelity))
        value = rating.fidelity(found[-1])
        best, idle = (value, 0) if value > best else (best, idle + 1)
    return found


def _chained(point: Point) -> bool:
    """Whether all blocks lie on neighbours."""
    pairs = (sites for sites, _ in point.sequence.gates if len(sites) == 2)
    return all(abs(a - b) == 1 for a, b in pairs)
