r"""Starts for propagators of long uniform chains: one gate per layer in the bulk of a short chain.

A propagator of a short time knows nothing of the length of the chain, so a few sites more than what
its correlations reach tell all gates of the bulk. On such a short chain all gates of a layer take
the same step :math:`G \to e^X G`, except a few next to the ends (see `qtn.aqc.starts.tied`): with
some hundred angles in place of a thousand the quasi-Newton search needs a fraction of the steps,
and the bulk fits together when it is repeated along the long chain. Gates that are free settle on
every bond for themselves and do not (Ising, t = 2, 50 sites, 13 layers: 1e-5 repeated from ten
sites of free gates, 4.5e-7 from twelve sites of tied ones in less time).

Depths are passed one after another: each begins from the best of some product formulas and of the
depth before with identity layers, compared after a few steps. Up to nine layers a second search,
of free gates, costs little and sometimes ends lower, in cells that alternate.

Reference: Lin, Dilip, Green, Smith and Pollmann, PRX Quantum 2, 010342 (2021), for brickwalls of
uniform states; here the gates of operators are tied, on an open chain.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from qtn._random import generator
from qtn.aqc.kernels.base import OperatorKernel
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.search.improve import Start, lengthened
from qtn.aqc.search.job import Job
from qtn.aqc.search.optimise import LBFGS, Search, lbfgs
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.starts.formulas import fitted, formula_gates
from qtn.aqc.starts.tied import Tied, tied_groups
from qtn.aqc.starts.tiling import first_sites, repeated
from qtn.physics import propagator
from qtn.states import MPO
from qtn.states.origin import Propagated

TIED, FREE = "tied", "free"
BOTH = 9  # depth up to which free gates are searched too: cells that alternate may end lower
LONG = 16  # sites from which on a chain is worth a shorter one
SITES = {9: 10, 13: 12}  # of the short chain, by the largest depth it serves
FEWEST = 8  # beyond these: whole matrices
FORMULAS = 3  # that are followed
TRIAL, STEPS = 30, 300  # steps after which starts are compared, and of those that go on
WORK, DEEP_STEPS = 3e10, 60  # products that these may take; steps with whole matrices
CLOSE, KEPT = 10.0, 2  # how much worse than the best those may be, and how many they are
TOLERANCE = {True: 5e-2, False: 1e-3}  # gain of 30 steps at which tied, free searches end
TIGHT = 1e-12  # weight that a target may lose per bond where starts are compared


@dataclass(slots=True)
class UniformStarts:
    """The short chains of one propagator, and the best circuit on the last one.

    Args:
        job: of the long chain; its target knows its Hamiltonian.
        bonds: the bond Hamiltonians of the long chain.
        moment: time of the propagator.
    """

    job: Job
    bonds: np.ndarray
    moment: float
    _jobs: dict[int, Job] = field(default_factory=dict)
    _last: dict[str, Start] = field(default_factory=dict)

    def starts(self, depth: int) -> list[Start]:
        """Return starts for the long chain; depths have to be asked for in rising order."""
        few = short_length(self.job.n, depth)
        job, shape = self._short(few), brickwall_shape(few, depth)
        kernel, long = job.operator_kernel(shape), brickwall_shape(self.job.n, depth)
        formulas = self._formulas(kernel, depth)
        found = []
        for kind in (TIED, FREE)[: 2 if depth <= BOTH else 1]:
            groups = tied_groups(shape, few // 2 - 3) if kind == TIED else np.arange(shape.size)
            begins = [*formulas, *self._before(kind, few, depth)]
            gates = _best(job, kernel, begins, groups)
            self._last[kind] = shape, gates
            found.append((long, parted(repeated(shape, joined(gates), long))))
        return found

    def _short(self, few: int) -> Job:
        """Return the job of a short chain, made once."""
        if few not in self._jobs:
            target = self.job.target
            assert isinstance(target, MPO)
            assert isinstance(target.origin, Propagated)
            hamiltonian = first_sites(target.origin.hamiltonian, few)
            short = propagator(hamiltonian, self.moment, progress=False)
            goal = 0.5 * few / self.job.n * self.job.target_infidelity
            aside = self.job.keeper.aside()
            self._jobs[few] = replace(self.job, target=short, target_infidelity=goal, keeper=aside)
        return self._jobs[few]

    def _formulas(self, kernel: OperatorKernel, depth: int) -> list[np.ndarray]:
        """Return the gates of the best formulas on the short chain."""
        shape = brickwall_shape(kernel.ansatz.n, depth)
        ends = self.bonds[: shape.n - 1].copy()
        ends[-1] = self.bonds[-1]
        rng = generator(self.job.seed, "formulas")
        found = fitted(self.bonds, self.moment, depth - 1 + depth % 2, rng)
        gates = [formula_gates(ends, self.moment, c, shape) for c in found]
        kernel.cut = TIGHT
        return sorted(gates, key=lambda g: missing(kernel, g))[:FORMULAS]

    def _before(self, kind: str, few: int, depth: int) -> list[np.ndarray]:
        """Return the gates of the depth before with identity layers, if its chain was no longer."""
        if kind not in self._last or self._last[kind][0].n > few:
            return []
        old, gates = self._last[kind]
        longer = brickwall_shape(few, len(old.layers))
        if old.n < few:
            gates = parted(repeated(old, joined(gates), longer))
        return [lengthened(longer, gates, depth)[1]]


def short_length(n: int, depth: int) -> int:
    """Return the sites of the short chain for so many layers, of the parity of n.

    Example:
        >>> short_length(50, 9), short_length(51, 11), short_length(50, 21)
        (10, 11, 8)
    """
    few = next((sites for most, sites in SITES.items() if depth <= most), FEWEST)
    return few - (n - few) % 2


def missing(kernel: OperatorKernel, gates: np.ndarray) -> float:
    """Return the infidelity of gates at the kernel's present cut."""
    return 1.0 - abs(kernel.overlap(gates)) ** 2


def _best(
    job: Job, kernel: OperatorKernel, begins: list[np.ndarray], groups: np.ndarray
) -> np.ndarray:
    """Return the best gates found from some starts, the most promising of which go on."""
    searches = [_searched(job, kernel, gates, groups, TRIAL) for gates in begins]
    searches.sort(key=lambda search: search.best)
    best = searches[0]
    products = kernel.products or WORK / DEEP_STEPS
    for one in searches[:KEPT]:
        if not best.over and one.best <= CLOSE * searches[0].best:
            steps = min(STEPS, int(WORK / products))
            found = _searched(job, kernel, one.gates, groups, steps)
            best = min(best, found, key=lambda search: search.best)
    return best.gates


def _searched(
    job: Job, kernel: OperatorKernel, gates: np.ndarray, groups: np.ndarray, steps: int
) -> Search:
    """Return the search from a start, whose gates are made alike first."""
    copies = [np.flatnonzero(groups == group) for group in groups]
    alike = gates[[like[len(like) // 2] for like in copies]]
    search = job.search(TOLERANCE[len(set(groups)) < len(groups)])
    lbfgs(kernel, alike, search, LBFGS(steps), None, Tied(groups))
    return search
