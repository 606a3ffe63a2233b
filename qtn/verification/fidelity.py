"""Fidelity of a circuit's output state with a target, with an interval.

Rigorous: let θ bound the angle between the true state and the simulated one (see `engines`), and
let φ be the simulated angle to the target, cos² φ = F. Angles between rays are a metric, so the
true fidelity lies in [cos²(φ + θ), cos²(φ - θ)], cut off at 0 and 1. Where truncation makes θ too
large to say anything, θ is estimated from the product of the kept weights, cos² θ ≈ Π (1 - ε_k),
and the interval is widened to hold what half the bond dimension gives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qtn.errors import VerificationError
from qtn.states import MPS
from qtn.verification.engines import ENGINES, PreparedState
from qtn.verification.inputs import GateList
from qtn.verification.plan import Forecast, Limits

RIGOROUS = 0.01
"""Angle up to which the bound is tight enough to be worth more than an estimate."""
ROUNDING = 1e-12
"""Double precision over some thousands of contractions: no interval is narrower than this."""
WORTHLESS = 0.5
"""A simulation that keeps less than this fidelity says nothing worth printing."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A number within bounds; `rigorous` if they are bounds, not estimates."""

    value: float
    low: float
    high: float
    rigorous: bool


def fidelity_interval(fidelity: float, sine: float, *, rigorous: bool) -> Interval:
    """Return the fidelities compatible with a simulated one and an angle error.

    Args:
        fidelity: |⟨target|φ⟩|² of the simulated state φ.
        sine: sin θ, the bound (or estimate) of the angle between φ and the true state.
        rigorous: Whether `sine` is a bound.

    Returns:
        The interval.

    Example:
        >>> found = fidelity_interval(0.5, 0.0, rigorous=True)
        >>> found.low < 0.5 < found.high
        True
    """
    fidelity = min(1.0, max(0.0, fidelity))
    angle = math.acos(math.sqrt(fidelity))
    error = math.asin(min(1.0, sine))
    low = math.cos(min(math.pi / 2, angle + error)) ** 2
    high = math.cos(max(0.0, angle - error)) ** 2
    if sine == 0.0:
        low = high = fidelity
    low, high = min(low, fidelity) - ROUNDING, max(high, fidelity) + ROUNDING
    return Interval(fidelity, max(0.0, low), min(1.0, high), rigorous)


def angle_error(state: PreparedState) -> tuple[float, bool]:
    """Return sin θ of a state and whether it is a bound.

    Raises:
        VerificationError: If truncation left too little of the state.
    """
    if state.distance <= RIGOROUS:
        return state.distance, True
    return math.sqrt(max(0.0, 1.0 - state.kept)), False


def refuse_worthless(state: PreparedState, expected: Forecast, limits: Limits) -> None:
    """Raise `VerificationError` with the cost if truncation kept too little."""
    if state.kept >= WORTHLESS:
        return
    needed = expected.peak
    raise VerificationError(
        f"A chain with bond {state.max_bond} keeps only {state.kept:.2g} of the state, too little "
        f"to certify anything. An exact chain may need a bond up to 2^{needed:.0f}; at twice the "
        f"bond expect {8 * max(expected.seconds, state.seconds):.3g} s and "
        f"{4 * expected.memory / 1e9:.2g} GB. Raise the limit "
        f"(limits=Limits(max_bond={2 * limits.max_bond})), or ask for observables with a small "
        "causal cone."
    )


def simulate(
    name: str, gates: GateList, expected: Forecast, limits: Limits
) -> tuple[PreparedState, PreparedState | None]:
    """Run an engine; where it had to truncate, also at half the bond dimension."""
    cap = None if expected.exact else limits.max_bond
    state = ENGINES[name](gates, cap, limits.cutoff)
    refuse_worthless(state, expected, limits)
    if state.distance <= RIGOROUS or cap is None or cap < 2:
        return state, None
    return state, ENGINES[name](gates, cap // 2, limits.cutoff)


def fidelity_with(state: PreparedState, half: PreparedState | None, target: MPS) -> Interval:
    """Return the fidelity with a normalised target and its interval."""
    value = abs(state.overlap(target)) ** 2
    sine, rigorous = angle_error(state)
    interval = fidelity_interval(value, sine, rigorous=rigorous)
    if half is None:
        return interval
    other = abs(half.overlap(target)) ** 2
    spread = abs(other - value)
    low, high = max(0.0, value - spread), min(1.0, value + spread)
    return Interval(value, min(interval.low, low), max(interval.high, high), rigorous)
