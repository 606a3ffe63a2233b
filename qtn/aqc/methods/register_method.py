"""What windows and trees share: their options, the cost before the search, the search."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from qtn._checks import bounded_int, choice, fail, positive_int
from qtn._checks import real as checked_real
from qtn._memory import check_memory
from qtn.aqc.methods.base import SHOWN, Method
from qtn.aqc.points import Limits
from qtn.aqc.result import Compiled
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.registers import Effort, fitted
from qtn.aqc.shape.emit import BASES
from qtn.aqc.shape.nodes import Nodes, TargetTree


@dataclass(frozen=True, slots=True, repr=False)
class RegisterMethod(Method):
    """Entanglers on the registers of a tree; a subclass says which tree the target is.

    What the options mean there is said by `Window` and `Tree`.
    """

    fullness: float = field(default=1.05, metadata=SHOWN)
    per_node: int | None = None
    bond: int | None = None
    tries: int = 3
    start: Compiled | None = None
    steps: int = 20000
    real: bool | None = None
    basis: str = "cx"
    tolerance: float = 1e-2
    seconds: float | None = None

    def __post_init__(self) -> None:
        checked_real("fullness", self.fullness, 0.0, 4.0, open_low=True)
        for name in ("per_node", "bond"):
            if getattr(self, name) is not None:
                positive_int(name, getattr(self, name))
        positive_int("tries", self.tries)
        if self.start is not None and not isinstance(self.start, Compiled):
            raise fail("start", "a Compiled result or None", self.start, "Load it with qtn.load.")
        bounded_int("steps", self.steps, 0)
        choice("real", self.real, (None, True, False))
        choice("basis", self.basis, BASES)
        checked_real("tolerance", self.tolerance, 0.0, 1.0)
        if self.seconds is not None:
            checked_real("seconds", self.seconds, 0.0, open_low=True)

    def limits(self, goal: float | None) -> Limits:
        """Return the goal and the time limit.

        Args:
            goal: infidelity asked for in the call; None for none.
        """
        return Limits(0.0 if goal is None else goal, basis=self.basis, seconds=self.seconds)

    def solve(self, job: Job) -> Solution:
        """Search over all entanglers of the registers.

        Raises:
            ArgumentError: the search needs more memory than there is.
        """
        tree = self._tree(job)
        check_memory(tree.shape.memory(self.fullness), "A search of this bond")
        shape = laid_out(self, tree)
        effort = Effort(self.tries, self.steps, self.tolerance)
        real = job.real if self.real is None else self.real
        exact = partial(self._exact, job, shape, real)
        return fitted(job, tree, shape, effort, real, self.start, exact)

    @abstractmethod
    def _tree(self, job: Job) -> TargetTree:
        """Return the target as a tree."""

    def _exact(self, job: Job, shape: Nodes, real: bool) -> np.ndarray | None:
        """Return gates in parts that are likely to be exact; None leaves it to the search."""
        return None


def laid_out(method: RegisterMethod, tree: TargetTree) -> Nodes:
    """Return the registers with their entanglers: what a circuit will cost, before a search."""
    shape = tree.shape.filled(method.fullness)
    return shape if method.per_node is None else shape.at_most(method.per_node)
