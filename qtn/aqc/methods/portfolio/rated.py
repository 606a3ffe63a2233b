"""Sizes between, and families beside, those that a goal asks for: the noise decides among them.

The best size on a device balances what a circuit lacks against what its gates lose, which differs
from device to device. A family is followed from small to large until a circuit of the next size
would be worth less than the best one seen even if it were exact.
"""

from __future__ import annotations

import math

from qtn.aqc.methods.base import Method
from qtn.aqc.methods.brickwall import Brickwall
from qtn.aqc.methods.portfolio.scene import ENDED, Scene, alone
from qtn.aqc.methods.register_method import laid_out
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.methods.window import Window
from qtn.aqc.points import Point, Rating
from qtn.aqc.search.job import Solution
from qtn.aqc.shape.chain_trees import chain_tree

LAYERS = range(1, 10)  # of brickwalls
STAIRS = range(1, 5)
FULLNESS = (0.25, 0.35, 0.5, 0.65, 0.8, 1.05)  # of windows
STEPS, RATE = 2000, 1e10  # of a window's search, and operations per second that it does at least


def sizes(scene: Scene) -> Solution | None:
    """Return circuits of all families whose gates leave them a chance on the device."""
    job, bond = scene.job, scene.job.state.max_bond
    assert job.rating is not None
    tree = chain_tree(job.chain)
    windows = [Window(fullness=f, tries=1, steps=STEPS) for f in FULLNESS]
    shapes = [(w, laid_out(w, tree)) for w in windows] if bond > 1 else []
    families: tuple[list[tuple[Method, int]], ...] = (
        [(Brickwall(layers), layers * (job.n - 1) // 2) for layers in LAYERS],
        [(Staircase(layers), layers * (job.n - 1)) for layers in STAIRS],
        [(w, s.size) for w, s in shapes if job.has_time(STEPS * s.work / RATE)],
    )
    found: list[Solution] = []
    for family in families:
        for method, least in family:
            seen = [*scene.points, *(p for part in found for p in part.pareto)]
            if not _chance(scene, job.rating, seen, least):
                break
            part = method.solve(job)
            part = part if part.pareto else alone(job, method, part)
            found.append(part)
            if part.status in ENDED:
                return _joined(found)
            best = max(map(job.rating.fidelity, [*seen, *part.pareto]))
            if max(map(job.rating.survival, part.pareto)) < best:
                break
    return _joined(found) if found else None


def _chance(scene: Scene, rating: Rating, seen: list[Point], gates: int) -> bool:
    """Whether a circuit of at least so many gates might be the best on the device."""
    if not seen:
        return True
    if scene.limit is not None and gates > scene.limit:
        return False
    best = max(seen, key=rating.fidelity)
    loss = -math.log(max(rating.survival(best), 1e-300)) / max(best.two_qubit_gates, 1)
    return math.exp(-loss * gates) > rating.fidelity(best)


def _joined(found: list[Solution]) -> Solution:
    return Solution.of(
        [p for part in found for p in part.pareto],
        found[-1].status,
        [r for part in found for r in part.history],
    )
