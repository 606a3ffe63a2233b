"""Search over the entanglers of a circuit in the shape of a tree.

No analytic start is needed: from random one-qubit gates L-BFGS on -ln F reaches the target, since a
circuit with a little more freedom than its target has no valleys on the way. Where it has less, the
valley decides, and of several starts the one that leads after a while goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn._random import generator
from qtn.aqc.kernels.gates import parted, plain, unitary
from qtn.aqc.kernels.nodes import NodesKernel
from qtn.aqc.result import Compiled, Status
from qtn.aqc.search.entanglers import Entanglers
from qtn.aqc.search.job import ROUNDING, Job, Solution
from qtn.aqc.search.optimise import LBFGS, Search, lbfgs
from qtn.aqc.shape.nodes import Nodes, TargetTree, tree_of
from qtn.errors import ArgumentError
from qtn.states import MPS, TTN

TRIAL = 150  # steps after which starts are compared
WINDOW = 200  # the tolerance is applied over so many steps: searches rest on plateaus


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search.

    Args:
        tries: random starts.
        steps: quasi-Newton steps of the one that goes on.
        tolerance: the search ends when `WINDOW` steps gain less than this fraction.
    """

    tries: int = 1
    steps: int = 20000
    tolerance: float = 1e-2


def chain_tree(tensors: Sequence[np.ndarray], bond: int | None = None) -> TargetTree:
    """Return a chain (left, phys, right) of two sites or more as a tree rooted at site 0."""
    n = len(tensors)
    last = np.tensordot(tensors[-2], tensors[-1][:, :, 0], axes=(2, 0))
    arrays, pairs = [last.transpose(1, 2, 0)], [(n - 2, n - 1)]
    for site in range(n - 3, -1, -1):
        pairs.append((site, n + len(pairs) - 1))
        arrays.append(tensors[site].transpose(1, 2, 0))
    return tree_of(n, arrays, pairs, bond)


def tree_target(target: MPS | TTN, bond: int | None = None) -> TargetTree:
    """Return a tree tensor network as what a search takes.

    Raises:
        ArgumentError: a chain.
    """
    if not isinstance(target, TTN):
        raise ArgumentError(
            "Argument `target` must be a tree (qtn.TTN) for this method, but is a chain. "
            "Compile it with Window(...)."
        )
    state = target.canonical()
    return tree_of(state.n, state.tensors, state.pairs, bond)


def fitted(
    job: Job,
    tree: TargetTree,
    shape: Nodes,
    effort: Effort,
    real: bool,
    start: Compiled | None = None,
) -> Solution:
    """Return the circuit of a shape that is nearest to the target.

    Args:
        job: goal, seed and the door's memory.
        tree: the target.
        shape: the circuit's nodes with their entanglers.
        effort: how long to search.
        real: only real gates.
        start: a result of the same shape to go on from; None starts from random gates.
    """
    if not shape.size:
        return Solution(shape.blocks(np.empty((0, 4, 4))), Status.EXACT)
    kernel = NodesKernel(tree, shape)
    moves = Entanglers(shape.size, shape.ends, real)
    goal = max(job.target_infidelity, 0.1 * ROUNDING)
    searches = []
    for gates in _starts(job, shape, moves, effort, start):
        search = Search(job.keeper, target_infidelity=goal, tolerance=effort.tolerance)
        trial = min(TRIAL, effort.steps) if effort.tries > 1 else effort.steps
        lbfgs(kernel, gates, search, LBFGS(trial, window=WINDOW), moves=moves)
        searches.append(search)
        if search.over:
            break
    best = min(searches, key=lambda s: s.best)
    left = effort.steps - TRIAL if effort.tries > 1 else 0
    if left > 0 and not best.over:
        lbfgs(kernel, best.gates, best, LBFGS(left, window=WINDOW), moves=moves)
    history = [record for search in searches for record in search.history]
    status = best.ended(len(best.history) < effort.steps)
    return Solution(shape.blocks(plain(unitary(best.gates), real)), status, tuple(history))


def _starts(
    job: Job, shape: Nodes, moves: Entanglers, effort: Effort, start: Compiled | None
) -> list[np.ndarray]:
    if start is not None:
        return [given_gates(shape, start)]
    return [moves.random(generator(job.seed, "registers", k)) for k in range(effort.tries)]


def given_gates(shape: Nodes, start: Compiled) -> np.ndarray:
    """Return the gates of a result of the same shape, in parts.

    Raises:
        ArgumentError: its blocks lie on other sites.
    """
    pairs = [(sites, matrix) for sites, matrix in start.sequence.gates if len(sites) == 2]
    if [sites for sites, _ in pairs] != shape.where:
        raise ArgumentError(
            f"Argument `start` must be a result of the same shape, {shape.size} entanglers on "
            f"{shape.n} sites, but is {start!r}. Give the options that it was compiled with."
        )
    return parted(np.array([matrix for _, matrix in pairs], dtype=complex))
