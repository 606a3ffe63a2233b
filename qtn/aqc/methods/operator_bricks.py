"""Brickwalls for operators: from product formulas where a Hamiltonian is known, else grown.

A propagator starts from the formula that is best on the whole chain after a few steps, among those
fitted on a few sites (`qtn.aqc.starts.formulas`); other operators from the best product of
one-qubit gates. Depths are passed one after another, two layers at a time for propagators: each
starts from the optimum of the depth before with identity layers or from a formula, whichever is
better after a few steps, so that more layers do not end worse. All depths are on the front.

Uniform long chains start from a short one, whose bulk is repeated (`qtn.aqc.starts.uniform`), and
take a few dozen steps more. Every depth takes the same steps whether it is the last or passed, so
that a search holds those of all smaller odd depths up to `DEEP`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qtn._random import generator
from qtn.aqc.kernels.base import OperatorKernel
from qtn.aqc.kernels.gates import parted
from qtn.aqc.points import ROUNDING, Point
from qtn.aqc.result import Compiled, Record, Status
from qtn.aqc.search.improve import Effort, Start, given, improved, lengthened, turned
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.nested import as_front
from qtn.aqc.shape.ansatz import Ansatz, brickwall_shape, identity_gates
from qtn.aqc.starts.formulas import fitted, formula_gates, second_order
from qtn.aqc.starts.trotter import absorb_product_operator
from qtn.aqc.starts.uniform import LONG, TIGHT, UniformStarts, missing
from qtn.errors import ArgumentError
from qtn.physics.terms import bond_matrices, read_terms
from qtn.states import MPO
from qtn.states.origin import Propagated

STARTS = ("auto", "trotter", "identity", "random")
TRIAL = 10  # steps after which starts are compared
FINER = 0.1  # share of the tolerance: exact gradients are cheap, and minima are flat
GROWTH = 2.0  # how much longer the next depth takes, at least
TRIED = 3  # formulas that get them
DEEP = 13  # largest depth passed on the way
WORK = 2e10  # products that a depth may take on a long uniform chain
LEAST, MOST = 5, 400  # steps that this allows; none where gradients are those between layers
SHALLOW = 5  # depth up to which a long chain takes all these steps: saddles of even cells are flat
ENDED = (Status.INTERRUPTED, Status.TIME, Status.REACHED)


@dataclass(frozen=True, slots=True)
class Bricks:
    """The search of one operator: what is known of it.

    Args:
        job: the target and the goal.
        effort: of every depth.
        bonds: the bond Hamiltonians where it is a propagator, else None.
        moment: time of the propagator.
        obeyed: whether the steps of the effort were asked for, so that the last depth may take
            them whatever they cost.
    """

    job: Job
    effort: Effort
    bonds: np.ndarray | None
    moment: float
    obeyed: bool = False

    def starts(self, layers: int) -> Iterator[Start]:
        """Yield starts that need no shallower circuit, the most promising first."""
        shape = brickwall_shape(self.job.n, layers)
        if self.bonds is None or layers < 3:
            yield shape, self.product(shape)
            return
        odd = layers - 1 + layers % 2
        found = fitted(self.bonds, self.moment, odd, generator(self.job.seed, "formulas"))
        kernel = self.job.operator_kernel(shape)
        kernel.cut = TIGHT
        gates = [formula_gates(self.bonds, self.moment, c, shape) for c in found]
        ranked = sorted(gates, key=lambda g: missing(kernel, g))
        for one in ranked[:TRIED]:
            yield shape, one

    def product(self, shape: Ansatz) -> np.ndarray:
        """Return gates that make the unitary product of one-qubit gates next to the target."""
        assert isinstance(self.job.target, MPO)
        gates = identity_gates(shape, False)
        absorb_product_operator(shape, gates, self.job.target)
        rng = generator(self.job.seed, "operator-start")
        return turned(parted(gates), 0.02, rng, False)

    def searched(self, start: Start, layers: int, steps: int, finer: float) -> Solution:
        """Return the brickwall found from a start, as the one point of its front."""
        effort = replace(self.effort, steps=steps, tolerance=finer * self.effort.tolerance)
        return as_front(self.job, layers, improved(self.job, *start, effort))

    def grown(self, layers: int, limit: int | None = None) -> Solution:
        """Return the best brickwall on the way to so many layers, or to a number of gates."""
        uniform = self.uniform()
        points: list[Point] = []
        history: list[Record] = []
        best: Point | None = None
        status = Status.CONVERGED
        for depth in self.depths(layers):
            if best is not None and limit is not None and 3 * self.size(depth) > limit:
                break
            began = time.process_time()
            starts = [] if best is None else [self.longer(best, depth)]
            if uniform is None or depth < 3:
                parts = self.tried(depth, starts)
            else:
                parts = self.repeated(uniform, depth, starts, depth == layers)
            found = parts[-1]
            status, points = found.status, [*points, *found.pareto]
            history += [record for part in parts for record in part.history]
            if best is None or found.best.infidelity < best.infidelity:
                best = found.best
            if status in ENDED or best.infidelity < ROUNDING:
                break
            if not self.job.has_time(GROWTH * (time.process_time() - began)):
                status = Status.TIME
                break
        return Solution.of(points, status, history, limit)

    def tried(self, depth: int, starts: list[Start]) -> list[Solution]:
        """Return the searches of one depth, the one to go on with last.

        Args:
            depth: number of layers.
            starts: from other depths.
        """
        starts = [*self.starts(depth), *starts]
        parts = [self.searched(s, depth, min(TRIAL, self.effort.steps), FINER) for s in starts]
        parts.sort(key=lambda found: -found.best.infidelity)
        if parts[-1].status in ENDED:
            return parts
        start = parts[-1].ansatz, parted(parts[-1].gates)
        return [*parts, self.searched(start, depth, self.effort.steps, FINER)]

    def repeated(
        self, uniform: UniformStarts, depth: int, starts: list[Start], last: bool
    ) -> list[Solution]:
        """Return the searches of one depth of a long uniform chain, the best one last.

        Args:
            uniform: what repeats short chains.
            depth: number of layers.
            starts: from other depths.
            last: whether no deeper one follows.
        """
        tied, *free = uniform.starts(depth)
        kernel = self.job.operator_kernel(tied[0])
        kernel.cut = TIGHT
        best = min([*starts, tied], key=lambda s: missing(kernel, s[1]))
        steps = self.effort.steps
        if not (last and self.obeyed):
            steps = min(steps, affordable(kernel))
        finer = 0.0 if depth <= SHALLOW else FINER
        parts = [self.searched(start, depth, steps, finer) for start in [best, *free]]
        return sorted(parts, key=lambda found: (found.status in ENDED, -found.best.infidelity))

    def longer(self, point: Point, depth: int) -> Start:
        """Return the start of a deeper shape that is a shallower circuit and identities."""
        return lengthened(point.ansatz, parted(point.gates), depth)

    def uniform(self) -> UniformStarts | None:
        """Return what repeats the bulk of short chains, where the chain is long and uniform."""
        if self.bonds is None or self.job.n < LONG or not _uniform(self.bonds):
            return None
        return UniformStarts(self.job, self.bonds, self.moment)

    def size(self, layers: int) -> int:
        """Return the number of gates of so many layers."""
        return brickwall_shape(self.job.n, layers).size

    def depths(self, layers: int) -> list[int]:
        """Return the depths to pass: formulas have odd ones, and begin with three layers.

        One and two layers are passed where a budget may exclude more.
        """
        if self.bonds is None:
            return list(range(1, layers + 1))
        limits = self.job.limits
        tight = limits.two_qubit_gates is not None or limits.two_qubit_depth is not None
        few = [1, 2] if tight else []
        return [*few, *range(3, min(layers, DEEP + 1), 2), layers]


def compiled_operator(
    job: Job,
    layers: int,
    start: Any,
    effort: Effort,
    limit: int | None = None,
    obeyed: bool = False,
) -> Solution:
    """Return the brickwall of an operator.

    Args:
        job: its target is an `MPO`.
        layers: number of layers.
        start: "auto", "trotter", "identity", "random", a `Compiled` operator, `(bonds, gates)`.
        effort: how long to search.
        limit: two-qubit gates at which "auto" ends.
        obeyed: whether the steps were asked for; else long uniform chains take what is affordable.

    Raises:
        ArgumentError: a start that is for states only, or "trotter" without a Hamiltonian.
    """
    bonds, moment = _history(job)
    bricks = Bricks(job, effort, bonds, moment, obeyed)
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


def _uniform(bonds: np.ndarray) -> bool:
    """Whether the couplings are alike along the chain."""
    return bool(np.abs(bonds[1:-1] - bonds[1]).max() < 1e-12)


def affordable(kernel: OperatorKernel) -> int:
    """Return the steps of one depth on a long chain that starts near its optimum."""
    products = kernel.products
    return 0 if products is None else min(MOST, max(LEAST, int(WORK / products)))
