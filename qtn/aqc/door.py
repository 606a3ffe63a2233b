"""The door of the compiler: `compile`."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
import qiskit

from qtn._checks import fail
from qtn._checks import real as checked_real
from qtn._machine import few_threads
from qtn._progress import checked_progress, progress_bar
from qtn._random import seed_sequence
from qtn._version import __version__
from qtn.aqc.best import settle
from qtn.aqc.interrupt import Interrupt
from qtn.aqc.kernels.gates import nearest_unitary
from qtn.aqc.methods.auto import Auto
from qtn.aqc.methods.base import Method, described
from qtn.aqc.points import ROUNDING, Limits
from qtn.aqc.result import Compiled, Record, Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.keeper import Keeper, Stop
from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import BASES, to_circuit
from qtn.aqc.target import state_or_operator
from qtn.errors import ArgumentError, FidelityError, QtnError
from qtn.states import MPO, MPS, TTN

MARGIN = 0.9  # searches aim so much below the goal, since their infidelities are estimates


@few_threads(1)
def compile(
    target: Any,
    method: Method | None = None,
    *,
    min_fidelity: float | None = None,
    seed: int = 0,
    progress: bool | None = None,
) -> Compiled:
    """Find a short circuit that prepares a state from |0...0>, or that is an operator.

    maximise |⟨target|V|0...0⟩|², or |Tr(U†V)/2ⁿ|² for a target U, over all gates of V.

    Args:
        target: `MPS`, `TTN`, fitted model with `.state()`, `QuantumCircuit` simulable as an MPS,
            amplitude vector in Qiskit's order (array, tensor), or state of Qiskit, quimb or TeNPy;
            or a unitary operator: an `MPO` (`qtn.propagator`, `qtn.operator`), a matrix, an
            operator of Qiskit or quimb.
        method: how to search, an object of any class derived from `qtn.aqc.Method`; None takes
            `Auto()`, which chooses by the target.
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
    checked_progress(progress)
    if min_fidelity is not None:
        checked_real("min_fidelity", min_fidelity, 0.0, 1.0)
    seed_sequence(seed)
    chosen = method if method is not None else Auto()
    limits = _limits(chosen, None if min_fidelity is None else max(0.0, 1.0 - min_fidelity))
    cpu = time.process_time()
    state = state_or_operator(target)
    _check_kind(chosen, state)
    most = None if isinstance(state, MPO) else limits.evaluations
    bar = progress_bar(most, "compile", progress, seconds=limits.seconds, word="at most")
    with bar, Interrupt() as interrupt:

        def show(record: Record) -> None:
            bar.update()
            bar.set_postfix_str(f"{record.layers} layers, infidelity {record.infidelity:.2e}")

        seconds = math.inf if limits.seconds is None else limits.seconds
        deadline = time.process_time() + seconds
        keeper = Keeper(show, lambda: interrupt.asked, deadline)
        aim = limits.infidelity if limits.aim is None else limits.aim
        job = Job(state, MARGIN * aim, seed, limits.basis, keeper, limits)
        compiled = _compiled(job, _solved(chosen, job, limits), limits, chosen, cpu)
    if min_fidelity is not None:
        _check_fidelity(compiled, min_fidelity)
    return compiled


def _limits(method: Any, goal: float | None) -> Limits:
    """Return the goal and the budgets of a call.

    Raises:
        ArgumentError: something that is no compile method, or names no basis.
    """
    name = type(method).__name__
    if isinstance(method, type) or not callable(getattr(method, "solve", None)):
        way_out = "Give an object, for instance qtn.Staircase(layers=4)."
        raise fail("method", "a compile method (see qtn.aqc.Method)", method, way_out)
    if isinstance(method, Method):
        return method.limits(goal)
    basis = getattr(method, "basis", None)
    if basis not in BASES:
        raise ArgumentError(
            f"Argument `method` must have a `basis`, one of {', '.join(BASES)}, but that of {name} "
            f"is {basis!r}. Derive {name} from qtn.aqc.Method, which has one."
        )
    return Limits(0.0 if goal is None else goal, basis=basis)


