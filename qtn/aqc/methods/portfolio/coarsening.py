"""Coarser copies of the circuit that a state remembers: brickwalls of fewer layers, all gates free.

A deep circuit of gates on neighbours whose layers resemble each other, such as many small steps of
a product formula, kicks or the layers of QAOA, is near to one of a few layers whose gates are the
products of those drawn together. From there a search of free gates ends at once, where growth from
the identity takes its steps at every depth and passes over the odd ones. Where the products are
far from the target (strong kicks, random gates) nothing is searched.
"""

from __future__ import annotations

import time
from dataclasses import replace

from qtn.aqc.kernels.gates import parted
from qtn.aqc.methods.brickwall import Brickwall
from qtn.aqc.methods.portfolio.growth import SLOW, of_size
from qtn.aqc.methods.portfolio.scene import ENDED, TRIAL, Scene
from qtn.aqc.points import Point
from qtn.aqc.result import Record, Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.starts.prepared import brick_levels, prepared_start
from qtn.states import MPS
from qtn.states.origin import Prepared

NAME = "coarser circuits"  # of the candidate
NEAR = 0.8  # fidelity per site from which a start is followed: Haar-random gates have .5
NEAR_MISS = 2.0  # times the goal at which a longer search of the same depth may reach it
STEPS = 300  # quasi-Newton steps per depth
FEWEST = 4  # sites
DEEPEST = 7  # layers; deeper ones take as long as growth
ALMOST = 4.0  # times the goal within which a circuit of fewer gates may reach it from another start
LONGEST = 20000  # blocks of a circuit that is read


def of_deep_circuits(scene: Scene) -> bool:
    """Whether the target remembers a circuit of more layers than a brickwall needs at least."""
    target = scene.job.target
    if not isinstance(target, MPS) or target.n < FEWEST or scene.noise_alone:
        return False
    origin = target.origin
    if not isinstance(origin, Prepared) or not 0 < len(origin.bonds) <= LONGEST:
        return False
    return _depth(target) > max(2, scene.depth)


def settled(scene: Scene) -> bool:
    """Whether a coarser circuit reached the goal, and none of fewer gates came near."""
    if not scene.solved(NAME):
        return False
    goal = scene.job.target_infidelity
    return not any(goal < p.infidelity <= ALMOST * goal for p in scene.tried[NAME].pareto)


def by_coarsening(scene: Scene) -> Solution | None:
    """Return brickwalls from the circuit drawn together, the shallow first, until the goal."""
    job, points, history = scene.job, list[Point](), list[Record]()
    status, idle = Status.STEPS, 0
    for layers in range(
        max(2, scene.depth), min(_depth(job.state), 2 * scene.max_layers, DEEPEST + 1)
    ):
        size = brickwall_shape(job.n, layers).size
        # Blocks take two CX or three: a smaller circuit has reached the goal already.
        if scene.budget is not None and 2 * size > scene.budget:
            break
        if not _near(job, layers):
            if layers > TRIAL:
                break
            continue
        began = time.process_time()
        found = _searched(job, Brickwall(layers, start="prepared", steps=max(scene.steps, STEPS)))
        least = min((point.infidelity for point in points), default=1.0)
        points.append(found.best)
        history += found.history
        status = found.status
        idle = 0 if found.best.infidelity < SLOW * least else idle + 1
        ended = status in ENDED or found.best.infidelity <= job.target_infidelity
        too_deep = scene.max_depth is not None and found.best.two_qubit_depth > scene.max_depth
        if ended or too_deep or idle == 2:
            break
        if not job.has_time(2.0 * (time.process_time() - began)):
            break
    return Solution.of(points, status, history, scene.limit) if points else None


def _searched(job: Job, options: Brickwall) -> Solution:
    """Return the brickwall of one depth; one that just misses the goal is searched to its end."""
    found = of_size(job, options)
    goal = job.target_infidelity
    if found.status in ENDED or not goal < found.best.infidelity <= NEAR_MISS * goal:
        return found
    patient = replace(options, tolerance=0.1 * options.tolerance)
    further = of_size(job, patient, (found.ansatz, parted(found.gates)))
    return replace(further, history=found.history + further.history)


def _depth(target: MPS) -> int:
    """Return the brickwall layers that the remembered circuit takes as it is."""
    origin = target.origin
    assert isinstance(origin, Prepared)
    return 1 + max(brick_levels(target.n, origin.bonds))


def _near(job: Job, layers: int) -> bool:
    """Whether the circuit drawn together to so many layers is worth a search."""
    shape = brickwall_shape(job.n, layers)
    gates = prepared_start(job.state, shape)
    overlap = job.holding(gates).gradients(shape, None).evaluate(gates)[0]
    return bool(abs(overlap) ** 2 > NEAR**job.n)
