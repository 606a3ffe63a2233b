"""Families that grow: brickwalls from their starts, staircases, each to the goal or the budget."""

from __future__ import annotations

import time
from dataclasses import replace

from qtn.aqc.kernels.gates import parted
from qtn.aqc.methods.brickwall import Brickwall
from qtn.aqc.methods.portfolio.scene import ENDED, TRIAL, Scene
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.points import Limits, Point
from qtn.aqc.result import Record, Status
from qtn.aqc.search.improve import Start, improved, lengthened
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.nested import as_front
from qtn.aqc.search.pruning import prune

SLOW = 0.7  # brickwalls end where two sizes leave more than this share of the infidelity


def of_size(job: Job, options: Brickwall, start: Start | None = None) -> Solution:
    """Return a brickwall as the one point of a front, from its own start or a given one."""
    found = options.solve(job) if start is None else improved(job, *start, options.effort)
    return as_front(job, options.layers, found)


def staircases(scene: Scene, first: Solution) -> Solution:
    """Grow staircases on given ones."""
    method = Staircase(scene.max_layers, steps=scene.steps, polish=scene.steps)
    return method.grow(scene.job, scene.budget, plateau=0.02, begin=first)


def brickwalls(
    scene: Scene, start: str, seen: list[Point], first: int, steps: int | None = None
) -> Solution:
    """Grow brickwalls of `first` layers and more to the goal, the budget or a plateau.

    Args:
        scene: the target and the limits.
        start: "trotter", "identity" or "disentangled".
        seen: circuits that larger ones must beat by far for the growth to go on.
        first: number of layers of the first.
        steps: quasi-Newton steps per size; None for those of the scene.
    """
    job, limit, steps = scene.job, scene.budget, steps or scene.steps
    best: Point | None = None
    points: list[Point] = []
    history: list[Record] = []
    idle, status = 0, Status.STEPS
    for depth in _depths(scene, start, first):
        began = time.process_time()
        options = Brickwall(depth, start=start, steps=steps)
        if start == "trotter" or best is None or depth <= TRIAL:
            found = of_size(job, options)
        else:
            longer = lengthened(best.ansatz, parted(best.gates), depth)
            found = of_size(job, options, longer)
        history += found.history
        new, status = found.best, found.status
        points.append(new)
        if limit is not None and new.two_qubit_gates > limit:
            budget = Limits(two_qubit_gates=limit)
            cut, status, records = prune(job, new, budget, status, polish=steps)
            points += cut
            history += records
            break
        least = min((p.infidelity for p in [*seen, *points[:-1]]), default=1.0)
        idle = 0 if new.infidelity < SLOW * least else idle + 1
        if best is None or new.infidelity < least:
            best = new
        if _enough(scene, points, status):
            if (shorter := _one_less(scene, new, options, time.process_time() - began)) is not None:
                history += shorter.history
                points.append(shorter.best)
            break
        if start != "trotter" and depth > TRIAL and idle >= 2:
            break
        if not job.has_time(2.0 * (time.process_time() - began)):
            status = Status.TIME
            break
    return Solution.of(points, status, history, limit)


def _one_less(scene: Scene, new: Point, options: Brickwall, seconds: float) -> Solution | None:
    """Return the size that growth by two layers left out below one that reached the goal."""
    job, layers = scene.job, options.layers - 1
    grown = scene.max_depth is None and job.rating is None
    small = options.start == "identity" and options.layers <= TRIAL
    own = options.start == "trotter" or small
    if not grown or not own or layers < max(1, scene.depth):
        return None
    if new.infidelity > job.target_infidelity or not job.has_time(seconds):
        return None
    return of_size(job, replace(options, layers=layers))


def _enough(scene: Scene, points: list[Point], status: Status) -> bool:
    """Whether no larger brickwall is wanted than the last one."""
    job, last = scene.job, points[-1]
    if last.infidelity <= job.target_infidelity or status in ENDED:
        return True
    if scene.max_depth is not None and last.two_qubit_depth > scene.max_depth:
        return True
    if job.rating is None or not scene.noise_alone:
        return False
    # A larger circuit loses more to the noise, even if it is exact.
    return job.rating.survival(last) < max(map(job.rating.fidelity, points))


def _depths(scene: Scene, start: str, first: int) -> list[int]:
    """Return the numbers of layers to try.

    Small ones matter where they may be exact, or a depth is the limit; even ones between for noise.
    """
    last = 2 * scene.max_layers
    if scene.max_depth is not None or scene.job.rating is not None:
        return list(range(1 if scene.max_depth is not None else min(first, 2), last))
    small = list(range(first, TRIAL)) if start == "disentangled" else []
    begin = TRIAL if small else first
    return [*small, *range(begin, max(begin + 1, last), 2)]
