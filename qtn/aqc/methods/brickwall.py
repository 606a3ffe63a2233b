"""Brickwall circuits: all gates at once from a start of the same shape.

A good start decides: product formulas for evolved states, a solution of a smaller chain repeated
along the long one ("tiled"), a previous solution; without knowledge the objective -ln F climbs
from the identity, from small random gates, or from gates that undo the entanglement layer by layer
("disentangled"), the best start for shallow circuits of gates far from the identity.

Reference: Lin, Dilip, Green, Smith and Pollmann, PRX Quantum 2, 010342 (2021); Robertson et al.,
ACM Trans. Quantum Comput. 6, 1 (2025).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from qtn._checks import bounded_int, choice, fail, positive_int, text
from qtn._checks import real as checked_real
from qtn._random import generator
from qtn.aqc.kernels.gates import parted, unitary
from qtn.aqc.methods.base import SHOWN, Method
from qtn.aqc.methods.operator_bricks import compiled_operator
from qtn.aqc.points import Limits
from qtn.aqc.result import Compiled, Status
from qtn.aqc.search.hessian.metric import WIDEST
from qtn.aqc.search.improve import Effort, Start, given, improved, lengthened, turned
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.nested import as_front, from_formula, grown, lengthened_until
from qtn.aqc.shape.ansatz import Ansatz, brickwall_shape, identity_gates
from qtn.aqc.shape.emit import BASES
from qtn.aqc.starts.layerwise import disentangled_start
from qtn.aqc.starts.prepared import prepared_start
from qtn.aqc.starts.tied import tied_start
from qtn.aqc.starts.tiling import repeated, tiled_start
from qtn.aqc.starts.trotter import absorb_product, from_quench, trotter_start
from qtn.errors import ArgumentError
from qtn.states import MPO
from qtn.states.kernels.truncate import truncate_chain

STEPS = 500  # of the quasi-Newton search
STARTS = (
    "auto",
    "trotter",
    "identity",
    "random",
    "disentangled",
    "tied",
    "tiled",
    "grown",
    "prepared",
)
ONE_SEARCH = ("trotter", "identity", "random", "prepared")  # no other search makes these starts


@dataclass(frozen=True, slots=True, repr=False)
class Brickwall(Method):
    """`layers` brickwall layers of two-qubit blocks: bonds 0, 2, ... first, then 1, 3, ....

    Args:
        layers: number of layers D; D (n - 1) / 2 blocks.
        start: "trotter" (the target must come from `qtn.evolve`), "identity" (on the best product
            state), "random" (the same, turned at random), "disentangled" (gates that undo the
            entanglement layer by layer: for shallow circuits with gates of any kind),
            "tied" (states that repeat after two sites, from random starts with the gates of the
            bulk alike: the best for short correlations on many sites),
            "tiled" (evolved targets: a short chain is solved and repeated), "auto" (Trotter for
            quenches, else grown layer by layer and weighed against the other starts; a shallower
            circuit that ends better is kept, so that more layers do not end worse), "prepared"
            (the structure of the circuit that the target was read from, drawn together where it
            is deeper), "grown" (two layers fewer are optimised from
            Trotter or the identity, then the last two are added, often a better valley), a
            `Compiled` result, which is
            lengthened to `layers` if it is a shorter brickwall and whose bulk is repeated if it
            has fewer sites, or `(bonds, gates)`: blocks in time
            order, gates (blocks, 4, 4) with row index 2 bit(left site) + bit(right site).
            Operators take "auto" (fitted product formulas for propagators, else grown),
            "trotter", "identity", "random", a `Compiled` operator or `(bonds, gates)`.
        steps: quasi-Newton steps; None takes 500. Propagators of uniform chains from 16 sites on
            take by default what 2e10 complex products allow at each of the odd depths up to 13
            that they pass (5 to 400 steps) and none on the long chain beyond, so that a call holds
            the searches of all smaller odd depths up to 13; steps that are given are taken at the
            last depth whatever they cost.
        sweeps: polar half-sweeps before them; None takes 20 for random starts, which they lead into
            better valleys, and none otherwise.
        spread: size of the random start, in radian; 1 and more is close to Haar-random.
        real: real gates; None uses them when the target is real and the start is not given.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".
        tolerance: the search ends when 30 steps gain less than this fraction.
        metric: sites per window of the metric that guides the steps after the first 60 (natural
            gradient); 10 to 12 halve the steps of deep circuits and more, 0 for none.
        max_layers: layers that the circuit may grow to, one at a time, where the search stands
            still above the goal of the call; None for `layers`.
        device: a torch device, such as "cuda", for deep circuits of large bonds; "auto" takes a GPU
            where a gradient is expected to be at least twice as fast there
            (exact contractions of shallow circuits stay on the CPU); None for the compiled kernels
            on the CPU.

    Example:
        >>> Brickwall(layers=5, start="identity").layers
        5
    """

    operators: ClassVar[bool] = True

    layers: int = field(default=5, metadata=SHOWN)
    start: Any = "auto"
    steps: int | None = None
    sweeps: int | None = None
    spread: float = 0.05
    real: bool | None = None
    basis: str = "cx"
    tolerance: float = 1e-2
    metric: int = 0
    max_layers: int | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        positive_int("layers", self.layers, way_out="For instance layers=5.")
        if self.steps is not None:
            bounded_int("steps", self.steps, 0)
        if self.max_layers is not None:
            bounded_int("max_layers", self.max_layers, self.layers)
        bounded_int("metric", self.metric, 0, WIDEST)
        if self.sweeps is not None:
            bounded_int("sweeps", self.sweeps, 0)
        choice("real", self.real, (None, True, False))
        if self.device is not None:
            text("device", self.device, way_out='A torch device such as "cuda"; None for the CPU.')
            if not re.fullmatch(r"auto|(cpu|cuda|xpu|mps)(:\d+)?", self.device):
                raise fail("device", 'a torch device such as "cuda:0", or None', self.device)
        choice("basis", self.basis, BASES)
        checked_real("tolerance", self.tolerance, 0.0, 1.0)
        checked_real("spread", self.spread, 0.0)
        if isinstance(self.start, str):
            choice("start", self.start, STARTS)
        elif not isinstance(self.start, Compiled) and not (
            isinstance(self.start, tuple | list) and len(self.start) == 2
        ):
            expected = f"one of {', '.join(STARTS)}, a Compiled result or a pair (bonds, gates)"
            raise fail("start", expected, self.start)

    @property
    def effort(self) -> Effort:
        """How long to search."""
        random = isinstance(self.start, str) and self.start == "random"
        sweeps = self.sweeps if self.sweeps is not None else 20 if random else 0
        steps = STEPS if self.steps is None else self.steps
        return Effort(steps, sweeps, self.tolerance, self.metric, self.device)

    def limits(self, goal: float | None) -> Limits:
        """Return the goal, and how many steps it takes at most where one search is all there is."""
        effort, known = self.effort, not isinstance(self.start, str) or self.start in ONE_SEARCH
        single = known and self.max_layers in (None, self.layers)
        most = effort.steps + effort.sweeps + 3 if single else None  # the start is noted, and twice
        return replace(Method.limits(self, goal), evaluations=most)

    def solve(self, job: Job) -> Solution:
        """Optimise all gates from the start."""
        if isinstance(job.target, MPO):
            obeyed = self.steps is not None
            return compiled_operator(job, self.layers, self.start, self.effort, obeyed=obeyed)
        if self.real is False:
            job = job.as_complex()

        def begin(layers: int, start: str) -> Start:
            return replace(self, layers=layers, start=start, max_layers=None).begin(job)

        if isinstance(self.start, str) and self.start == "grown":
            found = self._grown(job)
        elif isinstance(self.start, str) and self.start == "auto":
            nested = from_formula if from_quench(job.state) else grown
            found = nested(job, self.layers, begin, self.effort)
        else:
            found = improved(job, *self.begin(job), self.effort)
        if self.max_layers is None or self.max_layers == self.layers:
            return found
        found = found if found.pareto else as_front(job, self.layers, found)
        return lengthened_until(job, found, begin, self.effort, self.max_layers)

    def _grown(self, job: Job) -> Solution:
        start = "trotter" if from_quench(job.state) else "identity"
        few = max(1, self.layers - 2)
        first = replace(self, layers=few, start=start, max_layers=None).solve(job)
        if first.status not in (Status.CONVERGED, Status.STEPS) or self.layers < 3:
            return first
        ansatz, gates = lengthened(first.ansatz, parted(first.gates), self.layers)
        found = improved(job, ansatz, gates, self.effort)
        return replace(found, history=first.history + found.history)

    def begin(self, job: Job) -> Start:
        """Return the shape and the gates, in parts, that the search starts from."""
        n = job.n
        ansatz = brickwall_shape(n, self.layers)
        name = self.start
        if isinstance(name, Compiled):
            if name.sequence.n != n:
                return self._from_shorter(name, ansatz)
            shape, gates = name.sequence.as_layers()
            order = [(g, bond) for g, bond in shape.sequence()]
            blocks = given(n, [bond for _, bond in order], gates[[g for g, _ in order]])
            return lengthened(*blocks, self.layers)
        if not isinstance(name, str):
            bonds, gates = name
            return given(n, bonds, gates)
        if name == "trotter":
            return ansatz, trotter_start(job.state, ansatz)
        if name == "tiled":
            return ansatz, tiled_start(job, ansatz, self.effort)
        if name == "prepared":
            return ansatz, prepared_start(job.state, ansatz)
        if name == "tied":
            return ansatz, tied_start(job, ansatz)
        if name == "disentangled":
            rng = generator(job.seed, "brickwall-start")
            return ansatz, disentangled_start(job.chain, ansatz, rng)
        gates = identity_gates(ansatz, False)
        product, _ = truncate_chain(job.chain, 1)
        absorb_product(ansatz, gates, [t[0, :, 0] for t in product])
        spread = self.spread if name == "random" else 0.02
        rng = generator(job.seed, "brickwall-start")
        return ansatz, turned(parted(gates), spread, rng, job.real)

    def _from_shorter(self, short: Compiled, ansatz: Ansatz) -> Start:
        """Return the start that repeats the bulk of a shorter brickwall."""
        few, n = short.sequence.n, ansatz.n
        found, gates = short.sequence.as_layers()
        shape = brickwall_shape(few, len(found.layers))
        if not (4 <= few < n and (n - few) % 2 == 0 and found == shape):
            raise ArgumentError(
                f"Argument `start` must be a result for {n} sites, or a brickwall on fewer sites, "
                f"but is a circuit of {len(found.layers)} layers for {few}. A shorter one "
                "must lack an even number of sites."
            )
        longer = brickwall_shape(n, len(shape.layers))
        gates = unitary(parted(repeated(shape, gates, longer)))
        return lengthened(longer, gates, self.layers)
