r"""Optimisation of all gates of a circuit: polar half-sweeps and L-BFGS in the Lie algebra.

The objective is :math:`-\ln F`, the only one that leaves a start of exponentially small overlap.
Near F = 1 it serves as well as :math:`1 - F`, whose gradient is F times as large: measured from the
same starts, either takes as many steps (to 1.5e-4 on 50 sites of a random XXZ chain 51 and 51, to
1e-5 in a TFIM quench 125 and 124, to 7e-4 in a Heisenberg quench 126 and 125).

Curvature pairs are kept without transport: gates move by :math:`G \to e^X G` and X is measured at
the identity each time.

The relative weight that one truncation may drop follows the infidelity reached,
``cut = 1e-4 (1 - F)``, so that the gradient is right to about one per cent at every stage.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from qtn.aqc.kernels.base import Gradients, Kernel
from qtn.aqc.kernels.gate_loops import log_gradient, retract
from qtn.aqc.result import Record, Status
from qtn.aqc.search.hessian.curvature import Curvature
from qtn.aqc.search.hessian.metric import WindowMetric
from qtn.aqc.search.keeper import Keeper

LARGEST_CUT, SMALLEST_CUT = 1e-5, 1e-13
CUT_PER_INFIDELITY = 1e-4
TRUSTED = 100.0  # infidelities below so many times the cut are evaluated again with a smaller one


@dataclass(slots=True)
class Search:
    """The state of one optimisation: best gates so far, history, stopping rules.

    Args:
        keeper: told of every improvement; says when to end before the goal.
        target_infidelity: stop as soon as it is reached.
        tolerance: stop when the infidelity falls by less than this fraction in a round.
    """

    keeper: Keeper

    target_infidelity: float = 0.0
    tolerance: float = 1e-3
    history: list[Record] = field(default_factory=list)
    best: float = 1.0
    gates: np.ndarray = field(default_factory=lambda: np.empty(0))

    def note(self, kernel: Gradients, gates: np.ndarray, overlap: complex) -> float:
        """Record an infidelity, keep the gates if they are the best, set the next cut.

        A value that the cut cannot tell, after a long step or at the start of a search, is found
        again with a smaller one: truncations may hide what is missing.
        """
        infidelity = max(1.0 - abs(overlap) ** 2, 0.0)
        while infidelity < TRUSTED * kernel.cut and kernel.cut > SMALLEST_CUT:
            kernel.cut = max(CUT_PER_INFIDELITY * infidelity, SMALLEST_CUT)
            infidelity = max(1.0 - abs(kernel.evaluate(gates)[0]) ** 2, 0.0)
        if infidelity <= self.best or self.gates.shape != gates.shape:
            self.best, self.gates = infidelity, gates.copy()
            self.keeper.keep(kernel.ansatz, self.gates, infidelity)
        seconds = time.process_time() - self.keeper.started
        record = Record(seconds, kernel.ansatz.depth, infidelity)
        self.history.append(record)
        self.keeper.record(record)
        kernel.cut = min(max(CUT_PER_INFIDELITY * infidelity, SMALLEST_CUT), LARGEST_CUT)
        return infidelity

    @property
    def reached(self) -> bool:
        """Whether the infidelity asked for is reached."""
        return self.best <= self.target_infidelity

    @property
    def over(self) -> bool:
        """Whether to stop: the goal is reached, the user asked to end, or the time is up."""
        return self.reached or self.keeper.interrupted or self.keeper.late

    def ended(self, converged: bool) -> Status:
        """Return how the search ended, which used up its steps if it did not converge."""
        if self.keeper.interrupted:
            return Status.INTERRUPTED
        if self.reached:
            return Status.REACHED
        if self.keeper.late:
            return Status.TIME
        return Status.CONVERGED if converged else Status.STEPS


def polar_sweeps(
    kernel: Kernel, gates: np.ndarray, search: Search, count: int, window: int = 2
) -> np.ndarray:
    """Run up to `count` polar half-sweeps; stop when `window` of them gain too little."""
    last = np.inf
    for index in range(count):
        value = search.note(kernel, gates, kernel.sweep(gates))
        if search.over:
            break
        if index % window == window - 1:
            if value > last * (1.0 - search.tolerance):
                break
            last = value
    return gates


@dataclass(frozen=True, slots=True)
class LBFGS:
    """Options of the quasi-Newton search.

    Args:
        iterations: largest number of steps.
        memory: curvature pairs kept.
        longest: largest entry of a step, in radian.
        window: the tolerance of the search is applied over this many steps.
        metric: sites per window of the metric that serves as the first guess of the Hessian (see
            `qtn.aqc.search.hessian.metric`) once `refresh` steps are done; 0 for none.
        refresh: steps after which the metric is computed again.
    """

    iterations: int = 100
    memory: int = 60
    longest: float = 0.8
    window: int = 30
    metric: int = 0
    refresh: int = 60


def alternate(kernel: Gradients, gates: np.ndarray, search: Search, options: LBFGS) -> bool:
    """L-BFGS and polar half-sweeps in turns, more of what gains more; the best gates are kept.

    Neither wins everywhere: sweeps gain faster far from a minimum of a deep circuit, L-BFGS near
    it. A half-sweep costs about as much as a step. A method that stalls rests until the other has
    moved on; the search ends when both have stalled. A kernel's `turn` is the number of steps
    after which sweeps are tried; where it is None they are tried when L-BFGS stalls.

    Args:
        kernel: contraction engine; one without half-sweeps gets L-BFGS alone.
        gates: where to start, in parts.
        search: limits and what was found.
        options: of the quasi-Newton search; `iterations` limits steps and half-sweeps together.

    Returns:
        Whether both methods stalled (or the goal was reached) before the steps were used up.
    """
    pairs = Curvature(options.memory)
    if not isinstance(kernel, Kernel):
        count = len(search.history)
        lbfgs(kernel, gates, search, options, pairs)
        return search.reached or len(search.history) - count < options.iterations
    turn = options.iterations if kernel.turn is None else kernel.turn
    sizes = {"newton": turn, "polar": options.window}
    rates = dict.fromkeys(sizes, math.inf)
    last, left = "", options.iterations
    while left > 0 and not search.over:
        name = max(rates, key=lambda key: rates[key])
        if rates[name] <= 0.0:
            return True
        start = search.gates if search.gates.shape == gates.shape else gates
        before, count, size = search.best, len(search.history), min(left, sizes[name])
        if name == "newton":
            if last != name:
                pairs.clear()
            newton(kernel, start, search, replace(options, iterations=size), pairs)
        else:
            polar_sweeps(kernel, start.copy(), search, size, size)
        spent = len(search.history) - count
        left -= spent
        gain = math.log(max(before, 1e-300) / max(search.best, 1e-300))
        rates[name] = gain / max(spent, 1)
        stalled = spent < size or rates[name] < search.tolerance / options.window
        other = "polar" if name == "newton" else "newton"
        if stalled:
            rates[name] = 0.0
        elif rates[other] == 0.0:
            rates[other] = rates[name]
        last = name
    return search.reached


def newton(
    kernel: Kernel, gates: np.ndarray, search: Search, options: LBFGS, pairs: Curvature
) -> None:
    """L-BFGS; with a metric in rounds, each but the first with that of the gates reached so far."""
    if not options.metric:
        lbfgs(kernel, gates, search, options, pairs)
        return
    left = options.iterations
    while left > 0 and not search.over:
        before, count = search.best, len(search.history)
        lbfgs(kernel, gates, search, replace(options, iterations=min(left, options.refresh)), pairs)
        spent = len(search.history) - count
        left -= spent
        gates = search.gates
        gain = math.log(max(before, 1e-300) / max(search.best, 1e-300))
        if pairs.first is not None and gain < search.tolerance * spent / options.window:
            break
        metric = WindowMetric(kernel.ansatz, gates, options.metric)
        pairs = Curvature(options.memory, metric)


class Moves(Protocol):
    """The directions in which gates may move, and the steps along them."""

    def gradient(self, gates: np.ndarray, environments: np.ndarray, overlap: complex) -> np.ndarray:
        """Return the gradient of -ln|f|² along the directions."""
        ...

    def moved(self, gates: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the gates after a step."""
        ...


