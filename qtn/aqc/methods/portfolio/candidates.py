"""The candidates of `Auto`, in the order in which they are tried.

A candidate says for which targets it is (`when`) and what it does (`attempt`); both see the scene:
what is known of the target, and what the candidates before it found. To add one, write a line in
`CANDIDATES`: `attempt` may be as short as `by(SomeMethod(...))`.

* An operator: on two to four qubits the circuit of the fewest CX that a search of all entanglers
  at once finds, beside Qiskit's decomposition; else, and below those, brickwalls of growing depth.
* A state that came from real-time evolution of a product state: brickwalls of growing depth from
  product formulas, the shape of a light cone.
* A state that remembers a circuit of hopping fermions: fewer layers of hops with free angles.
* Other states: two short staircases, which are there at once. Where they reach the goal and the
  correlations are short, a brickwall of few layers takes their place if it has fewer gates, or as
  many in less depth.
* A state that remembers a deep circuit on neighbours: brickwalls of few layers, from its gates
  drawn together. Where these reach the goal, fewer others are tried.
* Where staircases miss it and correlations are short, a brickwall with as many blocks is tried from
  two starts on a small budget. Where it ends far below the staircases, a shallow circuit has made
  the target: brickwalls are grown from the better start, with more steps.
* Where the goal is missed, a window circuit of the bond that the goal needs, if a search of it is
  likely to end in time and it takes fewer gates than a brickwall that reached the goal; one that
  just misses it is searched again with the bonds of a tenth of the goal. If it
  reaches the goal, what else is grown must take fewer gates; for large states that the staircases
  miss by far it is smaller windows only, by short searches.
* Brickwalls that were tried and beat the staircases are grown now. Longer correlations, and
  brickwalls that stand still: staircases are grown, which reach any distance with few gates.
* Where a depth is given that staircases exceed, and correlations are short: segments, whose depth
  does not grow with the number of sites.
* For a device, circuits of all families and sizes whose gates alone do not make them worse there
  than the best one seen.
* A state that a circuit prepared may keep that circuit, if none as good with fewer gates is found.

Brickwalls start at the depth that the entropy of the target needs at least. A circuit that exceeds
the largest number of gates is pruned to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from qtn.aqc.kernels.gates import joined
from qtn.aqc.methods.base import Method
from qtn.aqc.methods.brickwall import Brickwall
from qtn.aqc.methods.operator_bricks import compiled_operator
from qtn.aqc.methods.portfolio import (
    branches,
    coarsening,
    growth,
    hopping,
    outlook,
    rated,
    small_operators,
    thinning,
)
from qtn.aqc.methods.portfolio.scene import ENDED, TRIAL, Scene, alone
from qtn.aqc.methods.register_method import RegisterMethod, laid_out
from qtn.aqc.methods.segments import Segments
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.methods.window import Window
from qtn.aqc.points import Point
from qtn.aqc.search.improve import Effort, given
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.sitewise import expected_seconds
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.certificate import certify
from qtn.aqc.shape.chain_trees import chain_tree
from qtn.states import MPO
from qtn.states.origin import Prepared

FAR = 0.05  # infidelity of two staircases above which staircases lose against windows
WIDEST = 64  # bond above which a window's search takes hours
LARGE = 90  # sites times bond above which growing takes much longer than a window
NEAR_MISS = 30.0  # times the goal at which a window ends that bonds of a tenth of it would mend
STEPS, RATE = 2000, 1e10  # of a window's search, and operations per second that it does at least
FULLNESS, SHORT_STEPS = (0.5, 0.75, 0.9), 600  # of the small windows beside a large one
# Segments: sites from which they are worth it, how far correlations may reach, layers, CPU seconds.
LONG, NEAR, DEEPEST, LASTING = 24, 8, 13, 20.0
TRIAL_STARTS = ("identity", "disentangled")
# Infidelity of the tried brickwall in that of two staircases: at most so where a shallow circuit
# has made the target (.05 to .4 for three and four layers of random blocks), while chains without
# structure have 1 to 1.1. Its circuit is found again with so many steps.
CLEAR, CLEAR_STEPS = 0.5, 600
LONGEST_GIVEN = 5000  # blocks of a circuit that is considered itself


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to compile some targets.

    Args:
        name: under which later candidates find what it saw; also the method's name on the front
            where `attempt` returns a circuit without points.
        when: whether it is worth a try; False also where it would be refused.
        attempt: the search; None found nothing.
        alone: nothing else is tried after it.
        free: tried even when the time is up.
    """

    name: str
    when: Callable[[Scene], bool]
    attempt: Callable[[Scene], Solution | None]
    alone: bool = False
    free: bool = False


