"""The contract of a compile method.

A method is one file: a frozen dataclass of options, derived from `Method`, with `solve`. Whatever
is the same for all methods is the door's: reading the target, checking the options of the call,
Ctrl-C and time limits, keeping the best circuit so far, the choice within goal and budget, the
certificate, emission, and the status that goes with it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar

from qtn._display import Settings
from qtn.aqc.points import Limits
from qtn.aqc.search.job import Job, Solution

SHOWN = {"shown": True}
"""Metadata of an option that a result's provenance names even where it has its default."""


class Method(Settings, ABC):
    """A way to find a circuit for a state.

    A subclass writes `solve`. It may use what the job offers (`job.search`, `job.kernel` and the
    searches of `qtn.aqc.search` for layers along a chain) or anything else; what it finds it
    returns as `Blocks` on any pairs of sites. Nothing has to be caught: through Ctrl-C and time
    limits the door keeps the best circuit that a search, or `job.note`, has told it of.

    Example:
        >>> import numpy as np
        >>> import qtn
        >>> from qtn.aqc import Blocks, Method, Solution
        >>> class Ghz(Method):
        ...     def solve(self, job):
        ...         hadamard = np.array([[1, 1], [1, -1]]) / 2**0.5
        ...         cx = np.eye(4)[[0, 1, 3, 2]]
        ...         fan = [((0, site), cx) for site in range(1, job.n)]
        ...         return Solution(Blocks(job.n, [((0,), hadamard), *fan]))
        >>> ghz = np.zeros(16); ghz[[0, 15]] = 0.5**0.5
        >>> qtn.compile(ghz, Ghz()).two_qubit_gates
        3
    """

    __slots__ = ()

    basis: str | None = "cx"
    """Two-qubit gate that the circuit is written in: "cx", "cz", "ecr" or "rzz"."""

    _hidden: ClassVar[frozenset[str]] = frozenset({"grow", "limits", "operators", "solve"})

    operators: ClassVar[bool] = False
    """Whether it compiles unitary operators (`job.target` is an `MPO`) besides states."""

    @abstractmethod
    def solve(self, job: Job) -> Solution:
        """Return the best circuit found for `job.target`, which has at least two sites."""

    def limits(self, goal: float | None) -> Limits:
        """Return the goal and the budgets that the door keeps.

        Args:
            goal: infidelity asked for in the call; None for none.
        """
        return Limits(0.0 if goal is None else goal, basis=self.basis or "cx")


def described(method: object) -> str:
    """Return the options that differ from their defaults, as they would be typed."""
    given = []
    options: Any = fields(method) if is_dataclass(method) and not isinstance(method, type) else ()
    for option in options:
        value = getattr(method, option.name)
        plain = isinstance(value, str | int | float)
        usual = value is None or (plain and value == option.default)
        if option.metadata.get("shown") or not usual:
            given.append(f"{option.name}={value!r}" if plain else f"{option.name}=...")
    return f"{type(method).__name__}({', '.join(given)})"
