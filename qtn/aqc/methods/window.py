"""Windows that move along a chain: circuits that are matrix product states themselves.

The window of site i holds the site and the memory of all sites behind it, log2 of the bond. Its
gates act on neighbours inside it, then the site is done and the window moves on. Such a circuit is
a chain of the bond of its memory: its overlap with the target is exact, it needs no analytic start,
and with a few per cent more CX than the counting bound it is exact.

Reference: the shape is that of Schön, Solano, Verstraete, Cirac and Wolf, Phys. Rev. Lett. 95,
110503 (2005); here its unitaries are circuits of CX, found all at once instead of one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qtn._checks import bounded_int, choice, fail, positive_int
from qtn._checks import real as checked_real
from qtn.aqc.methods.base import SHOWN, Method
from qtn.aqc.result import Compiled
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.registers import Effort, chain_tree, fitted
from qtn.aqc.shape.emit import BASES
from qtn.aqc.shape.nodes import Nodes


@dataclass(frozen=True, slots=True)
class Window(Method):
    """Entanglers on log2(bond) + 1 neighbouring wires per site, all of them at once.

    Args:
        fullness: CX per site as a share of the counting bound (a quarter of the real parameters of
            the site's tensor). From about 1.05 on the circuit is exact; below 1 it is the nearest
            one of so many gates.
        per_site: at most so many CX per site; None for no limit.
        bond: largest bond of the circuit, held by log2 of it memory wires; None for the target's.
        tries: random starts at most; a further one is made where those before miss the goal.
        start: a `Compiled` result of the same options to go on from.
        steps: quasi-Newton steps from each start.
        real: real one-qubit gates; None uses them when the target is real.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".
        tolerance: the search ends when 300 steps and two kicks gain less than this fraction.

    Cost: per step 4 × 128 · 2^(2m-1) operations for every CX and O(χ³) for every site, with
    m = log2 χ.

    Example:
        >>> import numpy as np
        >>> import qtn
        >>> amplitudes = np.random.default_rng(0).normal(size=32)
        >>> short = qtn.compile(amplitudes / np.linalg.norm(amplitudes), Window())
        >>> short.two_qubit_gates, short.infidelity < 1e-10
        (18, True)
    """

    fullness: float = field(default=1.05, metadata=SHOWN)
    per_site: int | None = None
    bond: int | None = None
    tries: int = 3
    start: Compiled | None = None
    steps: int = 20000
    real: bool | None = None
    basis: str = "cx"
    tolerance: float = 1e-2

    def __post_init__(self) -> None:
        checked_real("fullness", self.fullness, 0.0, 4.0, open_low=True)
        if self.per_site is not None:
            positive_int("per_site", self.per_site)
        if self.bond is not None:
            positive_int("bond", self.bond)
        positive_int("tries", self.tries)
        if self.start is not None and not isinstance(self.start, Compiled):
            raise fail("start", "a Compiled result or None", self.start, "Load it with qtn.load.")
        bounded_int("steps", self.steps, 0)
        choice("real", self.real, (None, True, False))
        choice("basis", self.basis, BASES)
        checked_real("tolerance", self.tolerance, 0.0, 1.0)

    def solve(self, job: Job) -> Solution:
        """Search over all entanglers of the windows."""
        shape = window_shape(self, job)
        effort = Effort(self.tries, self.steps, self.tolerance)
        real = job.real if self.real is None else self.real
        return fitted(job, chain_tree(job.chain, self.bond), shape, effort, real, self.start)


def window_shape(method: Window, job: Job) -> Nodes:
    """Return the windows with their entanglers: what the circuit will cost, before a search."""
    shape = chain_tree(job.chain, method.bond).shape.filled(method.fullness)
    return shape if method.per_site is None else shape.at_most(method.per_site)