def searched(scene: Scene, candidates: tuple[Candidate, ...]) -> Solution:
    """Try the candidates in their order, and return the best circuit with the front of all seen."""
    for candidate in candidates:
        if (scene.ended and not candidate.free) or not candidate.when(scene):
            continue
        found = candidate.attempt(scene)
        if found is not None:
            scene.seen(candidate.name, found)
            if candidate.alone or (candidate.name == HOPS and _settled_by_hops(scene)):
                break
    return scene.solution()


def _settled_by_hops(scene: Scene) -> bool:
    """Whether hops reached the goal of a state on which other methods take long to find less."""
    if scene.job.rating is not None or not scene.solved(HOPS):
        return False
    return scene.job.n * scene.job.state.max_bond > LARGE


def _operator(scene: Scene) -> bool:
    return isinstance(scene.job.target, MPO)


def _operator_brickwalls(scene: Scene) -> Solution:
    layers, effort = 2 * scene.max_layers - 1, Effort(scene.steps)
    return compiled_operator(scene.job, layers, "auto", effort, scene.budget)


def _two_sites(scene: Scene) -> bool:
    return scene.job.n == 2


def _quench(scene: Scene) -> bool:
    return scene.quench


def _no_quench(scene: Scene) -> bool:
    return not scene.quench


def _solved_locally(scene: Scene) -> bool:
    return scene.solved(SHORT) and scene.local


def _missed(scene: Scene) -> bool:
    return SHORT in scene.tried and not scene.solved(SHORT) and not scene.noise_alone


def _growable(scene: Scene) -> bool:
    """Whether the short staircases miss the goal, by little where larger circuits take long."""
    if not _missed(scene):
        return False
    large = scene.job.n * scene.job.state.max_bond > LARGE
    return not (scene.solved(WINDOW) and scene.best(SHORT) > FAR and large)


def _far(scene: Scene) -> bool:
    """Whether a window solved what nothing else is grown for."""
    return _missed(scene) and scene.solved(WINDOW) and not _growable(scene)


def _locally_missed(scene: Scene) -> bool:
    """Whether brickwalls may do: a few layers are tried even where nothing large is grown."""
    return _missed(scene) and not coarsening.settled(scene) and (scene.local or scene.shallow)


def _made_shallow(scene: Scene) -> bool:
    """Whether the tried brickwall is so much better that a shallow circuit has made the target."""
    return TRIALS in scene.tried and scene.best(TRIALS) <= CLEAR * scene.best(SHORT)


def _growable_locally(scene: Scene) -> bool:
    """Whether the tried brickwall is worth growing, and was not grown before."""
    if TRIALS not in scene.tried or FIRST in scene.tried:
        return False
    return scene.best(TRIALS) < (scene.best(SHORT) if _growable(scene) else FAR)


def _growable_further(scene: Scene) -> bool:
    solved = scene.solved(coarsening.NAME, FIRST, BRICKWALLS)
    return _growable(scene) and not (solved or scene.shallow)


def _short_correlated(scene: Scene) -> bool:
    return _missed(scene) and scene.shallow and scene.job.n >= LONG and scene.reach <= NEAR


def _noisy(scene: Scene) -> bool:
    return scene.job.rating is not None


def _prepared(scene: Scene) -> bool:
    """Whether the target comes from a circuit that may be better than what was found."""
    if _operator(scene):
        return False
    origin = scene.job.state.origin
    if not isinstance(origin, Prepared) or len(origin.bonds) > LONGEST_GIVEN:
        return False
    found = scene.solution().best
    reached = found.infidelity <= scene.job.target_infidelity
    return not reached or found.two_qubit_gates >= len(origin.bonds)


