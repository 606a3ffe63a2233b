"""Time evolution of trees, and of chains as trees: steps of one kind, their errors, the origin."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._machine import few_threads, suited
from qtn._progress import progress_bar
from qtn.physics.evolution import BUG, TEBD, ParallelBUG, default_step, step_count
from qtn.physics.on_trees.basis_update import FLOOR, SMALL, updated
from qtn.physics.on_trees.bonds import cut
from qtn.physics.on_trees.parallel_update import updated_in_parallel
from qtn.physics.on_trees.tree_channels import tree_operator
from qtn.physics.on_trees.tree_gates import Gates
from qtn.physics.terms import Terms
from qtn.states import TTN

__all__ = ["chosen_method", "run"]

Tensor = NDArray[Any]
Method = TEBD | BUG | ParallelBUG
# Step of the integrators over the energy scale per site; gates have a rule of their own. Longer
# ones cost no less on large trees: what they get wrong takes bonds.
_DEFAULT_STEP = 0.0125
# A bond grows by few directions in a step, and what needs more is lost to first order: the first
# step is taken in pieces that double, so that the bonds are there when the steps are long.
_RAMP = (2.0**-8, *(0.5**k for k in range(8, 0, -1)))
Step = Callable[[TTN, complex, float], tuple[TTN, float, NDArray[np.float64]]]


def chosen_method(terms: Terms, method: Any) -> Method:
    """Return the method, by default gates where all terms act on one site or two.

    Raises:
        ArgumentError: a method that trees do not have, or gates for terms on more sites.
    """
    widest = max((len(word) for word in terms.products), default=0)
    if method is None:
        return TEBD() if widest <= 2 else BUG()
    if not isinstance(method, TEBD | BUG | ParallelBUG):
        raise fail("method", "TEBD(...), BUG(...) or ParallelBUG(...) on a tree", method)
    if isinstance(method, TEBD) and widest > 2:
        raise fail(
            "method", f"BUG(...) for a Hamiltonian with terms on {widest} sites", method,
            "Gates act on two sites, at any distance.",
        )  # fmt: skip
    return method


def run(
    terms: Terms, start: TTN, time: complex, limits: tuple[float, int], method: Method,
    progress: bool | None,
) -> tuple[TTN, float, float, NDArray[np.float64], float]:  # fmt: skip
    """Evolve a canonical tree of norm 1.

    Args:
        terms: the Hamiltonian.
        start: the state.
        time: real, or negative imaginary.
        limits: relative squared weight that one cut may lose; largest bond, 0 for no limit.
        method: how.
        progress: show a bar.

    Returns:
        The state; the step; the estimated error of all steps; the weight lost per bond; how far
        the norm would have moved from 1.
    """
    real = time.imag < 0 and terms.real and start.dtype == np.float64
    state = start if real else TTN(tuple(t.astype(complex) for t in start.tensors), start.pairs)
    if isinstance(method, ParallelBUG) and not limits[1]:
        raise fail(
            "max_bond", "given with ParallelBUG(...)", None,
            "Its ranks keep errors of the step's square and grow without need.",
        )  # fmt: skip
    discarded = np.zeros(terms.n - 2)
    if time == 0:
        return state, 0.0, 0.0, discarded, 0.0
    steps = step_count(abs(time), method.step or _default_step(terms, method, limits[0]))
    step, log_norm = time / steps, 0.0
    regular, first, order = _steppers(terms, start, limits, method)
    # The error of a step of gates hardly changes, and is taken while the bonds are small. That of
    # an integrator is another as they grow: it is taken early for the first quarter, and then for
    # the rest. What the start lacks of directions is lost with the first piece.
    early, late = min(1, steps - 1), steps // 4
    ramp = not isinstance(method, TEBD)
    probes = {early: max(late, 1), late: steps - late} if ramp else {early: steps}
    pieces = _RAMP if ramp else (1.0,)
    error = 4.0 * _local_error(first, state, step * pieces[0], 1) if ramp else 0.0
    with progress_bar(steps, "evolve", progress) as bar:
        for k in range(steps):
            with few_threads(suited(state.max_bond)):
                if k in probes:
                    error += probes[k] * _local_error(regular, state, step, order)
                for share in (1.0,) if k else pieces:
                    state, norm, lost = (regular if k else first)(state, step * share, 1.0)
                    log_norm += math.log(norm)
                    discarded += lost
            bar.grown(state.max_bond, limits[1])
            bar.update()
    drift = 0.0 if time.imag else abs(math.expm1(log_norm))
    if isinstance(method, BUG):
        tensors, _, lost = cut(state.tensors, state.pairs, limits[0], limits[1] or None)
        state, discarded = TTN(tuple(tensors), state.pairs), discarded + lost
    return state, abs(step), error, discarded, drift


def _steppers(
    terms: Terms, start: TTN, limits: tuple[float, int], method: Method
) -> tuple[Step, Step, int]:
    """Return functions (state, step, share of the cutoff) -> (state, norm, weight lost per bond).

    Returns:
        One for all steps but the first, one for the first, and the order.
    """
    cutoff, bond = limits[0], limits[1] or None
    if isinstance(method, TEBD):
        gates = Gates(terms, start.pairs, method.order)

        def apply(state: TTN, h: complex, share: float) -> Any:
            return gates.step(state, h, cutoff * share, bond)

        return apply, apply, method.order
    operator = tree_operator(terms, start.pairs)

    def step(state: TTN, h: complex, share: float, parallel: int = 0) -> Any:
        floor = FLOOR * math.sqrt(cutoff * share)
        given = operator, state.tensors, -1j * h, floor, (method.krylov, method.tolerance)
        wide = updated_in_parallel(*given, parallel) if parallel else updated(*given)
        least = 1 if parallel else SMALL
        tensors, norm, lost = cut(wide, state.pairs, cutoff * share, bond, least)
        return TTN(tuple(tensors), state.pairs), norm, lost

    if isinstance(method, ParallelBUG):
        return partial(step, parallel=method.workers), step, 1
    return step, step, 1


def _default_step(terms: Terms, method: Method, cutoff: float) -> float:
    if isinstance(method, TEBD):
        return default_step(terms.strength, method.order, cutoff)
    return _DEFAULT_STEP / max(terms.strength / 3.0, 1e-12)


def _local_error(stepper: Step, state: TTN, step: complex, order: int) -> float:
    """Estimate the error of one step, from one double step against two steps."""
    double = stepper(state, 2 * step, 0.01)[0]
    single = stepper(stepper(state, step, 0.01)[0], step, 0.01)[0]
    return math.sqrt(double.infidelity(single)) / (2.0 ** (order + 1) - 2.0)
