r"""Optimisation of all gates of a circuit: polar half-sweeps and L-BFGS in the Lie algebra.

The objective is :math:`-\ln F`, the only one that leaves a start of exponentially small overlap;
near F = 1 it is :math:`1 - F`. Curvature pairs are kept without transport: gates move by
:math:`G \to e^X G` and X is measured at the identity each time.

The relative weight that one truncation may drop follows the infidelity reached,
``cut = 1e-4 (1 - F)``, so that the gradient is right to about one per cent at every stage.

Reference: Nocedal and Wright, Numerical Optimization, algorithm 7.4 (two-loop recursion).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from qtn.aqc.ansatz import Ansatz
from qtn.aqc.compiled_kernels import retract
from qtn.aqc.gradient import joined, log_gradient, nearest_unitary, parted

Pairs = deque[tuple[np.ndarray, np.ndarray, float]]

LARGEST_CUT, SMALLEST_CUT = 1e-6, 1e-13
CUT_PER_INFIDELITY = 1e-4


class Kernel(Protocol):
    """What the optimiser needs from a contraction engine."""

    ansatz: Ansatz
    cut: float

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and all environments; gates and environments are (gates, 2, 4, 4)."""
        ...

    def sweep(self, gates: np.ndarray) -> complex:
        """Update all gates once in place and return f."""
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the history: seconds since the start, layers, and the infidelity then."""

    seconds: float
    layers: int
    infidelity: float


class Interrupted(Exception):
    """Raised inside the optimisation when the user asked to stop; the best gates are kept."""


@dataclass(slots=True)
class Search:
    """The state of one optimisation: best gates so far, history, stopping rules.

    Args:
        target_infidelity: stop as soon as it is reached.
        tolerance: stop when the infidelity falls by less than this fraction in a round.
        report: called with every new record.
    """

    target_infidelity: float = 0.0
    tolerance: float = 1e-3
    report: Callable[[Record], None] | None = None
    history: list[Record] = field(default_factory=list)
    best: float = 1.0
    gates: np.ndarray = field(default_factory=lambda: np.empty(0))
    started: float = field(default_factory=time.perf_counter)

    def note(self, kernel: Kernel, gates: np.ndarray, overlap: complex) -> float:
        """Record an infidelity, keep the gates if they are the best, set the next cut."""
        infidelity = max(1.0 - abs(overlap) ** 2, 0.0)
        if infidelity <= self.best or self.gates.shape != gates.shape:
            self.best, self.gates = infidelity, gates.copy()
        record = Record(time.perf_counter() - self.started, len(kernel.ansatz.layers), infidelity)
        self.history.append(record)
        if self.report is not None:
            self.report(record)
        kernel.cut = min(max(CUT_PER_INFIDELITY * infidelity, SMALLEST_CUT), LARGEST_CUT)
        return infidelity

    @property
    def reached(self) -> bool:
        """Whether the infidelity asked for is reached."""
        return self.best <= self.target_infidelity


def polar_sweeps(kernel: Kernel, gates: np.ndarray, search: Search, count: int) -> np.ndarray:
    """Run up to `count` polar half-sweeps; stop when they gain less than the tolerance."""
    last = np.inf
    for index in range(count):
        value = search.note(kernel, gates, kernel.sweep(gates))
        if search.reached or (index % 2 and value > last * (1.0 - search.tolerance)):
            break
        last = value if index % 2 else last
    return gates


@dataclass(frozen=True, slots=True)
class LBFGS:
    """Options of the quasi-Newton search.

    Args:
        iterations: largest number of steps.
        memory: curvature pairs kept.
        longest: largest entry of a step, in radian.
        window: the tolerance of the search is applied over this many steps.
    """

    iterations: int = 100
    memory: int = 20
    longest: float = 0.8
    window: int = 20


def lbfgs(kernel: Kernel, gates: np.ndarray, search: Search, options: LBFGS) -> np.ndarray:
    """Minimise -ln|f|² over all gates at once, starting from `gates` (gates, 2, 4, 4)."""
    pairs: Pairs = deque(maxlen=options.memory)
    overlap, environments = kernel.evaluate(gates)
    gradient = log_gradient(gates, environments, overlap)
    value, trace = _objective(overlap), [search.note(kernel, gates, overlap)]
    trial = np.empty_like(gates)
    for _ in range(options.iterations):
        if search.reached:
            break
        step, slope = _direction(gradient, pairs, options.longest)
        for _ in range(6):
            retract(step, gates, trial)
            overlap, environments = kernel.evaluate(trial)
            allowance = max(1e-13, 0.02 * search.best if search.best < 1e-3 else 0.0)
            accepted = _objective(overlap) <= value + 1e-4 * slope + allowance
            if accepted:
                break
            step, slope = 0.3 * step, 0.3 * slope
        if not accepted:
            if not pairs:
                break
            pairs.clear()
            continue
        new_gradient = log_gradient(trial, environments, overlap)
        change = new_gradient - gradient
        curvature = _inner(change, step)
        if curvature > 1e-10 * np.sqrt(_inner(step, step) * _inner(change, change)):
            pairs.append((step, change, curvature))
        gates, trial = trial, np.empty_like(gates)
        gradient, value = new_gradient, _objective(overlap)
        trace.append(search.note(kernel, gates, overlap))
        if _stalled(trace, options.window, search.tolerance):
            break
    return gates


def _objective(overlap: complex) -> float:
    """-ln F, written as -ln(1 - (1 - F)) so that it keeps its precision near F = 1."""
    return -2.0 * float(np.log(max(abs(overlap), 1e-300)))


def _direction(gradient: np.ndarray, pairs: Pairs, longest: float) -> tuple[np.ndarray, float]:
    """Return the quasi-Newton step, no entry longer than allowed, and its slope."""
    step = -_two_loop(gradient, pairs)
    slope = _inner(gradient, step)
    if slope >= 0.0:
        pairs.clear()
        step, slope = -gradient, -_inner(gradient, gradient)
    largest = max(float(np.abs(step).max()), 1e-300)
    limit = longest if pairs else 0.3
    if largest > limit or not pairs:
        step, slope = step * (limit / largest), slope * (limit / largest)
    return step, slope


def _stalled(trace: list[float], window: int, tolerance: float) -> bool:
    return len(trace) > window and min(trace[-window:]) > min(trace[:-window]) * (1.0 - tolerance)


def _inner(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.dot(a.reshape(-1), b.reshape(-1)))


def _two_loop(gradient: np.ndarray, pairs: Pairs) -> np.ndarray:
    q = gradient.copy()
    weights = []
    for step, change, curvature in reversed(pairs):
        weight = _inner(step, q) / curvature
        q -= weight * change
        weights.append(weight)
    if pairs:
        _, change, curvature = pairs[-1]
        q *= curvature / _inner(change, change)
    for (step, change, curvature), weight in zip(pairs, reversed(weights)):
        q += (weight - _inner(change, q) / curvature) * step
    return q


def unitary(gates: np.ndarray) -> np.ndarray:
    """Return the unitaries nearest to gates in parts, as parts."""
    return parted(nearest_unitary(joined(gates)))
