"""Chains whose ends are product states: the run of sites between them is a target of its own.

A function on a fine grid is one: beyond its resolution every further qubit is |+⟩. A search along
all sites spends its time on places that need no gate; here it sees the entangled sites alone, and
every other site gets its one-qubit gate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from qtn.aqc.points import Point
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.shape.blocks import Block, Blocks
from qtn.states import MPS

LEAST = 8  # product sites at the ends that make it worth while


@dataclass(frozen=True, slots=True)
class Run:
    """The entangled sites of a chain, and the one-qubit gates of the others.

    Args:
        n: number of sites of the whole chain.
        first: number of the first entangled site.
        state: the entangled sites.
        single: gates of the other sites.
    """

    n: int
    first: int
    state: MPS
    single: tuple[Block, ...]

    def lifted(self, blocks: Blocks) -> Blocks:
        """Return blocks for the entangled sites as blocks for the whole chain."""
        moved = tuple((tuple(site + self.first for site in sites), m) for sites, m in blocks.gates)
        return Blocks(self.n, (*self.single, *moved))

    def lifted_point(self, point: Point) -> Point:
        """Return a point with its blocks for the whole chain; its cost is the same."""
        return replace(point, sequence=self.lifted(point.sequence))


def find_run(job: Job) -> Run | None:
    """Return the entangled sites of a target, None if it has few product sites at its ends."""
    target = job.target
    if not isinstance(target, MPS) or target.origin is not None or job.rating is not None:
        return None
    wide = [k for k, bond in enumerate(target.bonds) if bond > 1]
    if not wide or target.n - (wide[-1] + 2 - wide[0]) < LEAST:
        return None
    first, last = wide[0], wide[-1] + 2
    inner = MPS(target.tensors[first:last]).normalised().canonical(0)
    outer = (*range(first), *range(last, target.n))
    single = tuple(((site,), _prepared(target.tensors[site].reshape(2))) for site in outer)
    return Run(target.n, first, inner, single)


def by_run(job: Job, run: Run, solve: Callable[[Job], Solution]) -> Solution:
    """Solve for the entangled sites and return the circuits of the whole chain.

    What the search found is kept for the whole chain however it ends.
    """
    keeper = job.keeper.aside()
    inner = replace(job, target=run.state, keeper=keeper)
    try:
        found = solve(inner)
    except BaseException:  # Ctrl-C and time limits too
        for blocks, infidelity in keeper.circuits():
            job.keeper.keep_blocks(run.lifted(blocks), infidelity)
        raise
    finally:
        job.keeper.history += keeper.history
        job.keeper.cut_short |= keeper.cut_short
    pareto = tuple(map(run.lifted_point, found.pareto))
    same = (p for p, before in zip(pareto, found.pareto, strict=True)
            if before.sequence is found.blocks)  # fmt: skip
    best = next(same, None)
    blocks = run.lifted(found.blocks) if best is None else best.sequence
    notes = {**found.notes, "product sites": run.n - run.state.n}
    return replace(found, blocks=blocks, pareto=pareto, notes=notes)


def _prepared(vector: np.ndarray) -> np.ndarray:
    """Return a one-qubit gate that makes a vector of |0⟩, real if it is."""
    a, b = vector / np.linalg.norm(vector)
    return np.array([[a, -np.conj(b)], [b, np.conj(a)]])
