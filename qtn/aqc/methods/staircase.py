"""Grown staircases: one analytic layer from the residual, then all gates again, repeated.

Analytic layers alone saturate (each sees only a bond-2 cut of what the others left); growing by
one layer and re-optimising everything does not, which makes this the method of choice for ground
states and trained states. A circuit grown too long and pruned to fewer blocks is often better still
than one grown to that number.

Reference: Ran, Phys. Rev. A 101, 032310 (2020); Rudolph, Chen, Miller, Acharya and
Perdomo-Ortiz, Quantum Sci. Technol. 9, 015012 (2024), protocol "Iter[I, O_all]".
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from qtn._checks import bounded_int, choice, fail, positive_int
from qtn._checks import real as checked_real
from qtn._machine import few_threads, suited
from qtn._random import generator
from qtn.aqc.kernels.base import Kernel
from qtn.aqc.kernels.gates import parted, plain, unitary
from qtn.aqc.methods.base import SHOWN, Method
from qtn.aqc.points import ROUNDING, Limits, Point
from qtn.aqc.result import Compiled, Record, Status
from qtn.aqc.search.improve import turned
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.optimise import LBFGS, Search, lbfgs, polar_sweeps
from qtn.aqc.search.pruning import prune
from qtn.aqc.shape.ansatz import Ansatz, staircase_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.bounded import State
from qtn.aqc.shape.emit import BASES
from qtn.aqc.starts.disentangle import staircase_gates
from qtn.errors import ArgumentError

VALLEYS = 0.05  # infidelity above which several starts are tried
SPREAD = 0.1  # radian by which they are turned
WEAK = 0.9  # a last layer that leaves more of the infidelity is held against the layers below it
ENDED = (Status.INTERRUPTED, Status.TIME, Status.REACHED)
BEAM, SAME_VALLEY = 4, 1e-3  # results that go on to the next layer, and how far they lie apart


@dataclass(frozen=True, slots=True, repr=False)
class Staircase(Method):
    """Grow `layers` staircases of n - 1 two-qubit blocks each.

    Args:
        layers: number of staircases.
        blocks: drop the blocks that matter least in the end until so many are left; None keeps all.
        start: a `Compiled` result to grow on, for instance that of a neighbouring target; its
            blocks are optimised first and its layers count.
        tries: starts per layer while the infidelity is above 0.05: the analytic one and it turned
            at random; the best goes on. The valley of the first layers decides about the rest.
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

    layers: int = field(default=4, metadata=SHOWN)
    blocks: int | None = None
    start: Compiled | None = None
    tries: int = 1
    sweeps: int = 2
    steps: int = 60
    polish: int = 200
    real: bool | None = None
    basis: str = "cx"
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("layers", "tries", "sweeps"):
            positive_int(name, getattr(self, name), way_out="For instance layers=4, sweeps=2.")
        for name in ("steps", "polish"):
            bounded_int(name, getattr(self, name), 0)
        if self.blocks is not None:
            positive_int("blocks", self.blocks, way_out="Give None to keep all blocks.")
        if self.start is not None and not isinstance(self.start, Compiled):
            raise fail("start", "a Compiled result or None", self.start, "Load it with qtn.load.")
        checked_real("tolerance", self.tolerance, 0.0, 1.0)
        choice("real", self.real, (None, True, False))
        choice("basis", self.basis, BASES)

    def limits(self, goal: float | None) -> Limits:
        """Return the goal of the call and the number of blocks to keep."""
        return Limits(0.0 if goal is None else goal, blocks=self.blocks, basis=self.basis)

    def solve(self, job: Job) -> Solution:
        """Grow the circuit layer by layer, then prune it if asked to."""
        if self.real is False or (self.start is not None and np.any(self.start.gates.imag)):
            job = job.as_complex()
        found = self.grow(job, None)
        if self.tries > 1 and found.status not in ENDED:
            # What goes on to the next layer is chosen early: the plain growth may end better.
            plain_growth = replace(self, tries=1).grow(job, None)
            found = Solution.of(
                [*found.pareto, *plain_growth.pareto],
                plain_growth.status,
                [*found.history, *plain_growth.history],
            )
        if self.blocks is None:
            return found
        limits = Limits(blocks=self.blocks)
        points, status, history = prune(
            job, found.best, limits, found.status, polish=self.polish, tolerance=self.tolerance
        )
        return Solution.of([*found.pareto, *points], status, [*found.history, *history])

    def grow(
        self,
        job: Job,
        max_two_qubit_gates: int | None,
        plateau: float = 0.0,
        begin: Solution | None = None,
    ) -> Solution:
        """Grow until `layers`, the goal of the job, the limit of gates or a plateau is reached.

        Args:
            job: the target and the goal.
            max_two_qubit_gates: the layer that exceeds it is pruned to it, or given up if the
                circuit before it is better.
            plateau: stop when a layer gains less than this fraction of the infidelity.
            begin: blocks to grow on.
        """
        with few_threads(suited(job.state.max_bond)):
            return self._grown(job, max_two_qubit_gates, plateau, begin)

    def _grown(
        self, job: Job, max_two_qubit_gates: int | None, plateau: float, begin: Solution | None
    ) -> Solution:
        chain, n = job.chain, job.n
        ansatz, gates = (begin.ansatz, begin.gates) if begin else self._begin(n, chain[0].dtype)
        beam = [gates]  # the best first
        points: list[Point] = []
        history: list[Record] = []
        status = Status.STEPS
        first = max(1, round(ansatz.size / (n - 1)))
        for layer in range(first, max(first, self.layers) + 1):
            began = time.process_time()
            tries = self.tries if points and points[-1].infidelity > VALLEYS else 1
            grows = bool(points) or not ansatz.size
            wider = staircase_shape(n, 1) + ansatz if grows else ansatz
            start = partial(with_layer, chain, ansatz) if grows else np.copy
            searches, status = self._tried(job, wider, beam, start, tries)
            search = searches[0]
            history += search.history
            beam = [plain(unitary(s.gates), job.real) for s in searches]
            new = job.point(f"Staircase({layer})", Blocks.of(wider, beam[0]), search.best)
            full = max_two_qubit_gates is not None and new.two_qubit_gates > max_two_qubit_gates
            points.append(new)
            if full:
                budget = Limits(two_qubit_gates=max_two_qubit_gates)
                cut, status, records = prune(job, new, budget, status, polish=self.steps)
                points, history = points + cut, history + records
                break
            gain = 1.0 - search.best / points[-2].infidelity if points[1:] else 1.0
            ansatz = wider
            if search.over or search.best < ROUNDING or gain < plateau:
                break
            # A layer more takes longer than the last one did.
            if not job.has_time(2.0 * (time.process_time() - began)):
                status = Status.TIME
                break
        else:
            if len(points) > 1 and points[-1].infidelity > WEAK * points[-2].infidelity:
                polished, status, records = self._polished(job, points[-2])
                points, history = [*points, polished], history + records
        return Solution.of(points, status, history, max_two_qubit_gates)

    def _polished(self, job: Job, below: Point) -> tuple[Point, Status, list[Record]]:
        """Give a circuit of one layer less the steps of the last layer, too."""
        search = job.search(self.tolerance)
        status = self._optimise(job.kernel(below.ansatz), parted(below.gates), search, True)
        gates = plain(unitary(search.gates), job.real)
        point = job.point(below.method, Blocks.of(below.ansatz, gates), search.best)
        return point, status, search.history

    def _begin(self, n: int, dtype: np.dtype) -> tuple[Ansatz, np.ndarray]:
        """Return the blocks to grow on: none, or those of the start."""
        if self.start is None:
            return Ansatz(n, ()), np.empty((0, 4, 4), dtype)
        if self.start.sequence.n != n:
            raise ArgumentError(
                f"Argument `start` must be a result for {n} sites, but is one for "
                f"{self.start.sequence.n}."
            )
        ansatz, gates = self.start.sequence.as_layers()
        return ansatz, (gates.real if dtype == np.float64 else gates).astype(dtype)

    def _tried(
        self,
        job: Job,
        ansatz: Ansatz,
        beam: list[np.ndarray],
        start: Callable[[np.ndarray], np.ndarray],
        tries: int,
    ) -> tuple[list[Search], Status]:
        """Optimise what `start` makes of the circuits so far, and of random turns of them.

        They are turned before the layer is added: where singular values of the residual are equal,
        the least turn gives another layer, and layers decide on the valley.

        Returns the best searches, which the next layer goes on from, the first with the history of
        all: the best circuit of few layers often lies in a valley that ends higher than others.
        """
        layer = round(ansatz.size / (ansatz.n - 1))
        rng = generator(job.seed, f"staircase-{layer}")
        kernel = job.kernel(ansatz)
        history: list[Record] = []
        found: list[tuple[Search, Status]] = []
        for attempt in range(tries):
            gates = beam[attempt % len(beam)]
            if attempt >= len(beam):
                gates = plain(turned(parted(gates), SPREAD, rng, job.real), job.real)
            search = job.search(self.tolerance)
            ended = self._optimise(kernel, parted(start(gates)), search, layer >= self.layers)
            history += search.history
            found.append((search, ended))
            if search.over:
                break
        over = search.over
        found.sort(key=lambda pair: pair[0].best)
        kept: list[Search] = []
        for other, _ in found:
            if not kept or other.best > kept[-1].best * (1.0 + SAME_VALLEY):
                kept.append(other)
        kept[0].history = history
        return kept[:BEAM], ended if over else found[0][1]

    def _optimise(self, kernel: Kernel, gates: np.ndarray, search: Search, last: bool) -> Status:
        steps = max(self.steps, self.polish) if last else self.steps
        polar_sweeps(kernel, gates.copy(), search, self.sweeps)
        if search.reached:
            return Status.REACHED
        if search.best < ROUNDING:
            return Status.EXACT
        before = len(search.history)
        lbfgs(kernel, search.gates, search, LBFGS(iterations=steps))
        return search.ended(len(search.history) - before <= steps)


def with_layer(chain: list[np.ndarray], below: Ansatz, gates: np.ndarray) -> np.ndarray:
    """Return gates with those of the analytic layer that comes before them."""
    return np.concatenate([staircase_gates(residual(chain, below, gates)), gates])


def residual(
    chain: list[np.ndarray], ansatz: Ansatz, gates: np.ndarray, cut: float = 1e-10, cap: int = 256
) -> list[np.ndarray]:
    """Return U†|ψ>, truncated."""
    state = State(chain, True)
    for layer, part in reversed(list(zip(ansatz.layers, ansatz.slices))):
        state = state.applied(layer, gates[part], True, cut, cap)
    return state.chain
