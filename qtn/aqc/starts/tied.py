r"""Start of a brickwall whose bulk repeats: gates of one layer that are alike share their angles.

A state of short correlations that looks the same everywhere should cost the same infidelity per
site however long it is, but a search over all gates of a long chain stops in valleys where every
stretch went its own way. Here the gates of a layer in the bulk are one gate, repeated on every
second bond; some ten sites at each end stay free. Gates with the same X in :math:`G \to e^X G`
move together, and their gradient is the mean of those of all copies: the projection of the
gradient onto circuits that repeat.

The search runs on a chain with the ends of the target and a short bulk, from several random starts;
the better half goes on. Its bulk is then repeated along the whole chain, whose gates are freed by
the search that follows. Gates are complex even for real states: real ones stop ten times higher.

Reference: Lin, Dilip, Green, Smith and Pollmann, PRX Quantum 2, 010342 (2021), for brickwalls of
uniform states; there the chain is infinite.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from qtn._random import generator
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.search.improve import turned
from qtn.aqc.search.job import Job
from qtn.aqc.search.optimise import ANY_UNITARY, LBFGS, Search, lbfgs
from qtn.aqc.shape.ansatz import Ansatz, brickwall_shape, identity_gates
from qtn.aqc.starts.bulk import shortened
from qtn.aqc.starts.tiling import repeated
from qtn.aqc.target import as_target
from qtn.errors import ArgumentError
from qtn.states import MPS

FREE, CELL = 8, 16  # sites at each end that are free at least, and sites in between
SPREAD = 0.3  # radian
TRIES, KEPT = 4, 2  # random starts, and how many of them go on
STEPS, LONGER = 500, 1000  # of every start, and of those that go on
FEW, MORE = 6, 3  # layers up to which steps are cheap, and how many times as much of all is done
TOLERANCE = 1e-3
EVEN = 0.99  # modulus of the transfer matrix's eigenvalue below which a bulk does not repeat


class Tied:
    """Directions of gates that are alike: all of a group take the same step.

    Args:
        groups: the group of each gate, numbered from 0.
    """

    def __init__(self, groups: np.ndarray) -> None:
        self._groups = groups
        self._sizes = np.bincount(groups)[:, None, None, None]

    def gradient(self, gates: np.ndarray, environments: np.ndarray, overlap: complex) -> np.ndarray:
        """Return the gradient of -ln|f|², projected onto steps that are alike in a group."""
        free = ANY_UNITARY.gradient(gates, environments, overlap)
        sums = np.zeros((len(self._sizes), *free.shape[1:]))
        np.add.at(sums, self._groups, free)
        found: np.ndarray = (sums / self._sizes)[self._groups]
        return found

    def moved(self, gates: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the gates after a step."""
        return ANY_UNITARY.moved(gates, step)


def tied_start(job: Job, ansatz: Ansatz) -> np.ndarray:
    """Return gates in parts (gates, 2, 4, 4) for a state that repeats in its bulk.

    Args:
        job: the target, of any length; up to some 40 sites nothing is left out.
        ansatz: a brickwall.

    Raises:
        ArgumentError: the bulk of a long target does not repeat after two sites.
    """
    free = max(FREE, len(ansatz.layers))
    few = min(ansatz.n, 2 * free + CELL + ansatz.n % 2)
    small = brickwall_shape(few, len(ansatz.layers))
    inner = _short_job(job, few).as_complex()
    groups = tied_groups(small, free)
    first = {int(group): k for k, group in reversed(list(enumerate(groups)))}
    like = [first[int(group)] for group in groups]
    moves, found = Tied(groups), []
    more = 1 if len(ansatz.layers) > FEW else MORE
    for number in range(more * TRIES):
        rng = generator(job.seed, "tied-start", number)
        gates = turned(parted(identity_gates(small, False)), SPREAD, rng, False)[like]
        found.append(_searched(inner, small, gates, moves, STEPS))
        if found[-1].over:
            break
    whole = partial(_repeated, job, small, ansatz)
    found.sort(key=lambda search: whole(search)[0])
    chosen = found[: more * KEPT]
    going = [_searched(inner, small, one.gates, moves, more * LONGER) for one in chosen]
    return min(map(whole, going), key=lambda pair: pair[0])[1]


def _repeated(job: Job, small: Ansatz, ansatz: Ansatz, search: Search) -> tuple[float, np.ndarray]:
    """Return what the circuit of a short chain misses along the whole one, and its gates there.

    On the short chain the ends count too much: the best one there may repeat worse.
    """
    if small.n == ansatz.n:
        return search.best, search.gates
    gates = parted(repeated(small, joined(search.gates), ansatz))
    overlap = job.as_complex().kernel(ansatz).evaluate(gates)[0]
    return 1.0 - abs(overlap) ** 2, gates


def tied_groups(ansatz: Ansatz, free: int) -> np.ndarray:
    """Return the group of each gate: one per layer for the bulk, one per gate within `free` sites.

    Example:
        >>> tied_groups(brickwall_shape(8, 1), 2)
        array([0, 1, 1, 2])
    """
    numbers: dict[tuple[int, int], int] = {}
    groups = []
    for number, layer in enumerate(ansatz.layers):
        for bond in layer.bonds:
            bulk = free <= bond <= ansatz.n - 2 - free
            address = (number, -1 if bulk else bond)
            groups.append(numbers.setdefault(address, len(numbers)))
    return np.array(groups)


def _short_job(job: Job, few: int) -> Job:
    """Return the job of a chain with the target's ends and a short bulk."""
    goal = 0.5 * job.target_infidelity * few / job.n
    inner = replace(job, target_infidelity=goal, keeper=job.keeper.aside())
    if few == job.n:
        return inner
    tensors, even = shortened(job.chain, few)
    if even < EVEN:
        raise ArgumentError(
            "Argument `start` is 'tied', but the target does not repeat after two sites: moving "
            f"it by two keeps {even:.3f} of its amplitude per cell. Use start='auto'."
        )
    return replace(inner, target=as_target(MPS(tuple(tensors))))


def _searched(job: Job, ansatz: Ansatz, gates: np.ndarray, moves: Tied, steps: int) -> Search:
    search = job.search(TOLERANCE)
    lbfgs(job.kernel(ansatz), gates, search, LBFGS(steps), None, moves)
    return search
