"""The door of the compiler: `compile`."""

from __future__ import annotations

import time
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import qiskit

from qtn._checks import fail
from qtn._checks import real as checked_real
from qtn._progress import checked_progress, progress_bar
from qtn._random import seed_sequence
from qtn._version import __version__
from qtn.aqc.best import Settled, settle
from qtn.aqc.interrupt import Interrupt
from qtn.aqc.methods.auto import Auto
from qtn.aqc.result import Compiled, Record, Status
from qtn.aqc.search.job import ROUNDING, Job, Limits, Method, Solution
from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import to_circuit
from qtn.aqc.target import as_target
from qtn.errors import FidelityError
from qtn.states import MPS

MARGIN = 0.9  # searches aim so much below the goal, since their infidelities are estimates


def compile(
    target: Any,
    method: Method | None = None,
    *,
    min_fidelity: float | None = None,
    seed: int = 0,
    progress: bool | None = None,
) -> Compiled:
    """Find a short circuit that prepares a state from |0...0>.

    maximise |⟨target|U|0...0⟩|² over all gates of U.

    Args:
        target: `MPS`, `TTN`, fitted model with `.state()`, `QuantumCircuit` simulable as an MPS,
            amplitude vector in Qiskit's order (array, tensor), or state of Qiskit, quimb or TeNPy.
        method: `Auto(...)` (default), `Brickwall(...)`, `Staircase(...)` or `Resume(...)`.
        min_fidelity: raise if the best circuit falls short of it. It is the goal of the search,
            which may stop there; of two goals, this one and `Auto(infidelity=...)`, the tighter one
            holds.
        seed: root of all random streams.
        progress: show a bar; None shows it in a terminal or notebook.

    Returns:
        The best circuit found within the limits of the method, with its fidelity, a rigorous
        floor, history and status: the one of fewest two-qubit gates that reaches the goal, else
        the one of least infidelity. Ctrl-C returns the best so far, a second one leaves at once.

    Raises:
        ArgumentError: an unusable target or option.
        FidelityError: `min_fidelity` was not reached; its `best` keeps the result.

    Cost: O(n D χ³) per step for D layers.

    Example:
        >>> ghz = np.zeros(8); ghz[0] = ghz[7] = 0.5**0.5
        >>> compile(ghz, seed=0).two_qubit_gates
        2

    Reference: Robertson et al., ACM Trans. Quantum Comput. 6, 1 (2025) for the task; the
    optimiser differs (all gates, environments, no angles).
    """
    chosen: Method = method if method is not None else Auto()
    if not callable(getattr(chosen, "solve", None)) or isinstance(chosen, type):
        methods = "Auto(...), Brickwall(...), Staircase(...) or Resume(...)"
        raise fail(
            "method", methods, chosen, "Give an object, for instance qtn.Staircase(layers=4)."
        )
    checked_progress(progress)
    if min_fidelity is not None:
        checked_real("min_fidelity", min_fidelity, 0.0, 1.0)
    seed_sequence(seed)
    cpu = time.process_time()
    state = as_target(target)
    with progress_bar(None, "compile", progress) as bar, Interrupt() as interrupt:

        def report(record: Record) -> None:
            bar.update()
            bar.set_postfix_str(f"{record.layers} layers, infidelity {record.infidelity:.2e}")
            if interrupt.asked:
                # Searches keep their best gates; those that follow end here at their first step.
                raise KeyboardInterrupt

        limits = _limits(chosen, min_fidelity)
        job = Job(state, MARGIN * limits.infidelity, seed, chosen.basis, report)
        solution = _one_site(job) if state.n == 1 else chosen.solve(job)
        label = f"{type(chosen).__name__}({solution.blocks.depth})"
        settled = settle(state, solution, limits, label)
    compiled = _compiled(solution, settled, chosen, seed, cpu)
    if min_fidelity is not None:
        _check_fidelity(compiled, min_fidelity)
    return compiled


def _limits(method: Any, min_fidelity: float | None) -> Limits:
    """Return the one goal and the budgets of a call: the tighter of the goals that are given."""
    own = getattr(method, "infidelity", None)
    asked = None if min_fidelity is None else max(0.0, 1.0 - min_fidelity)
    given = [float(goal) for goal in (own, asked) if goal is not None]
    usual = getattr(type(method), "USUAL_INFIDELITY", 0.0)
    return Limits(
        min(given) if given else usual,
        getattr(method, "max_two_qubit_gates", None),
        getattr(method, "blocks", None),
        method.basis,
    )


def _check_fidelity(compiled: Compiled, min_fidelity: float) -> None:
    """Raise if the fidelity asked for is not reached, in digits that tell the two apart."""
    asked = max(0.0, 1.0 - min_fidelity)
    if compiled.infidelity <= max(asked, ROUNDING):
        return
    digits = next(d for d in range(3, 18) if f"{compiled.infidelity:.{d}g}" != f"{asked:.{d}g}")
    raise FidelityError(
        f"The best fidelity found is 1 - {compiled.infidelity:.{digits}g}, below min_fidelity="
        f"{min_fidelity!r} (1 - {asked:.{digits}g}). {compiled.status.value} "
        "The result is in the error's `best`.",
        best=compiled,
    )


def _one_site(job: Job) -> Solution:
    return Solution(Blocks.of(Ansatz(1, ()), _column_unitary(job.target)), Status.EXACT)


def _column_unitary(state: MPS) -> np.ndarray:
    a, b = state.tensors[0][0, :, 0]
    return np.array([[[a, -np.conj(b)], [b, np.conj(a)]]])


def _compiled(
    solution: Solution, settled: Settled, method: Method, seed: int, began: float
) -> Compiled:
    best, certificate = settled.best, settled.certificate
    circuit = to_circuit(best.sequence, method.basis)
    seconds = time.process_time() - began
    last = Record(seconds, best.sequence.depth, certificate.infidelity)
    return Compiled(
        circuit=circuit,
        infidelity=certificate.infidelity,
        floor=certificate.floor,
        sequence=best.sequence,
        status=settled.status,
        history=(*solution.history, last),
        seconds=seconds,
        provenance={
            "method": _named(method),
            "seed": seed,
            "qtn": __version__,
            "qiskit": qiskit.__version__,
            "numpy": np.__version__,
            "fidelity by": certificate.method,
            **solution.notes,
        },
        pareto=settled.pareto,
        basis=method.basis,
    )


def _named(method: Method) -> str:
    """Return the options that differ from their defaults, as they would be typed."""
    given = []
    options: Any = fields(method) if is_dataclass(method) else ()
    for option in options:
        value = getattr(method, option.name)
        plain = isinstance(value, str | int | float)
        if option.name == "layers" or not (value is None or (plain and value == option.default)):
            given.append(f"{option.name}={value!r}" if plain else f"{option.name}=...")
    return f"{type(method).__name__}({', '.join(given)})"
