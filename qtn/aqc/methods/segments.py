"""Circuits of constant depth for short correlations: blocks across boundaries, then segments.

The chain falls into segments much longer than its correlations. A first layer of blocks entangles
neighbouring segments, and brickwalls inside the segments do the rest, all at the same time. Each
segment is searched by itself as a small state, exactly and from several starts; segments that look
alike share what was found, so that long chains cost little more than short ones.

Reference: Malz, Styliaris, Wei and Cirac, Phys. Rev. Lett. 132, 040404 (2024).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from qtn._checks import bounded_int, choice, positive_int
from qtn._checks import real as checked_real
from qtn._random import generator
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.methods.base import SHOWN, Method
from qtn.aqc.points import EXACT
from qtn.aqc.search.improve import Effort, Start, improved, turned
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.optimise import ANY_UNITARY, LBFGS, lbfgs
from qtn.aqc.shape.ansatz import Ansatz, identity_gates
from qtn.aqc.shape.emit import BASES
from qtn.aqc.starts.segments import Piece, assembled, isometric_limit, pieces, turned_ends

LARGEST = 12  # sites of a segment
SHALLOW = 4  # layers inside from which segments grow
SCARCE = 8  # layers inside beyond which there are half as many random starts
GROWTH = 2  # layers at a time
KEPT = 3  # starts that go on
SPREAD = 0.5  # radian of the random starts
ENOUGH = 1.1  # times the limit of segments at which they stop growing
ALIKE = 0.98  # of the overlap that another segment reached


@dataclass(frozen=True, slots=True, repr=False)
class Segments(Method):
    """One block across each boundary of segments, then `layers` - 1 brickwall layers inside them.

    For states whose correlations reach over a few sites, such as gapped ground states: depth and
    infidelity per site do not depend on the number of sites. Two layers more never end worse.

    Args:
        layers: number of block layers D, the one across the boundaries included.
        sites: of a segment, at most 12; about eight times the correlation length. Boundaries are
            placed where they lose least: a block across one keeps two Schmidt values.
        tries: random starts of each segment, half as many beyond nine layers.
        steps: quasi-Newton steps of each start, and of what goes on from the best.
        polish: steps over the gates of all segments together at the end.
        real: real gates; None and False take complex ones, which reach far lower infidelities even
            for real states.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".
        tolerance: searches end when 30 steps gain less than this fraction.

    Cost: per step 2^sites for each gate of a segment, for every segment that is unlike the others.

    Example:
        >>> import qtn
        >>> state = qtn.ground_state(qtn.chain("tfim", 24, field=3.0))
        >>> short = qtn.compile(state, Segments(4, sites=6, tries=2, steps=60), progress=False)
        >>> short.two_qubit_depth <= 12, short.infidelity < 1e-2
        (True, True)
    """

    layers: int = field(default=10, metadata=SHOWN)
    sites: int = field(default=8, metadata=SHOWN)
    tries: int = 16
    steps: int = 200
    polish: int = 30
    real: bool | None = None
    basis: str = "cx"
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        bounded_int("layers", self.layers, 2)
        bounded_int("sites", self.sites, 2, LARGEST)
        positive_int("tries", self.tries)
        positive_int("steps", self.steps)
        bounded_int("polish", self.polish, 0)
        choice("real", self.real, (None, True, False))
        choice("basis", self.basis, BASES)
        checked_real("tolerance", self.tolerance, 0.0, 1.0)

    def solve(self, job: Job) -> Solution:
        """Search the segments one after another, then all gates together."""
        if not self.real:
            job = job.as_complex()
        found: list[tuple[Piece, Ansatz, np.ndarray]] = []
        known: dict[tuple[int, bool, bool], tuple[np.ndarray, float]] = {}
        for piece in pieces(job.chain, self.sites):
            kind = (piece.target.n, piece.left is None, piece.right is None)
            gates, reached = self._piece(job, piece, known.get(kind))
            known.setdefault(kind, (gates, reached))
            found.append((piece, piece.shape(self.layers - 1), gates))
        ansatz, gates = assembled(found, job.n)
        return improved(job, ansatz, parted(gates), Effort(self.polish, tolerance=self.tolerance))

    def _piece(
        self, job: Job, piece: Piece, known: tuple[np.ndarray, float] | None
    ) -> tuple[np.ndarray, float]:
        """Return the gates of a segment and the overlap that they reach."""
        inner = replace(
            job,
            target=piece.target,
            target_infidelity=0.1 * job.target_infidelity * self.sites / job.n,
            keeper=job.keeper.aside(),
        )
        inner = inner if self.real else inner.as_complex()
        if known is not None:
            shape = piece.shape(self.layers - 1)
            gates, overlap = turned_ends(piece, shape, known[0])
            if overlap > ALIKE * known[1]:
                return gates, overlap
        gates, infidelity = self._searched(inner, piece)
        return joined(gates), float(np.sqrt(1.0 - infidelity))

    def _searched(self, job: Job, piece: Piece) -> tuple[np.ndarray, float]:
        """Grow a segment's circuit by two layers at a time, from the best or from new starts."""
        inside, best, least = self.layers - 1, np.empty(0), 1.0
        limit = isometric_limit(piece)
        first = min(inside, SHALLOW + (inside - SHALLOW) % GROWTH)
        for depth in range(first, inside + 1, GROWTH):
            shape = piece.shape(depth)
            tries = self.tries if depth <= SCARCE else (self.tries + 1) // 2
            starts = [self._random(job, piece, depth, number) for number in range(tries)]
            trials = [self._improved(job, start, self.steps) for start in starts]
            if depth > first:
                start = shape, _with_identities(piece, best, depth)
                trials.append(self._improved(job, start, self.steps))
            trials.sort(key=lambda found: found[1])
            longer = [self._improved(job, (shape, g), 2 * self.steps) for g, _ in trials[:KEPT]]
            best, least = min(longer, key=lambda found: found[1])
            if least <= ENOUGH * limit + EXACT:
                return _with_identities(piece, best, inside), least
        return best, least

    def _random(self, job: Job, piece: Piece, depth: int, number: int) -> Start:
        shape = piece.shape(depth)
        gates = parted(identity_gates(shape, False))
        rng = generator(job.seed, "segments", depth, number)
        gates = turned(gates, SPREAD, rng, bool(self.real))
        pairs = piece.pairs()
        gates[: len(pairs)] = parted(pairs)
        return shape, gates

    def _improved(self, job: Job, start: Start, steps: int) -> tuple[np.ndarray, float]:
        """Improve the gates inside the segment; return the best and their infidelity."""
        shape, gates = start
        search = job.search(self.tolerance)
        inside = Inside(len(shape.layers[0].bonds))
        lbfgs(job.kernel(shape), gates, search, LBFGS(steps), None, inside)
        return search.gates, search.best


def _with_identities(piece: Piece, gates: np.ndarray, depth: int) -> np.ndarray:
    """Return gates in parts with identities in the layers that a deeper circuit has more."""
    added = identity_gates(piece.shape(depth), False)[len(gates) :]
    return np.concatenate([gates, parted(added)])


@dataclass(frozen=True, slots=True)
class Inside:
    """Directions of all gates but the first ones, which stay as they are."""

    fixed: int

    def gradient(self, gates: np.ndarray, environments: np.ndarray, overlap: complex) -> np.ndarray:
        """Return the gradient of -ln|f|² with respect to the other gates."""
        found = ANY_UNITARY.gradient(gates, environments, overlap)
        found[: self.fixed] = 0.0
        return found

    def moved(self, gates: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the gates after a step."""
        return ANY_UNITARY.moved(gates, step)