def _quench_brickwalls(scene: Scene) -> Solution:
    return growth.brickwalls(scene, "trotter", [], max(3, scene.depth + 1 - scene.depth % 2))


def _short_staircases(scene: Scene) -> Solution:
    return Staircase(2, steps=20, polish=20).grow(scene.job, scene.limit)


def _flat_brickwalls(scene: Scene) -> Solution | None:
    """Return brickwalls in place of staircases that reach the goal, until one is shorter."""
    job, last, seen = scene.job, scene.tried[SHORT].best, list[Solution]()
    # The light cone: D layers correlate sites at a distance of at most 2D - 1.
    least = max(2, scene.depth, math.ceil((scene.reach + 1) / 2))
    for layers in range(least, TRIAL + 1):
        if layers * (job.n - 1) // 2 > last.two_qubit_gates:
            break
        found = growth.of_size(job, Brickwall(layers, start="disentangled", steps=40))
        if found.status in ENDED:
            break
        # Searches that start near their goal do not look closer.
        new = found.best
        value = certify(job.state, new.sequence).infidelity
        seen.append(replace(found, pareto=(replace(new, infidelity=value),)))
        if value <= job.target_infidelity and _cost(new) < _cost(last):
            break
    return _together(seen, scene.tried[SHORT]) if seen else None


def _window(scene: Scene) -> Solution | None:
    """Return the window circuit of the bonds that the goal needs; None if it takes too long.

    A window cuts its bonds to what the goal needs, and a search that just misses it with those is
    made again with those of a tenth of the goal.
    """
    goal, found = scene.job.target_infidelity, list[Solution]()
    for share in (1.0, 0.1):
        new = _window_for(scene, replace(scene.job, target_infidelity=share * goal))
        if new is None:
            break
        found.append(new)
        if new.status in ENDED or not goal < new.best.infidelity <= NEAR_MISS * goal:
            break
    return _together(found, found[-1]) if found else None


def _window_for(scene: Scene, job: Job) -> Solution | None:
    bond, lost = 1, job.target_infidelity / 4
    while 1.0 - job.state.truncated(max_bond=bond).fidelity_floor > lost:
        bond *= 2
        if bond > WIDEST:
            outlook.tell(scene)
            return None
    method: RegisterMethod = Window(bond=bond, basis=job.basis)
    shape = laid_out(method, chain_tree(job.chain, bond))
    seconds = expected_seconds(shape)
    if scene.solved(coarsening.NAME, FIRST) and shape.size >= (scene.budget or math.inf):
        return None
    if scene.limit is not None and shape.size > scene.limit:
        method = replace(method, fullness=scene.limit / shape.size * method.fullness)
        seconds = STEPS * shape.work / RATE
    if scene.max_depth is not None and shape.depth > scene.max_depth:
        return None
    if not scene.has_time(seconds):
        outlook.tell(scene)
        return None
    return alone(job, method, method.solve(job))


def _small_windows(scene: Scene) -> Solution | None:
    """Return windows of fewer gates from short searches, the smallest first."""
    job, found = scene.job, list[Solution]()
    bond = min(job.state.max_bond, WIDEST)
    for fullness in FULLNESS:
        method = Window(fullness, bond=bond, tries=1, steps=SHORT_STEPS, basis=job.basis)
        if not scene.has_time(
            SHORT_STEPS * laid_out(method, chain_tree(job.chain, bond)).work / RATE
        ):
            break
        found.append(alone(job, method, method.solve(job)))
        if found[-1].status in ENDED:
            break
    return _together(found, found[-1]) if found else None


