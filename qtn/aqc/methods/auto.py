"""Automatic choice of method and size.

What is tried for which target, and in which order, stands in `portfolio.candidates`. Every circuit
seen goes into the front of two-qubit gates against infidelity.
"""

from __future__ import annotations

from dataclasses import dataclass

from qtn._checks import choice, positive_int
from qtn._checks import real as checked_real
from qtn.aqc.methods.base import Method
from qtn.aqc.methods.portfolio.candidates import CANDIDATES, searched
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.search.job import Job, Limits, Solution
from qtn.aqc.shape.emit import BASES

USUAL_INFIDELITY = 1e-3  # the goal where none is given


@dataclass(frozen=True, slots=True)
class Auto(Method):
    """Choose the method and its size from the target.

    Args:
        max_two_qubit_gates: largest number of two-qubit gates of the circuit; None for no limit.
        infidelity: the goal, at which the search stops; None takes that of `min_fidelity`, or 1e-3.
        max_layers: stop growing after so many layers.
        steps: quasi-Newton steps per size.
        seconds: CPU seconds after which no larger size is begun and a search stops; the result then
            depends on the speed of the machine. Goals that are out of reach take that long.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".

    Example:
        >>> Auto(max_two_qubit_gates=200, infidelity=1e-4).infidelity
        0.0001
    """

    max_two_qubit_gates: int | None = None
    infidelity: float | None = None
    max_layers: int = 12
    steps: int = 100
    seconds: float = 30.0
    basis: str = "cx"

    def __post_init__(self) -> None:
        if self.max_two_qubit_gates is not None:
            positive_int("max_two_qubit_gates", self.max_two_qubit_gates)
        if self.infidelity is not None:
            checked_real("infidelity", self.infidelity, 0.0, 1.0)
        checked_real("seconds", self.seconds, 0.0, open_low=True)
        positive_int("max_layers", self.max_layers)
        positive_int("steps", self.steps)
        choice("basis", self.basis, BASES)

    def limits(self, goal: float | None) -> Limits:
        """Return the tighter goal of the call's and the method's own, and the budgets."""
        given = [float(g) for g in (self.infidelity, goal) if g is not None]
        least = min(given, default=USUAL_INFIDELITY)
        return Limits(least, self.max_two_qubit_gates, None, self.basis, self.seconds)

    def solve(self, job: Job) -> Solution:
        """Try the candidates that suit the target until one is good enough."""
        scene = Scene(job, self.max_two_qubit_gates, self.max_layers, self.steps)
        return searched(scene, CANDIDATES)
