"""Automatic choice of method and size.

What is tried for which target, and in which order, stands in `portfolio.candidates`. Every circuit
seen goes into the front of two-qubit gates and depth against infidelity.

With a device the best circuit is the one whose fidelity there is expected to be the highest,

    F · Π (1 - ε) · Π readout · Π idle,

with the errors of its own gates on the best line of qubits found for it, not the most exact one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from qtn._checks import choice, positive_int
from qtn._checks import real as checked_real
from qtn.aqc.methods.base import Method
from qtn.aqc.methods.portfolio.bounds import check_budgets
from qtn.aqc.methods.portfolio.candidates import CANDIDATES, searched
from qtn.aqc.methods.portfolio.entangled_run import by_run, find_run
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.noise import Noise
from qtn.aqc.points import Limits, checked_limits
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.shape.emit import BASES
from qtn.states import MPS

USUAL_INFIDELITY = 1e-3  # the goal where none is given


@dataclass(frozen=True, slots=True, repr=False)
class Auto(Method):
    """Choose the method and its size from the target, and for a device from its noise.

    Args:
        max_two_qubit_gates: largest number of two-qubit gates of the circuit; None for no limit.
        infidelity: the goal, at which the search stops; None takes that of `min_fidelity`, or 1e-3.
        max_layers: stop growing after so many layers.
        steps: quasi-Newton steps per size.
        seconds: CPU seconds after which no larger size is begun and a search stops; the result then
            depends on the speed of the machine. Goals that are out of reach take that long.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz"; None takes that of the
            device, else "cx".
        max_depth: largest depth of the circuit counting two-qubit gates only; None for no limit.
        device: where the circuit will run: the name of a fake backend, a Qiskit backend or
            `Target`, an engine or `qtn.Device`. Of the circuits within the budgets that reach an
            infidelity given, the one of the highest fidelity to expect there is returned, in the
            device's gates; the result's provenance says why, and on which qubits.

    Raises:
        ArgumentError: options out of range, a device without errors or without a usable gate; when
            compiling, budgets too small for the infidelity given, or a device without a line of
            coupled qubits that is long enough.

    Example:
        >>> Auto(max_two_qubit_gates=200, infidelity=1e-4).infidelity
        0.0001
    """

    operators: ClassVar[bool] = True

    max_two_qubit_gates: int | None = None
    infidelity: float | None = None
    max_layers: int = 12
    steps: int = 100
    seconds: float = 30.0
    basis: str | None = None
    max_depth: int | None = None
    device: Any = None

    def __post_init__(self) -> None:
        checked_limits(self.max_two_qubit_gates, self.max_depth, self.infidelity)
        checked_real("seconds", self.seconds, 0.0, open_low=True)
        positive_int("max_layers", self.max_layers)
        positive_int("steps", self.steps)
        choice("basis", self.basis, (None, *BASES))
        if self.device is not None:
            Noise.of(self.device).written_in(self.basis)

    def limits(self, goal: float | None) -> Limits:
        """Return the tighter goal of the call's and the method's own, and the budgets."""
        given = [float(g) for g in (self.infidelity, goal) if g is not None]
        least = min(given, default=USUAL_INFIDELITY)
        budgets = checked_limits(self.max_two_qubit_gates, self.max_depth, least)
        limits = replace(budgets, seconds=self.seconds, basis=self.basis or "cx")
        if self.device is None:
            return limits
        noise = Noise.of(self.device).written_in(self.basis)
        limits = replace(limits, basis=noise.bases[0], rating=noise)
        # Without a goal the noise decides alone; nearer than the error of a gate is of no use.
        return limits if given else replace(limits, infidelity=0.0, aim=min(least, noise.error))

    def solve(self, job: Job) -> Solution:
        """Try the candidates that suit the target until one is good enough."""
        if isinstance(job.target, MPS):
            check_budgets(job.target, self.infidelity, self.max_two_qubit_gates, self.max_depth)
            if job.rating is not None:
                job.rating.check_line(job.n)
        run = find_run(job)
        return self._search(job) if run is None else by_run(job, run, self._search)

    def _search(self, job: Job) -> Solution:
        scene = Scene(job, self.max_two_qubit_gates, self.max_layers, self.steps, self.max_depth)
        return searched(scene, CANDIDATES)
