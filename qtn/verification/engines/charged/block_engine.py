"""Circuits that conserve charges: a chain in blocks, with bounds by sweeps and causal cones.

Rigorous intervals come from `qtn.states.blocks.bounds` (values) and from the angle between the true
state and the simulated one (fidelities). Where these say too little, estimates take their place by
the rule of `truncated`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from qtn.errors import VerificationError
from qtn.interop.charged import ChargedCircuit
from qtn.states import MPS
from qtn.states.operators import weight_bound
from qtn.verification.engines.base import Answer, Interval, Question, fidelity_interval
from qtn.verification.engines.chains import RIGOROUS, WORTHLESS, fidelity_with
from qtn.verification.engines.charged.block_state import BlockState
from qtn.verification.engines.charged.block_trial import Tried
from qtn.verification.engines.charged.block_values import Bounded, bounded, estimated
from qtn.verification.engines.truncated import Ladder
from qtn.verification.limits import Forecast, Limits
from qtn.verification.trial import within

__all__ = ["Blocks"]


@dataclass(frozen=True, slots=True)
class Blocks:
    """The engine of circuits that conserve charges.

    Args:
        circuit: the circuit by its charges.
        tried: what a trial has found.
    """

    circuit: ChargedCircuit
    tried: Tried

    name = "blocks"

    @property
    def expected(self) -> Forecast:
        """What the simulation is predicted to need."""
        return self.tried.forecast

    def ask(self, question: Question) -> Answer:
        """Return bounds where truncations did little to a value, else estimates."""
        limits = replace(question.limits, max_bond=self.tried.bond)
        with within(limits, self.expected):
            state = self.tried.state or BlockState(self.circuit, limits.max_bond, limits.cutoff)
            found = Bounded(state, question.terms)
            ladder = None if self._tight(found, question) else self._ladder(state, limits)
            fidelity = None
            if question.target is not None:
                fidelity = _fidelity(state, ladder, question.target)
            values = bounded(found)
            if ladder is not None:
                states = [s for s in ladder.states if isinstance(s, BlockState)]
                values = estimated(found, ladder, states)
        answer = Answer(
            self.name, _why(state, values), fidelity, values, state.max_bond, self.expected.memory
        )
        if not any(i.certified for i in answer.intervals):
            raise VerificationError(_refusal(state, self.expected))
        return answer

    def _tight(self, found: Bounded, question: Question) -> bool:
        """Say whether the bounds are worth more than estimates."""
        if question.target is not None and found.state.distance > RIGOROUS:
            return False
        pairs = zip(found.widths, found.observables, strict=True)
        return all(width <= 2.0 * RIGOROUS * weight_bound(terms) for width, terms in pairs)

    def _ladder(self, state: BlockState, limits: Limits) -> Ladder:
        bonds = [b for b in (limits.max_bond // 2, limits.max_bond // 4) if b >= 1]
        return Ladder.of([state, *(BlockState(self.circuit, b, limits.cutoff) for b in bonds)])


def _fidelity(state: BlockState, ladder: Ladder | None, target: MPS) -> Interval:
    """Return the narrower of the bound and the estimate."""
    value = abs(state.overlap(target)) ** 2
    bound = fidelity_interval(value, state.distance, rigorous=True)
    if ladder is None:
        return bound
    guess = fidelity_with(state, ladder, target)
    return guess if guess.high - guess.low < bound.high - bound.low else bound


def _why(state: BlockState, values: tuple[Interval, ...]) -> str:
    kinds = len(state.circuit.weights)
    charges = "one charge is" if kinds == 1 else f"{kinds} charges are"
    paired = max(map(len, state.circuit.groups)) > 1
    sites = ", two qubits a site" if paired else ""
    if state.distance <= RIGOROUS or (values and all(i.rigorous for i in values)):
        ends = f"angle error at most {min(state.distance, math.pi / 2):.1g}, less for local values"
    else:
        ends = (
            f"keeps an estimated {state.kept:.4g} of the state; interval from the kept weight and "
            "from what a half and a quarter of the bond change"
        )
    return f"{charges} conserved, chain in blocks{sites}; {ends}"


def _refusal(state: BlockState, expected: Forecast) -> str:
    little = (
        f"only {state.kept:.2g}" if state.kept < WORTHLESS else f"an estimated {state.kept:.4g}"
    )
    return (
        f"Nothing is certified: a chain in blocks with bond {state.max_bond} keeps {little} of the "
        f"state. At twice the bond expect {6 * max(expected.seconds, state.seconds):.3g} s and "
        f"{4 * expected.memory / 1e9:.2g} GB. Raise the limits (limits=Limits(block_bond="
        f"{2 * state.max_bond}, seconds=…)), or ask for observables with a small causal cone."
    )