class _AnyUnitary:
    """All directions of the unitary group: G → e^X G for every gate."""

    def gradient(self, gates: np.ndarray, environments: np.ndarray, overlap: complex) -> np.ndarray:
        out = np.empty_like(gates)
        log_gradient(gates, environments, overlap.real, overlap.imag, out)
        return out

    def moved(self, gates: np.ndarray, step: np.ndarray) -> np.ndarray:
        out = np.empty_like(gates)
        retract(step, gates, out)
        return out


ANY_UNITARY = _AnyUnitary()


def lbfgs(
    kernel: Gradients,
    gates: np.ndarray,
    search: Search,
    options: LBFGS,
    pairs: Curvature | None = None,
    moves: Moves = ANY_UNITARY,
) -> np.ndarray:
    """Minimise -ln|f|² over all gates at once, starting from `gates` (gates, 2, 4, 4).

    `pairs` carries the curvature of an earlier search that ended at these gates.
    """
    overlap, environments = kernel.evaluate(gates)
    gradient = moves.gradient(gates, environments, overlap)
    if pairs is None:
        pairs = Curvature(options.memory)
    value, trace = _objective(overlap), [search.note(kernel, gates, overlap)]
    for _ in range(options.iterations):
        if search.over:
            break
        step, slope = _direction(gradient, pairs, value, options.longest)
        for _ in range(10):
            trial = moves.moved(gates, step)
            overlap, environments = kernel.evaluate(trial)
            # Truncations leave some noise in the objective.
            noise = 0.02 * search.best if search.best < 1e-3 else 50.0 * kernel.cut
            allowance = max(1e-13, noise)
            accepted = _objective(overlap) <= value + 1e-4 * slope + allowance
            if accepted:
                break
            step, slope = 0.3 * step, 0.3 * slope
        if not accepted:
            if not len(pairs):
                break
            pairs.clear()
            continue
        new_gradient = moves.gradient(trial, environments, overlap)
        pairs.add(step, new_gradient - gradient)
        gates, gradient, value = trial, new_gradient, _objective(overlap)
        trace.append(search.note(kernel, gates, overlap))
        if _stalled(trace, options.window, search.tolerance):
            break
    return gates


