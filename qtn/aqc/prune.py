r"""Pruning: drop the blocks that matter least, one after another, from a circuit that is too long.

A circuit with more blocks than it needs is easy to optimise; the same infidelity is rarely found
by growth with fewer. The environment E of a block tells what dropping it costs before it is
dropped: the best pair of one-qubit gates in its place leaves the overlap

.. math:: \max_{A, B \in U(2)} \mathrm{Re} \sum_{ij} E_{ij} (A \otimes B)_{ij},

found by polar updates of A and B in turn, and A and B are absorbed by the neighbouring blocks.
After each step all blocks that are left are optimised again.
"""

from __future__ import annotations

import numpy as np

from qtn.aqc.ansatz import Ansatz, Layer
from qtn.aqc.gradient import joined, nearest_unitary, parted, plain
from qtn.aqc.job import Job, Solution, front, point
from qtn.aqc.optimise import LBFGS, Record, Search, lbfgs, unitary
from qtn.aqc.result import Point, Status

TOGETHER = 4  # blocks dropped at once at most
SMALL_LOSS = 0.3  # several are dropped at once while they cost less than this share together
PAULI = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1], [1, 0]], [[1, 0], [0, -1]]])


def prune(
    job: Job,
    found: Solution,
    blocks: int | None,
    two_qubit_gates: int | None = None,
    *,
    steps: int = 25,
    polish: int = 200,
    tolerance: float = 1e-3,
) -> tuple[Solution, float]:
    """Return the solution with blocks dropped until it keeps the limits.

    Args:
        job: the target; if it is real, so must be the gates of `found`.
        found: a circuit with too many blocks.
        blocks: largest number of blocks; None for no limit.
        two_qubit_gates: largest number of two-qubit gates as emitted; None for no limit.
        steps: quasi-Newton steps after each drop.
        polish: quasi-Newton steps in the end.
        tolerance: a search ends when it gains less than this fraction.

    Returns:
        The shorter circuit, whose front holds every circuit on the way, and its infidelity.

    Cost: one gradient and `steps` steps per drop.
    """
    ansatz, gates, status = found.ansatz, found.gates, found.status
    name = found.pareto[-1].method if found.pareto else "circuit"
    points, history = list(found.pareto), list(found.history)
    current = point(name, ansatz, gates, history[-1].infidelity)
    while status is not Status.INTERRUPTED:
        excess = _excess(current, blocks, two_qubit_gates)
        if excess <= 0:
            break
        shorter = drop(job, ansatz, gates, min(excess, TOGETHER))
        if shorter[0].size == ansatz.size:
            break
        ansatz, gates, status, search = _again(job, *shorter, steps, tolerance)
        history += search.history
        current = point(f"{name} pruned", ansatz, gates, search.best)
        points.append(current)
    if status is not Status.INTERRUPTED:
        ansatz, gates, status, search = _again(job, ansatz, gates, polish, tolerance)
        history += search.history
        current = point(current.method, ansatz, gates, search.best)
        points.append(current)
    solution = Solution(ansatz, gates, status, tuple(history), front(points))
    return solution, current.infidelity


def _again(
    job: Job, ansatz: Ansatz, gates: np.ndarray, steps: int, tolerance: float
) -> tuple[Ansatz, np.ndarray, Status, Search]:
    search = job.search(tolerance)
    start = parted(gates)
    search.gates = start
    kernel = job.kernel(ansatz)
    status = Status.CONVERGED
    try:
        lbfgs(kernel, start, search, LBFGS(iterations=steps))
        if len(search.history) > steps:
            status = Status.STEPS
    except KeyboardInterrupt:
        status = Status.INTERRUPTED
    if search.reached:
        status = Status.REACHED
    if not search.history:
        search.history.append(Record(0.0, len(ansatz.layers), search.best))
    return ansatz, plain(unitary(search.gates), job.real), status, search


