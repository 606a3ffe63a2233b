"""The door of the compiler: `compile`."""

from __future__ import annotations

import time
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import qiskit

from qtn._checks import real as checked_real
from qtn._progress import progress_bar
from qtn._random import seed_sequence
from qtn._version import __version__
from qtn.aqc.ansatz import Ansatz
from qtn.aqc.certify import Certificate, certify
from qtn.aqc.emit import to_circuit
from qtn.aqc.interrupt import Interrupt
from qtn.aqc.job import EXACT, Job, Method, Solution, point_of
from qtn.aqc.optimise import Record
from qtn.aqc.plan import Auto
from qtn.aqc.result import Compiled, Status
from qtn.aqc.target import as_target
from qtn.errors import ArgumentError, FidelityError
from qtn.states import MPS


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
        target: `MPS`, `TTN`, quimb MPS, fitted model with `.state()`, `QuantumCircuit` simulable
            as an MPS, or amplitude vector in Qiskit's order (array, tensor, `Statevector`).
        method: `Auto(...)` (default), `Brickwall(...)`, `Staircase(...)` or `Resume(...)`.
        min_fidelity: raise if the best circuit falls short of it; the search may stop there.
        seed: root of all random streams.
        progress: show a bar; None shows it in a terminal or notebook.

    Returns:
        The best circuit found with its fidelity, a rigorous floor, history and status. Ctrl-C
        returns the best so far, a second one leaves at once.

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
        raise ArgumentError(
            f"Argument `method` must be Auto(...), Brickwall(...), Staircase(...) or Resume(...), "
            f"but is {chosen!r}. Give an object, for instance qtn.Staircase(layers=4)."
        )
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

        goal = 0.0 if min_fidelity is None else max(0.0, 1.0 - min_fidelity)
        job = Job(state, 0.9 * goal, seed, report)
        solution = _one_site(job) if state.n == 1 else chosen.solve(job)
        certificate = certify(state, solution.ansatz, solution.gates)
    compiled = _compiled(solution, certificate, chosen, seed, time.process_time() - cpu)
    if min_fidelity is not None and compiled.fidelity < min_fidelity:
        raise FidelityError(
            f"The best fidelity found is {compiled.fidelity:.6g}, below min_fidelity="
            f"{min_fidelity:g}. {compiled.status.value} The result is in the error's `best`.",
            best=compiled,
        )
    return compiled


def _one_site(job: Job) -> Solution:
    return Solution(Ansatz(1, ()), _column_unitary(job.target), Status.EXACT, ())


def _column_unitary(state: MPS) -> np.ndarray:
    a, b = state.tensors[0][0, :, 0]
    return np.array([[[a, -np.conj(b)], [b, np.conj(a)]]])


def _compiled(
    solution: Solution, certificate: Certificate, method: Method, seed: int, seconds: float
) -> Compiled:
    status = solution.status
    if certificate.infidelity < EXACT:
        status = Status.EXACT
    circuit = to_circuit(solution.ansatz, solution.gates, method.basis)
    label = f"{type(method).__name__}({len(solution.ansatz.layers)})"
    own = point_of(label, solution.ansatz.size, circuit, certificate.infidelity)
    return Compiled(
        circuit=circuit,
        infidelity=certificate.infidelity,
        floor=certificate.floor,
        ansatz=solution.ansatz,
        gates=solution.gates,
        status=status,
        history=solution.history,
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
        pareto=solution.pareto or (own,),
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