def _trials(scene: Scene) -> Solution:
    """Return a brickwall of few layers, two CX deep each, from each of two starts."""
    trials: list[Solution] = []
    deep = 2 * TRIAL if scene.max_depth is None else scene.max_depth
    layers = min(TRIAL, max(2, (deep + 1) // 2))
    for start in TRIAL_STARTS:
        trials.append(growth.of_size(scene.job, Brickwall(layers, start=start, steps=40)))
        if trials[-1].status in ENDED:
            break
    return _together(trials, trials[-1])


def _brickwalls(scene: Scene, steps: int | None = None) -> Solution:
    """Grow brickwalls from the start whose trial ended nearer to the target."""
    rivals = list(scene.tried[TRIALS].pareto)
    values = [trial.infidelity for trial in rivals]
    start = TRIAL_STARTS[values.index(min(values))]
    return growth.brickwalls(scene, start, rivals, max(2, scene.depth), steps)


def _long_brickwalls(scene: Scene) -> Solution:
    return _brickwalls(scene, max(scene.steps, CLEAR_STEPS))


def _segments(scene: Scene) -> Solution | None:
    """Return segments of as many layers as the depth allows, three CX a block; None if too long."""
    layers = min(DEEPEST, (scene.max_depth or 0) // 3 + 1)
    if layers < 2 or not scene.has_time(LASTING):
        return None
    method = Segments(layers, basis=scene.job.basis)
    return alone(scene.job, method, method.solve(scene.job))


def _staircases(scene: Scene) -> Solution:
    return growth.staircases(scene, scene.tried[SHORT])


def _given_circuit(scene: Scene) -> Solution:
    job, origin = scene.job, scene.job.state.origin
    assert isinstance(origin, Prepared)
    ansatz, parts = given(job.n, origin.bonds, origin.blocks)
    blocks = Blocks.of(ansatz, joined(parts))
    # A state may have been truncated since.
    value = certify(job.state, blocks).infidelity
    return Solution(blocks, pareto=(job.point("the circuit given", blocks, value),))


def _together(parts: list[Solution], last: Solution) -> Solution:
    """Return the points of all parts, and the status and the circuit of the last one."""
    pareto = tuple(p for part in parts for p in part.pareto)
    return replace(last, pareto=pareto, history=tuple(r for part in parts for r in part.history))


def _cost(seen: Point) -> tuple[int, int, float]:
    return seen.two_qubit_gates, seen.two_qubit_depth, seen.infidelity


def by(method: Method) -> Callable[[Scene], Solution]:
    """Return an attempt that is one method with its options."""
    return lambda scene: _named(scene, method, method.solve(scene.job))


def _named(scene: Scene, method: Method, found: Solution) -> Solution:
    return found if found.pareto else alone(scene.job, method, found)


HOPS, SHORT, WINDOW = "hops", "short staircases", "window"
TRIALS = "tried brickwalls"
FIRST, BRICKWALLS = "brickwalls of a shallow target", "brickwalls"
CANDIDATES: tuple[Candidate, ...] = (
    Candidate("one operator", small_operators.is_block, small_operators.block, alone=True),
    Candidate("small operator", small_operators.is_small, small_operators.small_operator),
    Candidate("operator", _operator, _operator_brickwalls, alone=True),
    Candidate("tree", branches.is_wide, branches.branched, alone=True),
    Candidate("one block", _two_sites, by(Staircase(1)), alone=True),
    Candidate(HOPS, hopping.of_hops, hopping.by_hops),
    Candidate("quench", _quench, _quench_brickwalls),
    Candidate(SHORT, _no_quench, _short_staircases),
    Candidate("flat brickwalls", _solved_locally, _flat_brickwalls),
    Candidate(coarsening.NAME, coarsening.of_deep_circuits, coarsening.by_coarsening),
    Candidate(TRIALS, _locally_missed, _trials),
    Candidate(FIRST, _made_shallow, _long_brickwalls),
    Candidate(WINDOW, _missed, _window),
    Candidate("small windows", _far, _small_windows),
    Candidate("segments", _short_correlated, _segments),
    Candidate(BRICKWALLS, _growable_locally, _brickwalls),
    Candidate("staircases", _growable_further, _staircases),
    Candidate("sizes for the noise", _noisy, rated.sizes),
    Candidate("thinner circuits", _noisy, thinning.thinner),
    Candidate("the circuit given", _prepared, _given_circuit, free=True),
)
