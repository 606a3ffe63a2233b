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

from qtn.aqc.kernels.gates import joined, nearest_unitary, parted, plain, unitary
from qtn.aqc.points import ROUNDING, Limits, Point
from qtn.aqc.result import Record, Status
from qtn.aqc.search.job import Job
from qtn.aqc.search.optimise import LBFGS, lbfgs
from qtn.aqc.shape.ansatz import Ansatz, Layer
from qtn.aqc.shape.blocks import Blocks
from qtn.states.operators import PAULI

TOGETHER = 4  # blocks dropped at once at most
SMALL_LOSS = 0.3  # several are dropped at once while they cost less than this share together
TURNS = PAULI.real + PAULI.imag  # I, X, -iY, Z: real


def prune(
    job: Job,
    found: Point,
    limits: Limits,
    status: Status = Status.CONVERGED,
    *,
    steps: int = 25,
    polish: int = 200,
    tolerance: float = 1e-3,
) -> tuple[list[Point], Status, list[Record]]:
    """Drop blocks until the circuit keeps the limits.

    Args:
        job: the target.
        found: a circuit with too many blocks.
        limits: budgets of blocks and of two-qubit gates as emitted.
        status: how the search ended that found it.
        steps: quasi-Newton steps after each drop.
        polish: quasi-Newton steps in the end.
        tolerance: a search ends when it gains less than this fraction.

    Returns:
        Every circuit on the way, the last one polished, how the search ended and its history.

    Cost: one gradient and `steps` steps per drop.
    """
    job, current, name = job.holding(found.gates), found, found.method
    if found.sequence.layered is None:
        current = job.point(name, found.sequence.in_layers(), found.infidelity)
    points, history = [], list[Record]()
    while (excess := _excess(current, limits)) > 0:
        shorter = drop(job, current.ansatz, current.gates, min(excess, TOGETHER))
        if shorter[0].size == current.blocks:
            break
        current, status, records = _again(job, f"{name} pruned", *shorter, steps, tolerance)
        history += records
        points.append(current)
    if status is not Status.INTERRUPTED:
        current, status, records = _again(
            job, current.method, current.ansatz, current.gates, polish, tolerance
        )
        history += records
        points.append(current)
    return points, status, history


def _again(
    job: Job, name: str, ansatz: Ansatz, gates: np.ndarray, steps: int, tolerance: float
) -> tuple[Point, Status, list[Record]]:
    """Optimise all gates of a circuit; a search that is told to end only evaluates it."""
    search = job.search(tolerance)
    lbfgs(job.kernel(ansatz), parted(gates), search, LBFGS(iterations=steps))
    status = search.ended(len(search.history) <= steps)
    final = plain(unitary(search.gates), job.real)
    return job.point(name, Blocks.of(ansatz, final), search.best), status, search.history


def _excess(current: Point, limits: Limits) -> int:
    """Return how many blocks are too many, not fewer than are certain to be."""
    more = 0 if limits.blocks is None else current.blocks - limits.blocks
    if limits.two_qubit_gates is not None:
        more = max(more, -((limits.two_qubit_gates - current.two_qubit_gates) // 3))
    return more


def drop(
    job: Job, ansatz: Ansatz, gates: np.ndarray, most: int = TOGETHER
) -> tuple[Ansatz, np.ndarray]:
    """Drop the block that costs least, and up to `most` as long as they cost next to nothing."""
    overlap, environments = job.kernel(ansatz).evaluate(parted(gates))
    phase = np.conj(overlap) / abs(overlap)
    matrices = phase * joined(environments)
    values, left, right = nearest_products(matrices.real if job.real else matrices)
    now = max(1.0 - abs(overlap) ** 2, ROUNDING)
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
    for start in TURNS:
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
