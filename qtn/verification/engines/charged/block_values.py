"""Values of a state in blocks with intervals: bounds where these say something, else estimates.

Estimates follow the rule of `truncated`: the same circuit at a half and a quarter of the bond shows
what changes. The probes of a product are here all products of Paulis on the pairs of neighbouring
sites that it touches, two to four qubits each, of which the largest change counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qtn.states.operators import Term, weight_bound
from qtn.verification.engines.base import ROUNDING, Interval
from qtn.verification.engines.charged.block_state import BlockState
from qtn.verification.engines.prepared import Array
from qtn.verification.engines.truncated import CERTIFIED, Ladder, half_widths

__all__ = ["Bounded", "bounded", "estimated"]


@dataclass(frozen=True)
class Bounded:
    """Observables of one state: the values of their terms and what truncations did at most."""

    state: BlockState
    observables: Sequence[Sequence[Term]]

    @cached_property
    def table(self) -> list[Array]:
        """The values of the terms of every observable."""
        return tables(self.state, self.observables)

    @property
    def values(self) -> list[float]:
        """The value of every observable."""
        return [
            math.fsum(t.coefficient * v for t, v in zip(terms, row, strict=True))
            for terms, row in zip(self.observables, self.table, strict=True)
        ]

    @cached_property
    def widths(self) -> list[float]:
        """A rigorous half-width of every observable."""
        return [
            math.fsum(
                abs(t.coefficient) * (self.state.half_width(t, v) if t.factors else 0.0)
                for t, v in zip(terms, row, strict=True)
            )
            for terms, row in zip(self.observables, self.table, strict=True)
        ]


def tables(state: BlockState, observables: Sequence[Sequence[Term]]) -> list[Array]:
    """Return the values of all terms of every observable, in one sweep."""
    found = state.values([t for terms in observables for t in terms])
    ends = np.cumsum([len(terms) for terms in observables])
    return np.split(found, ends[:-1]) if len(ends) else []


def bounded(found: Bounded) -> tuple[Interval, ...]:
    """Return rigorous intervals; those wider than half of Σ|c| are not certified."""
    guesses = [math.inf] * len(found.values)
    return tuple(map(_narrower, found.observables, found.values, found.widths, guesses))


def _narrower(terms: Sequence[Term], value: float, bound: float, guess: float) -> Interval:
    """Return the bound or the estimate, or that nothing is certified."""
    weight = weight_bound(terms)
    guess += ROUNDING * max(1.0, weight)
    if bound <= min(guess, max(CERTIFIED * weight, ROUNDING)):
        return Interval(value, value - bound, value + bound, True)
    return Interval(value, value - guess, value + guess, False)


def estimated(found: Bounded, ladder: Ladder, states: Sequence[BlockState]) -> tuple[Interval, ...]:
    """Return for every observable its bound or the estimate, whichever is narrower.

    Args:
        found: the observables of the best state.
        ladder: the circuit at several bonds.
        states: the same, best first.
    """
    rows = [found.values, *(Bounded(s, found.observables).values for s in states[1:])]
    acting = [t for terms in found.observables for t in terms if t.factors]
    guesses = half_widths(ladder, found.observables, rows, changes(ladder, states, acting))
    return tuple(map(_narrower, found.observables, found.values, found.widths, guesses))


def changes(ladder: Ladder, states: Sequence[BlockState], terms: Sequence[Term]) -> Array:
    """Return for every term the largest first-order change that its probes suggest."""
    if len(states) < 2 or not terms:
        return np.zeros(len(terms))
    pairs = [state.pairs() for state in states]
    worst = np.zeros(max(len(pairs[0]), 1))
    for k, step in enumerate(ladder.steps):
        gaps = [np.abs(a - b).max() for a, b in zip(pairs[k], pairs[k + 1], strict=True)]
        worst = np.maximum(worst, step * np.array(gaps or [0.0]))
    return np.array([max((worst[p] for p in states[0].touched(t)), default=0.0) for t in terms])
