"""Evolution under Hamiltonians that change in time: commutator-free Magnus steps of fourth order.

For i dψ/dt = H(t) ψ a step h takes H at the two Gauss points of the interval and applies two
exponentials, the one that weights the earlier point first::

    U = exp(-i h (b H₁ + a H₂)) exp(-i h (a H₁ + b H₂)) + O(h⁵)
    H₁,₂ = H(t + (1/2 ∓ √3/6) h),    a = 1/4 + √3/6,    b = 1/4 - √3/6

Each exponential is one step of TEBD (of fourth order, gates anew for every step) or of TDVP
(second order, the operator anew for every step).

How far the steps have converged is not guessed from H but seen: everything is run with steps of
twice the size as well. The distance of the two results, which is about the error of the *longer*
steps, is what `step_error` says of the shorter ones. Without a step given, steps are halved until
that distance is small.

Reference: A. Alvermann and H. Fehske, J. Comput. Phys. 230, 5930 (2011), CFET4:2; S. Blanes and
P. C. Moan, Appl. Numer. Math. 56, 1519 (2006).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._display import Display
from qtn._machine import few_threads, suited
from qtn._progress import progress_bar
from qtn.errors import ArgumentError
from qtn.physics import tdvp, tebd
from qtn.physics.evolution import TDVP, TEBD, default_step, step_count
from qtn.physics.product import as_state
from qtn.physics.suzuki import layers
from qtn.physics.terms import Terms, bond_matrices, read_terms
from qtn.states import MPS, TTN
from qtn.states.origin import Origin
from qtn.states.views.pictures import Truncating

if TYPE_CHECKING:
    from qtn.interop.observables import ObservableLike

__all__ = ["Driven", "at", "evolved", "is_driven", "shifted"]

Hamiltonian = Callable[[float], "ObservableLike"]

GAUSS = 0.5 - math.sqrt(3) / 6, 0.5 + math.sqrt(3) / 6
WEIGHTS = 0.25 + math.sqrt(3) / 6, 0.25 - math.sqrt(3) / 6
GOAL = 1e-5
"""Distance of two runs at which a default step is short enough."""
DOUBTFUL = 1e-2
"""Distance of two runs from which a step that was given is worth a warning."""
MUCH = 10
"""How far two runs may differ for the weight that their truncations leave out."""
MOST_HALVINGS = 8
PROBES = 33  # times at which the strength of H(t) is looked up for the first step


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Driven(Truncating, Origin):
    """Origin of a state that evolved under a Hamiltonian which changes in time.

    It is not written into files, since a function cannot be.

    Args:
        hamiltonian: the function of time.
        time: from 0 to which it was evolved.
        start: the state at time zero.
        method: `TEBD(...)` or `TDVP(...)`.
        step: the time step.
        step_error: distance to the result of steps of twice the size, up to a phase.
        discarded: relative squared weight discarded per cut, summed over the evolution.
    """

    hamiltonian: Hamiltonian
    time: float
    start: MPS
    method: TEBD | TDVP
    step: float
    step_error: float
    discarded: NDArray[np.float64]

    def _brief(self) -> str:
        return (
            f"{type(self.method).__name__} under H(t) to time {self.time:g}: step {self.step:.3g} "
            f"(error {self.step_error:.1e}), truncation error {self.truncation_error:.1e}"
        )

    def _display(self) -> Display:
        rows = [
            ("Hamiltonian", "a function of time"),
            ("time", self.time),
            ("start", repr(self.start)),
            ("method", repr(self.method)),
            ("step", f"{self.step:.3g}, error {self.step_error:.1e}"),
            ("truncation error", f"{self.truncation_error:.1e}"),
        ]
        return Display("Evolved state", rows)


@dataclass(frozen=True, slots=True)
class _Task:
    """What every run of one evolution has in common."""

    hamiltonian: Hamiltonian
    start: MPS
    time: float
    limits: tuple[float, int]
    method: TEBD | TDVP
    progress: bool | None


def is_driven(hamiltonian: Any) -> TypeGuard[Hamiltonian]:
    """Return whether a Hamiltonian is a function of time. Operators of Qiskit are callable too."""
    return callable(hamiltonian) and not hasattr(hamiltonian, "num_qubits")


def at(hamiltonian: Any, time: float) -> Any:
    """Return the Hamiltonian at a time: the value of a function, any other as it is.

    Raises:
        ArgumentError: the function fails.
    """
    if not is_driven(hamiltonian):
        return hamiltonian
    try:
        return hamiltonian(float(time))
    except Exception as error:  # of whatever kind the caller's function raises
        raise ArgumentError(
            f"Argument `hamiltonian` is a function that fails at time {time:.6g}: {error}. Give "
            "one that takes a time and returns an observable."
        ) from error


def shifted(hamiltonian: Any, origin: float) -> Any:
    """Return H(origin + t) of a function of time, any other Hamiltonian as it is."""
    if origin == 0 or not is_driven(hamiltonian):
        return hamiltonian
    return lambda t: hamiltonian(origin + t)


def evolved(
    hamiltonian: Hamiltonian, state: Any, time: complex, limits: tuple[float, int], method: Any,
    progress: bool | None,
) -> MPS:  # fmt: skip
    """Return exp-ordered evolution of a chain from time 0 to `time`.

    Args:
        hamiltonian: function of a real time that returns a Hermitian observable.
        state: a chain of qubits or the name of a product state.
        time: real.
        limits: cutoff of a truncation, largest bond or 0.
        method: `TEBD(...)`, `TDVP(...)` or None: TEBD while only neighbours couple.
        progress: show bars.

    Raises:
        ArgumentError: a tree, imaginary time, other methods, or a function that returns no
            Hamiltonian, or one of another size.

    Warns:
        UserWarning: steps that have not converged.

    Cost: one and a half times that of as many steps of `evolve` with a constant H, of which each
        has two exponentials; and 2 calls of the function per step.
    """
    if time.imag:
        raise fail("time", "real for a Hamiltonian that changes in time", time)
    if isinstance(state, TTN):
        raise fail("state", "a chain for a Hamiltonian that changes in time", state,
                   "Use MPS, or a constant Hamiltonian.")  # fmt: skip
    probes = _read(hamiltonian, list(np.linspace(0.0, time.real, PROBES)), None)
    start = as_state("state", state, probes[0].n)
    near = all(terms.nearest_neighbour for terms in probes)
    chosen = method if method is not None else (TEBD() if near else TDVP())
    if not isinstance(chosen, TEBD | TDVP):
        raise fail("method", "TEBD(...) or TDVP(...) for H(t)", method)
    if isinstance(chosen, TEBD) and not near:
        raise ArgumentError(
            "Argument `hamiltonian` couples more than neighbours at some time, which TEBD cannot "
            "do. Use method=TDVP()."
        )
    task = _Task(hamiltonian, start, time.real, limits, chosen, progress)
    strength = max(terms.strength for terms in probes)
    tensors, step, error, discarded = _converged(task, strength)
    origin = Driven(hamiltonian, task.time, start, chosen, step, error, discarded)
    return MPS(tuple(tensors), origin=origin)


def _converged(
    task: _Task, strength: float
) -> tuple[list[NDArray[Any]], float, float, NDArray[np.float64]]:
    """Run with steps of two sizes, smaller ones while that is asked for and helps."""
    cutoff, _ = task.limits
    if task.time == 0:
        return [*task.start.normalised().tensors], 0.0, 0.0, np.zeros(task.start.n - 1)
    given = task.method.step
    size = given or default_step(strength, 4, max(cutoff, 1e-12))
    steps = math.ceil(step_count(abs(task.time), size) / 2)
    goal = DOUBTFUL if given else max(GOAL, 10 * math.sqrt(cutoff))
    coarse, lost = _run(task, steps)
    best, error = (coarse, steps, lost), math.inf
    for _ in range(1 if given else MOST_HALVINGS):
        steps *= 2
        fine, lost = _run(task, steps)
        before = error
        error = math.sqrt(MPS(tuple(coarse)).infidelity(MPS(tuple(fine))))
        if error > before / 2:
            # Truncation rules, or H(t) has no derivatives: shorter steps do not help.
            error = before
            break
        best = fine, steps, lost
        if error <= goal:
            break
        coarse = fine
    tensors, steps, lost = best
    step = abs(task.time) / steps
    if error > max(goal, MUCH * math.sqrt(lost.sum())):
        warnings.warn(
            f"Steps of {step:.2g} have not converged: against twice the size the state moves by "
            f"{error:.1g}. H(t) may jump or swing fast. Evolve from jump to jump, or give a "
            "shorter step by method=TEBD(step=...) or TDVP(step=...).",
            stacklevel=4,
        )
    return tensors, step, error, lost


def _run(task: _Task, steps: int) -> tuple[list[NDArray[Any]], NDArray[np.float64]]:
    """Evolve by `steps` steps; return the tensors and the weight discarded per cut."""
    h = task.time / steps
    nodes = _read(
        task.hamiltonian, [(k + c) * h for k in range(steps) for c in GAUSS], task.start.n
    )
    halves = [
        _mixed(first, second, *weights)
        for first, second in zip(nodes[::2], nodes[1::2], strict=True)
        for weights in (WEIGHTS, WEIGHTS[::-1])
    ]
    go = _by_tebd if isinstance(task.method, TEBD) else _by_tdvp
    return go(task, halves, h)


def _by_tebd(
    task: _Task, halves: list[Terms], h: float
) -> tuple[list[NDArray[Any]], NDArray[np.float64]]:
    cutoff, bond = task.limits
    order = task.method.order if isinstance(task.method, TEBD) else 4
    conserve = all(terms.conserves_magnetisation for terms in halves)
    state = tebd.open_chain(task.start.tensors, conserve)
    with progress_bar(len(halves), "evolve", task.progress) as bar:
        for terms in halves:
            gates = tebd.gate_table(bond_matrices(terms), h)
            with few_threads(suited(state.max_bond)):
                for part, fraction in layers(order, 1):
                    tebd.apply_layer(state, gates(part, fraction), part, cutoff, bond)
            bar.grown(state.max_bond, bond)
            bar.update()
    with few_threads(suited(state.max_bond)):
        tebd.canonicalise(state)
    tensors = state.arrays()
    tensors[0] = tensors[0] * np.exp(-1j * h * sum(terms.constant for terms in halves))
    return tensors, state.discarded


def _by_tdvp(
    task: _Task, halves: list[Terms], h: float
) -> tuple[list[NDArray[Any]], NDArray[np.float64]]:
    assert isinstance(task.method, TDVP)
    tensors = [t.astype(complex) for t in task.start.normalised().tensors]
    discarded = np.zeros(task.start.n - 1)
    with progress_bar(len(halves), "evolve", task.progress) as bar:
        for terms in halves:
            tensors, lost = tdvp.advance(terms, tensors, -1j * h, task.limits, task.method)
            discarded += lost
            bar.grown(max(t.shape[2] for t in tensors), task.limits[1])
            bar.update()
    return tensors, discarded


def _read(hamiltonian: Hamiltonian, times: list[float], n: int | None) -> list[Terms]:
    """Read the Hamiltonians at all times, before work starts."""
    found: list[Terms] = []
    for time in times:
        terms = read_terms(at(hamiltonian, time), f"hamiltonian({time:.6g})")
        n = n or terms.n
        if terms.n != n:
            raise ArgumentError(
                f"Argument `hamiltonian` must keep its size, but has {n} qubits and, at time "
                f"{time:.6g}, {terms.n}."
            )
        found.append(terms)
    return found


def _mixed(first: Terms, second: Terms, a: float, b: float) -> Terms:
    """Return a H₁ + b H₂."""
    words = dict.fromkeys([*first.products, *second.products])
    products = {
        word: a * first.products.get(word, 0.0) + b * second.products.get(word, 0.0)
        for word in words
    }
    return Terms(first.n, a * first.constant + b * second.constant, products)