def _objective(overlap: complex) -> float:
    return -2.0 * math.log(max(abs(overlap), 1e-300))


def _direction(
    gradient: np.ndarray, pairs: Curvature, value: float, longest: float
) -> tuple[np.ndarray, float]:
    """Return the quasi-Newton step, no entry longer than allowed, and its slope.

    Without curvature pairs the step is the gradient times value / |gradient|², which would reach
    the minimum 0 of -ln F if it fell linearly, and at most 0.3 in any entry; a first guess of the
    Hessian is trusted as it is.
    """
    step = pairs.direction(gradient)
    slope = float(np.dot(gradient.reshape(-1), step.reshape(-1)))
    if slope >= 0.0:
        pairs.clear()
        step = -gradient
        slope = -float(np.dot(gradient.reshape(-1), gradient.reshape(-1)))
    factor, limit = 1.0, longest
    if not len(pairs):
        factor, limit = value / max(-slope, 1e-300), 0.3
        if pairs.first is not None:
            factor = min(factor, 1.0)
    largest = max(float(np.abs(step).max()), 1e-300)
    factor = min(factor, limit / largest)
    return step * factor, slope * factor


def _stalled(trace: list[float], window: int, tolerance: float) -> bool:
    return len(trace) > window and min(trace[-window:]) > min(trace[:-window]) * (1.0 - tolerance)
