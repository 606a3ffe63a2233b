"""Fidelity of a circuit's output state with a target, with an interval.

Rigorous: let θ bound the angle between the true state and the simulated one (see `engines`), and
let φ be the simulated angle to the target, cos² φ = F. Angles between rays are a metric, so the
true fidelity lies in [cos²(φ + θ), cos²(φ - θ)], cut off at 0 and 1. Where truncation makes θ too
large to say anything, θ is estimated instead from the kept weights and from what half the bond
lost in truth (see `truncated`), and the interval is called an estimate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qtn.errors import VerificationError
from qtn.states import MPS
from qtn.verification.engines.chains import ENGINES, PreparedState
from qtn.verification.engines.truncated import CERTIFIED, Ladder
from qtn.verification.inputs import GateList
from qtn.verification.limits import Forecast, Limits

RIGOROUS = 0.01
"""Angle up to which the bound is tight enough to be worth more than an estimate."""
ROUNDING = 1e-12
"""Double precision over some thousands of contractions: no interval is narrower than this."""
WORTHLESS = 0.5
"""A simulation that keeps less than this fidelity says nothing worth printing."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A number within bounds; `rigorous` if they are bounds, not estimates.

    The interval of a value that is not certified reaches to infinity, that of a fidelity from 0
    to 1.
    """

    value: float
    low: float
    high: float
    rigorous: bool

    @property
    def certified(self) -> bool:
        """Whether the interval says anything."""
        return self.rigorous or (math.isfinite(self.high) and (self.low, self.high) != (0.0, 1.0))


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


def simulate(name: str, gates: GateList, expected: Forecast, limits: Limits) -> PreparedState:
    """Run an engine within the bond allowed.

    Raises:
        VerificationError: If truncation left too little of the state.
    """
    state = ENGINES[name](gates, None if expected.exact else limits.max_bond, limits.cutoff)
    refuse_worthless(state, expected, limits)
    return state


def refuse_uncertified(intervals: Sequence[Interval], state: PreparedState, limits: Limits) -> None:
    """Raise `VerificationError` if not one of the intervals says anything."""
    if any(i.certified for i in intervals):
        return
    raise VerificationError(
        f"Nothing is certified: a chain with bond {state.max_bond} keeps an estimated "
        f"{state.kept:.4g} of the state, and what changes between bonds is too large for an "
        f"interval. Raise the limit (limits=Limits(max_bond={2 * limits.max_bond})), or ask for "
        "observables with a small causal cone."
    )


def ladder_of(name: str, gates: GateList, state: PreparedState, limits: Limits) -> Ladder:
    """Run the circuit at a half and a quarter of the bond too: the evidence for estimates."""
    bonds = [b for b in (limits.max_bond // 2, limits.max_bond // 4) if b >= 1]
    return Ladder.of([state, *(ENGINES[name](gates, b, limits.cutoff) for b in bonds)])


def fidelity_with(state: PreparedState, ladder: Ladder | None, target: MPS) -> Interval:
    """Return the fidelity with a normalised target and its interval.

    Args:
        state: The simulated state.
        ladder: Evidence for an estimate; None if the state's own bound is tight enough.
        target: The target.

    Returns:
        The interval; it is all of [0, 1] ("not certified") where the estimate would be wider
        than half of that.
    """
    value = abs(state.overlap(target)) ** 2
    if ladder is None:
        return fidelity_interval(value, state.distance, rigorous=True)
    found = fidelity_interval(value, math.sqrt(ladder.infidelity), rigorous=False)
    certain = len(ladder.chains) > 1 and found.high - found.low <= CERTIFIED
    return found if certain else Interval(found.value, 0.0, 1.0, False)
