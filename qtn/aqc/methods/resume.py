"""Go on with a compilation that stopped."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import ClassVar

from qtn._checks import bounded_int, choice, fail, positive_int
from qtn.aqc.kernels.gates import parted
from qtn.aqc.methods.base import Method
from qtn.aqc.methods.register_method import RegisterMethod
from qtn.aqc.methods.trees import Tree
from qtn.aqc.methods.window import Window
from qtn.aqc.points import Limits
from qtn.aqc.result import Compiled, Record
from qtn.aqc.search.improve import Effort, improved
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.shape.emit import BASES
from qtn.errors import ArgumentError

REGISTERS: dict[str, type[RegisterMethod]] = {"Window": Window, "Tree": Tree}


@dataclass(frozen=True, slots=True, repr=False)
class Resume(Method):
    """Go on optimising all gates of a previous result for the same target.

    What a window or a tree circuit leaves goes on as one, with the same CX; other circuits go on
    with whole blocks of two qubits.

    Args:
        previous: what `qtn.compile` returned, or a loaded file.
        steps: quasi-Newton steps.
        sweeps: polar half-sweeps before them, where blocks are whole.
        basis: two-qubit gate of the circuit; None keeps the previous one.

    To use a result as the start for another target, give `Brickwall(start=previous)`.
    """

    operators: ClassVar[bool] = True

    previous: Compiled
    steps: int = 500
    sweeps: int = 0
    basis: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.previous, Compiled):
            raise fail("previous", "a Compiled result", self.previous, "Load it with qtn.load.")
        positive_int("steps", self.steps)
        choice("basis", self.basis, (None, *BASES))
        bounded_int("sweeps", self.sweeps, 0)

    def limits(self, goal: float | None) -> Limits:
        """Return the goal of the call, and the previous basis unless another is given."""
        return Limits(0.0 if goal is None else goal, basis=self.basis or self.previous.basis)

    def solve(self, job: Job) -> Solution:
        """Check that the target is the same, then optimise from the previous gates.

        Raises:
            ArgumentError: the target is another one, or the previous blocks have no layers.
        """
        old = self.previous
        same = job.n == old.sequence.n
        if same:
            now = job.certified(old.sequence).infidelity
            same = abs(now - old.infidelity) <= 1e-9 + 1e-6 * old.infidelity
        if not same:
            raise ArgumentError(
                "Argument `previous` was compiled for another target: its infidelity does not "
                "come out again. Use Brickwall(start=previous) to start from it."
            )
        method = by_registers(old)
        if method is not None:
            method = replace(method, start=old, steps=self.steps, basis=job.basis)
            found = method.solve(job)
        else:
            effort = Effort(steps=self.steps, sweeps=self.sweeps)
            ansatz, gates = old.sequence.as_layers()
            found = improved(job, ansatz, parted(gates), effort)
        spent = old.history[-1].seconds if old.history else 0.0
        later = tuple(Record(spent + r.seconds, r.layers, r.infidelity) for r in found.history)
        # The search may have ended where it began.
        before = job.point("previous", old.sequence, old.infidelity)
        return Solution(found.blocks, found.status, old.history + later, (before,))


def by_registers(old: Compiled) -> RegisterMethod | None:
    """Return the method of a window or tree circuit, by its name in the result; None for others."""
    names = [p.method for p in old.pareto if p.sequence is old.sequence]
    found = map(_register_method, [*names, str(old.provenance.get("method"))])
    return next((method for method in found if method is not None), None)


def _register_method(text: str) -> RegisterMethod | None:
    """Return the window or tree that a text names with its options, as `described` writes them."""
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
            return None
        kind = REGISTERS.get(call.func.id)
        options = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords if k.arg != "start"}
        return None if kind is None else kind(**options)
    except (SyntaxError, ValueError, TypeError, ArgumentError):
        return None
