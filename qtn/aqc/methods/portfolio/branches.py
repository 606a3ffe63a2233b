"""Trees that no chain holds at a bearable bond: their own circuits, the small ones first."""

from __future__ import annotations

from dataclasses import replace

from qtn.aqc.methods.portfolio.scene import ENDED, Scene, alone
from qtn.aqc.methods.register_method import laid_out
from qtn.aqc.methods.trees import Tree
from qtn.aqc.search.job import LARGE, Solution
from qtn.aqc.search.registers import tree_target
from qtn.aqc.shape.tree_overlap import chain_bond
from qtn.states import TTN

FULLNESS = (0.3, 0.6, 0.9, 1.1)  # of the circuits tried, the last one exact
STEPS = 3000  # of each


def is_wide(scene: Scene) -> bool:
    """Whether the target is a tree that would unroll to a chain of large bonds."""
    target = scene.job.target
    return isinstance(target, TTN) and chain_bond(target) > LARGE


def branched(scene: Scene) -> Solution:
    """Return tree circuits, the smallest first, until one reaches the goal or the budget ends."""
    job, found = scene.job, list[Solution]()
    assert isinstance(job.target, TTN)
    for fullness in FULLNESS:
        method = Tree(fullness, tries=1, steps=STEPS, basis=job.basis)
        size = laid_out(method, tree_target(job.target)).size
        if scene.limit is not None and size > scene.limit:
            if found:
                break
            method = replace(method, fullness=fullness * scene.limit / size)
        found.append(alone(job, method, method.solve(job)))
        if found[-1].status in ENDED or found[-1].best.infidelity <= job.target_infidelity:
            break
    pareto = tuple(p for part in found for p in part.pareto)
    history = tuple(record for part in found for record in part.history)
    return replace(found[-1], pareto=pareto, history=history)
