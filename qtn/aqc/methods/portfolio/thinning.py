"""Circuits with fewer gates than those of a family: what a gate gives against what it loses.

The best circuit for a device seldom has all blocks of a regular shape. Blocks are dropped from the
best one seen, and from the next larger one, with all others optimised again (`prune`); and blocks
are replaced one after another by a single CX between one-qubit gates, or by one-qubit gates alone,
where that costs the least fidelity for a CX, down to a product state. Every circuit on the way is
rated.
"""

from __future__ import annotations

import numpy as np

from qtn._random import generator
from qtn.aqc.kernels.base import Kernel
from qtn.aqc.kernels.gates import joined, parted, plain, unitary
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.points import Limits, Point, Rating
from qtn.aqc.result import Record, Status
from qtn.aqc.search.classes import Classes, nearest_entanglers
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.optimise import LBFGS, lbfgs
from qtn.aqc.search.pruning import nearest_products, prune
from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import cx_count

KEPT = 0.75  # of the blocks of the best circuit stay at least when it is pruned
IDLE = 4  # replacements that may make it worse before a better one
STEPS, TOLERANCE = 40, 1e-2  # of the search after a replacement
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
    for start in _starts([*scene.points, *found], rating):
        found += replaced(job, start, rating)
    return Solution.of(found, status, history) if found else None


def _starts(points: list[Point], rating: Rating) -> list[Point]:
    """Return the best circuit, and the best one of more gates."""
    ranked = sorted(points, key=rating.fidelity, reverse=True)
    ranked = [p for p in ranked if _chained(p) and p.blocks <= CHAIN]
    larger = [p for p in ranked[1:] if p.two_qubit_gates > ranked[0].two_qubit_gates]
    return ranked[:1] + larger[:1]


def replaced(job: Job, point: Point, rating: Rating) -> list[Point]:
    """Return a circuit with fewer and fewer CX: blocks become one CX, or one-qubit gates.

    The change that costs least for a CX comes first, then all gates are optimised again, changed
    blocks within their class; it ends where `IDLE` changes gained nothing.
    """
    job = job.holding(point.gates)
    ansatz, gates = point.sequence.as_layers()
    gates = gates.real if job.real else gates.astype(complex)
    kernel, rng = job.kernel(ansatz), generator(job.seed, "thinner")
    found, best, idle = list[Point](), rating.fidelity(point), 0
    while idle < IDLE and job.has_time(0.0):
        changed = _cheapest(kernel, ansatz, gates, job.real, rng)
        if changed is None:
            break
        _, held = _levels(ansatz, changed, job.real)
        search = job.search(TOLERANCE)
        lbfgs(kernel, parted(changed), search, LBFGS(STEPS), moves=Classes(held, job.real))
        gates = plain(unitary(search.gates), job.real)
        found.append(job.point(f"{point.method} thinned", Blocks.of(ansatz, gates), search.best))
        value = rating.fidelity(found[-1])
        best, idle = (value, 0) if value > best else (best, idle + 1)
    return found


def _cheapest(
    kernel: Kernel, ansatz: Ansatz, gates: np.ndarray, real: bool, rng: np.random.Generator
) -> np.ndarray | None:
    """Return the gates with one block of fewer CX; None where all are products."""
    overlap, environments = kernel.evaluate(parted(gates))
    matrices = np.conj(overlap) / abs(overlap) * joined(environments)
    matrices = matrices.real if real else matrices
    levels, _ = _levels(ansatz, gates, real)
    if not levels.any():
        return None
    values, one, other = nearest_products(matrices)
    products = np.einsum("gac,gbd->gabcd", one, other).reshape(-1, 4, 4)
    better, single = nearest_entanglers(matrices, rng)
    losses = [-np.log(np.maximum(v, 1e-12) / abs(overlap)) for v in (values, better)]
    costs = [np.maximum(losses[k], 0.0) / np.maximum(levels - k, 1) for k in range(2)]
    costs[0][levels == 0] = costs[1][levels < 2] = np.inf
    kind = int(np.min(costs[1]) < np.min(costs[0]))
    g = int(np.argmin(costs[kind]))
    changed = gates.copy()
    changed[g] = (products, single)[kind][g]
    return changed


def _levels(ansatz: Ansatz, gates: np.ndarray, real: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the CX of every block, and whether others of its place and kind take more.

    A block takes one CX at most where both sites are still in a product state, and two where one
    of them is; real ones take two, if they are rotations.
    """
    levels, held = np.zeros(ansatz.size, int), np.zeros(ansatz.size, bool)
    fresh = np.ones(ansatz.n, bool)
    for g, bond in ansatz.sequence():
        most = 3 - int(fresh[bond]) - int(fresh[bond + 1])
        levels[g] = min(cx_count(gates[g]), most)
        usual = 2 if real and np.linalg.det(gates[g]) > 0.0 else 3
        held[g] = levels[g] < min(usual, most)
        if levels[g]:
            fresh[bond : bond + 2] = False
    return levels, held


def _chained(point: Point) -> bool:
    """Whether all blocks lie on neighbours."""
    pairs = (sites for sites, _ in point.sequence.gates if len(sites) == 2)
    return all(abs(a - b) == 1 for a, b in pairs)
