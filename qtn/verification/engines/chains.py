"""Matrix-product engines: a circuit as a chain, by the package's own kernels or by quimb.

Rigorous: let θ bound the angle between the true state and the simulated one (see `prepared`), and
let φ be the simulated angle to the target, cos² φ = F. Angles between rays are a metric, so the
true fidelity lies in [cos²(φ + θ), cos²(φ - θ)], cut off at 0 and 1. Where truncation makes θ too
large to say anything, θ is estimated instead from the kept weights and from what half the bond
lost in truth (see `truncated`), and the interval is called an estimate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from qtn.errors import VerificationError
from qtn.interop.circuits import GateList
from qtn.states import MPS
from qtn.states.operators import weight_bound
from qtn.verification.engines.base import (
    ROUNDING,
    Answer,
    Interval,
    Question,
    fidelity_interval,
)
from qtn.verification.engines.chain_state import ChainState
from qtn.verification.engines.prepared import PreparedState
from qtn.verification.engines.quimb_state import QuimbState
from qtn.verification.engines.truncated import CERTIFIED, Ladder, estimates
from qtn.verification.limits import Forecast, Limits
from qtn.verification.trial import within

__all__ = ["STATES", "Chain", "fidelity_with", "ladder_of", "maker", "simulate"]

RIGOROUS = 0.01
"""Angle up to which the bound is tight enough to be worth more than an estimate."""
WORTHLESS = 0.5
"""A simulation that keeps less than this fidelity says nothing worth printing."""
STATES: dict[str, type[PreparedState]] = {"chain": ChainState, "quimb": QuimbState}
Maker = Callable[[GateList, int | None, float], PreparedState]


@dataclass(frozen=True, slots=True)
class Chain:
    """A matrix-product engine.

    Args:
        name: "chain" (own kernels) or "quimb".
        expected: what the simulation is predicted to need.
        device: a torch device for "chain"; None is the CPU.
    """

    name: str
    expected: Forecast
    device: str | None = None

    def ask(self, question: Question) -> Answer:
        """Return bounds where little was cut, else estimates from smaller bonds."""
        limits = question.limits
        with within(limits, self.expected):
            gates, device = question.gates, self.device
            state = simulate(self.name, gates, self.expected, limits, device)
            tight = self.expected.exact or state.distance <= RIGOROUS
            ladder = None if tight else ladder_of(self.name, gates, state, limits, device)
            fidelity = None
            if question.target is not None:
                fidelity = fidelity_with(state, ladder, question.target)
            values = _bounds(state, question) if ladder is None else _estimates(ladder, question)
        why, memory = _why(state, self.expected), self.expected.memory
        name = self.name if self.device is None else f"{self.name} on {self.device}"
        answer = Answer(name, why, fidelity, values, state.max_bond, memory)
        refuse_uncertified(answer.intervals, state, limits)
        return answer


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


def maker(name: str, device: str | None = None) -> Maker:
    """Return what makes the state of a circuit: an engine by its name, on a torch device or not."""
    if device is None:
        return STATES[name]
    from qtn.verification.engines.device_state import DeviceState  # brings torch along

    return partial(DeviceState, device=device)


def simulate(
    name: str, gates: GateList, expected: Forecast, limits: Limits, device: str | None = None
) -> PreparedState:
    """Run an engine within the bond allowed, the chain on a torch device where one is given.

    Raises:
        VerificationError: if truncation left too little of the state.
    """
    bond = None if expected.exact else limits.max_bond
    state = maker(name, device)(gates, bond, limits.cutoff)
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


def ladder_of(
    name: str, gates: GateList, state: PreparedState, limits: Limits, device: str | None = None
) -> Ladder:
    """Run the circuit at a half and a quarter of the bond too: the evidence for estimates."""
    bonds = [b for b in (limits.max_bond // 2, limits.max_bond // 4) if b >= 1]
    return Ladder.of([state, *(maker(name, device)(gates, b, limits.cutoff) for b in bonds)])


def fidelity_with(state: PreparedState, ladder: Ladder | None, target: MPS) -> Interval:
    """Return the fidelity with a normalised target and its interval.

    Args:
        state: the simulated state.
        ladder: evidence for an estimate; None if the state's own bound is tight enough.
        target: the target.

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


def _bounds(state: PreparedState, question: Question) -> tuple[Interval, ...]:
    """Return expectation values; pure states at angle θ differ by at most 2 sin θ ‖O‖."""
    out = []
    for terms in question.terms:
        value = state.expectation(terms)
        width = 2.0 * state.distance * weight_bound(terms)
        out.append(Interval(value, value - width, value + width, True))
    return tuple(out)


def _estimates(ladder: Ladder, question: Question) -> tuple[Interval, ...]:
    found = []
    for (value, width), terms in zip(
        estimates(ladder, question.terms), question.terms, strict=True
    ):
        width += ROUNDING * max(1.0, weight_bound(terms))
        found.append(Interval(value, value - width, value + width, False))
    return tuple(found)


def _why(state: PreparedState, expected: Forecast) -> str:
    if expected.exact:
        return f"an exact chain needs a bond of at most {round(2**expected.peak)}"
    if state.distance <= RIGOROUS:
        return f"truncated chain, angle error at most {state.distance:.1g}"
    return (
        f"truncated chain that keeps an estimated {state.kept:.4g} of the state; interval from the "
        "kept weight and from what a half and a quarter of the bond change"
    )