def _excess(current: Point, blocks: int | None, two_qubit_gates: int | None) -> int:
    """Return how many blocks are too many, not fewer than are certain to be."""
    more = 0 if blocks is None else current.blocks - blocks
    if two_qubit_gates is not None:
        more = max(more, -((two_qubit_gates - current.two_qubit_gates) // 3))
    return more


def drop(
    job: Job, ansatz: Ansatz, gates: np.ndarray, most: int = TOGETHER
) -> tuple[Ansatz, np.ndarray]:
    """Drop the block that costs least, and up to `most` as long as they cost next to nothing."""
    overlap, environments = job.kernel(ansatz).evaluate(parted(gates))
    phase = np.conj(overlap) / abs(overlap)
    matrices = phase * joined(environments)
    values, left, right = nearest_products(matrices.real if job.real else matrices)
    now = max(1.0 - abs(overlap) ** 2, 1e-12)
    losses = (1.0 - values**2) - now
    chosen: list[int] = []
    touched: set[int] = set()
    bonds = dict(ansatz.sequence())
    for g in np.argsort(losses).tolist():
        sites = {bonds[g], bonds[g] + 1}
        lonely = any(len(_wire(ansatz, site)) < 2 for site in sites)
        cheap = sum(max(losses[c], 0.0) for c in [*chosen, g]) <= SMALL_LOSS * now
        if lonely or sites & touched or (chosen and not cheap):
            continue
        chosen.append(g)
        touched |= sites
        if len(chosen) == most:
            break
    gates = gates.copy()
    for g in chosen:
        _absorb(ansatz, gates, g, left[g], right[g])
    keep = [g for g in range(ansatz.size) if g not in chosen]
    return without(ansatz, chosen), gates[keep]


def nearest_products(
    environments: np.ndarray, sweeps: int = 12
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return max Re Σ E * (A ⊗ B) for a batch of E, and the one-qubit gates A and B.

    Args:
        environments: (batch, 4, 4), real ones give real A and B.
        sweeps: polar updates of A and of B from each of four starts.
    """
    e = environments.reshape(-1, 2, 2, 2, 2)
    best = np.full(len(e), -np.inf)
    left, right = (np.zeros((len(e), 2, 2), e.dtype) for _ in range(2))
    for start in PAULI:
        b = np.broadcast_to(start.astype(e.dtype), (len(e), 2, 2))
        for _ in range(sweeps):
            a = nearest_unitary(np.einsum("mabcd,mbd->mac", e, b).conj())
            b = nearest_unitary(np.einsum("mabcd,mac->mbd", e, a).conj())
        value = np.einsum("mabcd,mac,mbd->m", e, a, b).real
        better = value > best
        best[better], left[better], right[better] = value[better], a[better], b[better]
    return best, left, right


def without(ansatz: Ansatz, dropped: list[int]) -> Ansatz:
    """Return the shape without some of its gates."""
    layers = []
    for layer, part in zip(ansatz.layers, ansatz.slices):
        numbers = range(part.start, part.stop)
        bonds = tuple(b for g, b in zip(numbers, layer.bonds) if g not in dropped)
        if bonds:
            layers.append(Layer(bonds, layer.down))
    return Ansatz(ansatz.n, tuple(layers))


def _wire(ansatz: Ansatz, site: int) -> list[tuple[int, int]]:
    """Return number and bond of the gates that touch a site, in time order."""
    return [(g, b) for g, b in ansatz.sequence() if site in (b, b + 1)]


def _absorb(ansatz: Ansatz, gates: np.ndarray, g: int, a: np.ndarray, b: np.ndarray) -> None:
    """Multiply the one-qubit gates that replace block g onto its neighbours, in place."""
    bond = dict(ansatz.sequence())[g]
    for site, matrix in ((bond, a), (bond + 1, b)):
        wire = _wire(ansatz, site)
        place = [number for number, _ in wire].index(g)
        other, where = wire[place - 1] if place else wire[1]
        pair = (matrix, np.eye(2)) if where == site else (np.eye(2), matrix)
        turn = np.kron(*pair)
        gates[other] = turn @ gates[other] if place else gates[other] @ turn
