"""Search over the entanglers of a circuit in the shape of a tree.

No analytic start is needed: from random one-qubit gates L-BFGS on -ln F reaches the target, since a
circuit with a little more freedom than its target has few valleys on the way. A search that ends in
one, and misses its goal, is followed by one from other gates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from qtn._random import generator
from qtn.aqc.kernels.gates import plain, unitary
from qtn.aqc.kernels.nodes import NodesKernel
from qtn.aqc.points import EXACT, ROUNDING
from qtn.aqc.result import Compiled, Status
from qtn.aqc.search.continued import enlarged
from qtn.aqc.search.entanglers import Entanglers
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.optimise import LBFGS, Search, lbfgs
from qtn.aqc.shape.nodes import Nodes, TargetTree, tree_of
from qtn.errors import ArgumentError
from qtn.states import TTN

KICK, KICKS = 0.1, 2  # size of a kick in radian, and how many in a row may gain nothing
WINDOW = 300  # the tolerance is applied over so many steps: searches rest on plateaus


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search.

    Args:
        tries: random starts at most; a further one is made where those before miss the goal.
        steps: quasi-Newton steps from each.
        tolerance: a search stands still when `WINDOW` steps gain less than this fraction.
    """

    tries: int = 3
    steps: int = 20000
    tolerance: float = 1e-2


def tree_target(target: object, bond: int | None = None, beside: bool = False) -> TargetTree:
    """Return a tree tensor network as what a search takes (see `tree_of`).

    Raises:
        ArgumentError: a chain.
    """
    if not isinstance(target, TTN):
        raise ArgumentError(
            "Argument `target` must be a tree (qtn.TTN) for this method, but is a chain. "
            "Compile it with Window(...)."
        )
    state = target.canonical()
    return tree_of(state.n, state.tensors, state.pairs, bond, beside)


def fitted(
    job: Job,
    tree: TargetTree,
    shape: Nodes,
    effort: Effort,
    real: bool,
    start: Compiled | None = None,
    exact: Callable[[], np.ndarray | None] = lambda: None,
) -> Solution:
    """Return the circuit of a shape that is nearest to the target.

    Args:
        job: goal, seed and the door's memory.
        tree: the target.
        shape: the circuit's nodes with their entanglers.
        effort: how long to search.
        real: only real gates.
        start: a result of the same shape, or of a smaller one, to go on from.
        exact: returns gates that are likely to be exact or near it, and take the place of random
            ones; a start of the same shape takes theirs.
    """
    if not shape.size:
        return Solution(shape.blocks(np.empty((0, 4, 4))), Status.EXACT)
    goal = max(job.target_infidelity, 0.1 * ROUNDING)
    runs, converged = list[tuple[Nodes, Search]](), False
    rng = generator(job.seed, "kicks")
    for laid, gates in _starts(job, shape, real, effort, start, exact):
        kernel, moves = NodesKernel(tree, laid), Entanglers(laid.size, laid.ends, real)
        search = Search(job.keeper, target_infidelity=goal, tolerance=effort.tolerance)
        converged = _followed(kernel, gates, search, moves, effort, rng)
        runs.append((laid, search))
        if search.over or search.best < EXACT:
            break
    laid, best = min(runs, key=lambda run: run[1].best)
    history = [record for _, search in runs for record in search.history]
    blocks = laid.blocks(plain(unitary(best.gates), real))
    return Solution(blocks, best.ended(converged), tuple(history))


def _followed(
    kernel: NodesKernel,
    gates: np.ndarray,
    search: Search,
    moves: Entanglers,
    effort: Effort,
    rng: np.random.Generator,
) -> bool:
    """Follow a search until it stands still, kick it, and go on; return whether it converged.

    Searches rest on plateaus; what a kick of all gates does not move is a valley.
    """
    left, idle = effort.steps, 0
    if search.note(kernel, gates, kernel.evaluate(gates)[0]) < ROUNDING:
        return True
    while left > 0 and not search.over and idle < KICKS:
        before, count = search.best, len(search.history)
        lbfgs(kernel, gates, search, LBFGS(left, window=WINDOW), moves=moves)
        left -= len(search.history) - count
        idle = idle + 1 if search.best > before * (1.0 - effort.tolerance) else 0
        gates = moves.moved(search.gates, moves.direction(rng) * KICK)
    return left > 0


def _starts(
    job: Job,
    shape: Nodes,
    real: bool,
    effort: Effort,
    start: Compiled | None,
    exact: Callable[[], np.ndarray | None],
) -> Iterator[tuple[Nodes, np.ndarray]]:
    given = None if start is None else enlarged(shape, start)
    near = exact() if given is None or given[0] is not shape else None
    if near is not None:
        yield shape, near
    if given is not None:
        yield given
    elif near is None:
        moves = Entanglers(shape.size, shape.ends, real)
        for k in range(effort.tries):
            yield shape, moves.random(generator(job.seed, "registers", k))