def _solved(method: Any, job: Job, limits: Limits) -> Solution:
    """Return what the method found, or the best so far where it was ended from outside.

    Raises:
        QtnError: the method gave back nothing of use.
    """
    if job.n == 1:
        return Solution(job.marked(Blocks.of(Ansatz(1, ()), _one_gate(job))), Status.EXACT)
    try:
        found = method.solve(job)
    except KeyboardInterrupt as stop:
        if not job.keeper.circuits():
            raise
        return _so_far(method, job, stop.status if isinstance(stop, Stop) else Status.INTERRUPTED)
    except Exception as error:
        if job.keeper.circuits() and not isinstance(error, QtnError):
            kept = _so_far(method, job, Status.ERROR)
            with contextlib.suppress(AttributeError):
                error.best = _compiled(job, kept, limits, method, job.keeper.started)  # type: ignore[attr-defined]
                error.add_note("The best circuit so far is in the error's `best`.")
        raise
    _check_solution(type(method).__name__, found, job.n)
    if job.keeper.cut_short and found.status is not Status.INTERRUPTED:
        kept = _so_far(method, job, Status.INTERRUPTED)
        pareto = (*found.pareto, *kept.pareto)
        return replace(found, status=Status.INTERRUPTED, pareto=pareto)
    return found


def _so_far(method: Any, job: Job, status: Status) -> Solution:
    """Return the best circuits that the door was told of."""
    name = type(method).__name__
    points = [
        job.point(f"{name}({blocks.depth})", blocks, infidelity)
        for blocks, infidelity in job.keeper.circuits()
    ]
    if not points:
        return Solution(Blocks(job.n, ()), status)
    return Solution.of(points, status, job.keeper.history)


def _check_solution(name: str, found: Any, n: int) -> None:
    """Raise an error that names the method unless it gave back a circuit for the target."""
    if not isinstance(found, Solution) or not isinstance(found.blocks, Blocks):
        raise QtnError(
            f"The method {name} returned {type(found).__name__} instead of a Solution that holds "
            "Blocks. Return qtn.aqc.Solution(qtn.aqc.Blocks(n, [(sites, matrix), ...]))."
        )
    if found.blocks.n != n:
        raise QtnError(
            f"The method {name} returned a circuit on {found.blocks.n} sites for a target on {n}. "
            f"Return Blocks({n}, ...)."
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


def _check_kind(method: Any, target: MPS | TTN | MPO) -> None:
    """Raise unless the method takes what the target is.

    Raises:
        ArgumentError: an operator for a method of states only.
    """
    if isinstance(target, MPO) and not getattr(method, "operators", False):
        raise ArgumentError(
            f"Argument `method` is {type(method).__name__}, which compiles states, but `target` is "
            "an operator. Operators are compiled by Brickwall(layers) and Auto()."
        )


def _one_gate(job: Job) -> np.ndarray:
    """Return the gate of a circuit on one site."""
    if isinstance(job.target, MPO):
        return nearest_unitary(job.target.tensors[0][0, :, :, 0])[None]
    a, b = job.chain[0].reshape(-1)
    return np.array([[[a, -np.conj(b)], [b, np.conj(a)]]])


def _compiled(job: Job, solution: Solution, limits: Limits, method: Any, began: float) -> Compiled:
    """Choose the best circuit, certify it and write it out."""
    label = f"{type(method).__name__}({solution.blocks.depth})"
    solution = replace(solution, blocks=job.marked(solution.blocks))
    settled = settle(job, solution, limits, label)
    best, certificate, pareto = settled.best, settled.certificate, settled.pareto
    notes, basis = solution.notes, limits.basis
    if limits.rating is not None:
        notes = notes | limits.rating.notes(best, pareto)
        basis = limits.rating.basis(best)
        pareto = tuple(point.with_basis(basis) for point in pareto)
    circuit = to_circuit(best.sequence, basis)
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
            "method": described(method),
            "seed": job.seed,
            "qtn": __version__,
            "qiskit": qiskit.__version__,
            "numpy": np.__version__,
            "fidelity by": certificate.method,
            **notes,
        },
        pareto=pareto,
        basis=basis,
        certificate=replace(job, keeper=Keeper()).certified,  # without what the search kept
    )
