"""Automatic choice of method and size.

* A state that came from real-time evolution of a product state: brickwalls of growing depth from
  product formulas, the shape of a light cone.
* Other states whose correlations reach beyond the light cone of a brickwall with as many blocks as
  two staircases: staircases, which reach any distance with few gates.
* States of shorter correlations: two staircases and that brickwall are tried on a small budget and
  the better family is grown, from the better start. Where the staircases are good enough already,
  a brickwall of few layers takes their place if it has fewer gates, or as many in less depth.

* Where two staircases fall short, a window circuit of the bond that the goal needs is tried as
  well, if a search of it is likely to end in time. If it reaches the goal, what else is grown must
  take fewer gates; nothing is grown for large states that two staircases miss by far.

A state that a circuit prepared may keep that circuit, if none as good with fewer gates is found.

Brickwalls start at the depth that the entropy of the target needs at least. A circuit that exceeds
the largest number of gates is pruned to it.

Every circuit seen goes into the front of two-qubit gates against infidelity.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

from qtn._checks import choice, positive_int
from qtn._checks import real as checked_real
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.methods.base import Method, described
from qtn.aqc.methods.brickwall import Brickwall
from qtn.aqc.methods.register_method import laid_out
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.methods.window import Window
from qtn.aqc.result import Point, Record, Status
from qtn.aqc.search.improve import Start, given, improved, lengthened
from qtn.aqc.search.job import Job, Limits, Solution
from qtn.aqc.search.nested import as_front
from qtn.aqc.search.pruning import prune
from qtn.aqc.search.registers import chain_tree
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.certificate import certify
from qtn.aqc.shape.emit import BASES
from qtn.aqc.starts.survey import correlation_reach, largest_entropy
from qtn.aqc.starts.trotter import from_quench
from qtn.states.origin import Prepared

USUAL_INFIDELITY = 1e-3  # the goal where none is given
TRIAL = 4  # layers of the brickwall that is tried
FAR = 0.05  # infidelity of two staircases above which staircases lose against windows
WIDEST = 64  # bond above which a window's search takes hours
LARGE = 200  # sites times bond above which growing takes much longer than a window
STEPS, RATE = 2000, 1e10  # of a window's search, and operations per second that it does at least
SLOW = 0.7  # brickwalls end where two sizes leave more than this share of the infidelity
TRIAL_STARTS = ("identity", "disentangled")
LONGEST_GIVEN = 5000  # blocks of a circuit that is considered itself


@dataclass(frozen=True, slots=True)
class Auto(Method):
    """Choose the method and its size from the target.

    Args:
        max_two_qubit_gates: largest number of two-qubit gates of the circuit; None for no limit.
        infidelity: the goal, at which the search stops; None takes that of `min_fidelity`, or 1e-3.
        max_layers: stop growing after so many layers.
        steps: quasi-Newton steps per size.
        seconds: CPU seconds after which no larger size is begun and a search stops; the result then
            depends on the speed of the machine. Goals that are out of reach take that long.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".

    Example:
        >>> Auto(max_two_qubit_gates=200, infidelity=1e-4).infidelity
        0.0001
    """

    max_two_qubit_gates: int | None = None
    infidelity: float | None = None
    max_layers: int = 12
    steps: int = 100
    seconds: float = 30.0
    basis: str = "cx"

    def __post_init__(self) -> None:
        if self.max_two_qubit_gates is not None:
            positive_int("max_two_qubit_gates", self.max_two_qubit_gates)
        if self.infidelity is not None:
            checked_real("infidelity", self.infidelity, 0.0, 1.0)
        checked_real("seconds", self.seconds, 0.0, open_low=True)
        positive_int("max_layers", self.max_layers)
        positive_int("steps", self.steps)
        choice("basis", self.basis, BASES)

    def limits(self, goal: float | None) -> Limits:
        """Return the tighter goal of the call's and the method's own, and the budgets."""
        given = [float(g) for g in (self.infidelity, goal) if g is not None]
        least = min(given, default=USUAL_INFIDELITY)
        return Limits(least, self.max_two_qubit_gates, None, self.basis, self.seconds)

    def solve(self, job: Job) -> Solution:
        """Grow the family that suits the target until it is good enough."""
        if job.n == 2:
            return Staircase(1, basis=self.basis).solve(job)
        return self._with_given(job, self._searched(job))

    def _searched(self, job: Job) -> Solution:
        if from_quench(job.state):
            entropy = largest_entropy(job.chain)
            depth = math.ceil(entropy / math.log(2.0) - 1e-9)
            found = self._brickwalls(job, "trotter", [], max(3, depth + 1 - depth % 2))
            return replace(found, notes={"largest entropy": entropy})
        # The survey comes after the first circuit, which should be there at once.
        first = Staircase(2, steps=20, polish=20).grow(job, self.max_two_qubit_gates)
        reach, entropy = correlation_reach(job.chain), largest_entropy(job.chain)
        found = self._chosen(job, first, reach, math.ceil(entropy / math.log(2.0) - 1e-9))
        return replace(found, notes={"correlation reach": reach, "largest entropy": entropy})

    def _of(self, status: Status, *parts: Solution) -> Solution:
        """Return the best of all circuits that the parts saw."""
        points = [p for part in parts for p in part.pareto]
        history = [r for part in parts for r in part.history]
        return Solution.of(points, status, history, self.max_two_qubit_gates)

    def _with_given(self, job: Job, found: Solution) -> Solution:
        """Add the circuit that prepared the target to what was seen, where it may be better."""
        origin, n = job.state.origin, job.n
        if not isinstance(origin, Prepared) or len(origin.bonds) > LONGEST_GIVEN:
            return found
        best = found.best
        reached = best.infidelity <= job.target_infidelity
        if reached and best.two_qubit_gates < len(origin.bonds):
            return found
        ansatz, parts = given(n, origin.bonds, origin.blocks)
        blocks = Blocks.of(ansatz, joined(parts))
        # A state may have been truncated since.
        value = certify(job.state, blocks).infidelity
        own = job.point("the circuit given", blocks, value)
        return replace(found, pareto=(*found.pareto, own))

    def _chosen(self, job: Job, first: Solution, reach: int, depth: int) -> Solution:
        """Grow staircases on the first ones, or brickwalls where those do better."""
        best = first.best.infidelity
        if first.status in (Status.INTERRUPTED, Status.TIME):
            return first
        local = job.n >= 4 and reach < 2 * TRIAL and depth <= TRIAL
        if best <= job.target_infidelity:
            # The light cone: D layers correlate sites at a distance of at most 2D - 1.
            least = max(2, depth, math.ceil((reach + 1) / 2))
            return self._flattened(job, first, least) if local else first
        window = self._window(job)
        if window is not None and window.best.infidelity <= job.target_infidelity:
            if best > FAR and job.n * job.state.max_bond > LARGE:
                return self._of(window.status, first, window)
            fewer = replace(self, max_two_qubit_gates=window.best.two_qubit_gates)
            return self._of(window.status, window, fewer._grown(job, first, local, depth))
        grown = self._grown(job, first, local, depth)
        return grown if window is None else self._of(grown.status, grown, window)

    def _window(self, job: Job) -> Solution | None:
        """Return the window circuit of the bond that the goal needs; None if it takes too long."""
        bond, lost = 1, job.target_infidelity / 4
        while 1.0 - job.state.truncated(max_bond=bond).fidelity_floor > lost:
            bond *= 2
            if bond > WIDEST:
                return None
        method = Window(bond=bond, basis=self.basis)
        shape = laid_out(method, chain_tree(job.chain, bond))
        if self.max_two_qubit_gates is not None and shape.size > self.max_two_qubit_gates:
            share = self.max_two_qubit_gates / shape.size
            method = replace(method, fullness=share * method.fullness)
        if not job.has_time(STEPS * shape.work / RATE):
            return None
        found = method.solve(job)
        least = min((record.infidelity for record in found.history), default=0.0)
        point = job.point(described(method), found.blocks, least)
        return replace(found, pareto=(point,))

    def _grown(self, job: Job, first: Solution, local: bool, depth: int) -> Solution:
        """Grow staircases on the first ones, or the family that a small trial prefers."""
        best = first.best.infidelity
        if not local:
            grown = self._staircases(job, first)
            return self._of(grown.status, first, grown)
        trials: list[Solution] = []
        for start in TRIAL_STARTS:
            trial = _brickwall(job, Brickwall(TRIAL, start=start, steps=40))
            trials.append(trial)
            if trial.status in (Status.INTERRUPTED, Status.TIME):
                return self._of(trial.status, first, *trials)
        values = [trial.best.infidelity for trial in trials]
        if min(values) >= best:
            grown = self._staircases(job, first)
            return self._of(grown.status, first, *trials, grown)
        start = TRIAL_STARTS[values.index(min(values))]
        rivals = [p for trial in trials for p in trial.pareto]
        found = self._brickwalls(job, start, rivals, max(2, depth))
        seen = [first, *trials, found]
        if found.status in (Status.CONVERGED, Status.STEPS):
            seen.append(self._staircases(job, first))
        return self._of(seen[-1].status, *seen)

    def _flattened(self, job: Job, first: Solution, depth: int) -> Solution:
        """Add brickwalls to staircases that reach the goal, until one is shorter."""
        last = first.best
        sizes = [n for n in range(depth, TRIAL + 1) if n * (job.n - 1) // 2 <= last.two_qubit_gates]
        seen = [first]
        for layers in sizes:
            found = _brickwall(job, Brickwall(layers, start="disentangled", steps=40))
            if found.status in (Status.INTERRUPTED, Status.TIME):
                break
            # Searches that start near their goal do not look closer.
            new = found.best
            value = certify(job.state, new.sequence).infidelity
            seen.append(replace(found, pareto=(replace(new, infidelity=value),)))
            if value <= job.target_infidelity and _cost(new) < _cost(last):
                break
        return replace(
            first,
            pareto=tuple(p for part in seen for p in part.pareto),
            history=tuple(r for part in seen for r in part.history),
        )

    def _staircases(self, job: Job, first: Solution) -> Solution:
        method = Staircase(self.max_layers, steps=self.steps, polish=self.steps)
        return method.grow(job, self.max_two_qubit_gates, plateau=0.02, begin=first)

    def _brickwalls(self, job: Job, start: str, seen: list[Point], first: int) -> Solution:
        best: Point | None = None
        points: list[Point] = []
        history: list[Record] = []
        limit, idle, status = self.max_two_qubit_gates, 0, Status.STEPS
        for depth in self._depths(start, first):
            began = time.process_time()
            options = Brickwall(depth, start=start, steps=self.steps)
            if start == "trotter" or best is None or depth <= TRIAL:
                found = _brickwall(job, options)
            else:
                longer = lengthened(best.ansatz, parted(best.gates), depth)
                found = _brickwall(job, options, longer)
            history += found.history
            new, status = found.best, found.status
            points.append(new)
            if limit is not None and new.two_qubit_gates > limit:
                budget = Limits(two_qubit_gates=limit)
                cut, status, records = prune(job, new, budget, status, polish=self.steps)
                points += cut
                history += records
                break
            least = min((p.infidelity for p in [*seen, *points[:-1]]), default=1.0)
            idle = 0 if new.infidelity < SLOW * least else idle + 1
            if best is None or new.infidelity < least:
                best = new
            if new.infidelity <= job.target_infidelity:
                break
            if status in (Status.INTERRUPTED, Status.TIME):
                break
            if start != "trotter" and depth > TRIAL and idle >= 2:
                break
            if not job.has_time(2.0 * (time.process_time() - began)):
                status = Status.TIME
                break
        return Solution.of(points, status, history, limit)

    def _depths(self, start: str, first: int) -> list[int]:
        """Return the numbers of layers to try; small ones matter where they may be exact."""
        small = list(range(first, TRIAL)) if start == "disentangled" else []
        begin = TRIAL if small else first
        return [*small, *range(begin, max(begin + 1, 2 * self.max_layers), 2)]


def _cost(seen: Point) -> tuple[int, int, float]:
    return seen.two_qubit_gates, seen.two_qubit_depth, seen.infidelity


def _brickwall(job: Job, options: Brickwall, start: Start | None = None) -> Solution:
    """Return a brickwall as the one point of a front, from its own start or a given one."""
    found = options.solve(job) if start is None else improved(job, *start, options.effort)
    return as_front(job, options.layers, found)
