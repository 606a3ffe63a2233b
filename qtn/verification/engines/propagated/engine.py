"""Values by Pauli propagation: exact or rigorous where little is dropped, else an estimate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from qtn._checks import fail
from qtn._machine import MOST, workers
from qtn.errors import VerificationError
from qtn.states.operators import Term, weight_bound
from qtn.states.pauli_sums import PauliSum, generators_of, product_inputs
from qtn.verification.engines.base import ROUNDING, Answer, Interval, Question
from qtn.verification.engines.propagated.ladder import (
    BYTES_PER_TERM,
    FIRST,
    NARROW,
    Rung,
    climb,
    half_widths,
    value_run,
)
from qtn.verification.limits import Limits

__all__ = ["Propagation", "answer_of", "interval_of", "quick_propagation", "refusal"]

SHORT = 1e-2  # relative half-width up to which a bound is given though an estimate is narrower


@dataclass(frozen=True, slots=True)
class Propagation:
    """Pauli propagation in the Heisenberg picture.

    Args:
        answered: what a trial has found already.
    """

    answered: Answer | None = None
    name: str = "propagation"

    def ask(self, question: Question) -> Answer:
        """Return the value of every observable.

        Raises:
            ArgumentError: a fidelity is asked.
            VerificationError: no value can be certified within the limits.
        """
        if self.answered is not None:
            return self.answered
        if question.target is not None or not question.terms:
            raise fail("method", 'another than "propagation" for a fidelity', self.name)
        found = _climbs(question, question.limits.seconds)
        bounds = [weight_bound(terms) for terms in question.terms]
        values = tuple(
            interval_of(rungs, norm, bound)
            for (rungs, norm), bound in zip(found, bounds, strict=True)
        )
        if not any(value.certified for value in values):
            raise VerificationError(refusal(found, question.limits))
        return answer_of(found, values)


def quick_propagation(question: Question, seconds: float) -> Propagation | None:
    """Return the engine if it can answer within little time with bounds that are as good as exact.

    Args:
        question: observables of a circuit.
        seconds: processor time that the trial may take.

    Cost: at most `seconds`.
    """
    if question.target is not None or not question.terms:
        return None
    found = []
    for climbed in _each(question, seconds, question.limits.memory):
        found.append(climbed())
        rungs = found[-1][0]
        if not rungs or rungs[-1].rigorous > NARROW:
            return None
    values = tuple(
        interval_of(rungs, norm, weight_bound(terms))
        for (rungs, norm), terms in zip(found, question.terms, strict=True)
    )
    return Propagation(answer_of(found, values))


def _climbs(question: Question, seconds: float) -> list[tuple[list[Rung], float]]:
    """Return the runs and the norm of every observable, on a few threads at a time.

    Every run is as it would be alone, on any number of cores: what is counted are operations and
    not the clock, and the memory is shared as if there were as many cores as may be used.
    """
    threads = min(len(question.terms), MOST)
    climbs = _each(question, seconds, question.limits.memory / threads)
    with ThreadPoolExecutor(min(threads, workers())) as pool:
        return list(pool.map(lambda climbed: climbed(), climbs))


def _each(
    question: Question, seconds: float, memory: float
) -> list[Callable[[], tuple[list[Rung], float]]]:
    """Return what runs each observable within its share of the time."""
    gates = question.gates
    directions, left = product_inputs(gates.n, gates.gates)
    circuit = generators_of(gates.n, left)
    share = seconds / len(question.terms)

    def one(terms: Sequence[Term]) -> tuple[list[Rung], float]:
        total = PauliSum.from_terms(terms, gates.n)
        return climb(value_run(total, circuit, directions), share, memory), total.norm

    return [partial(one, terms) for terms in question.terms]


def interval_of(rungs: Sequence[Rung], norm: float, bound: float) -> Interval:
    """Return the value with its bound, else with its estimate; it is at most Σ|c| in any case."""
    if not rungs:
        return Interval(0.0, -math.inf, math.inf, False)
    dropped, estimate = half_widths(rungs, norm)
    rigorous = dropped + ROUNDING * max(1.0, bound)
    short = dropped <= SHORT * bound  # rounding alone is no reason to doubt a small operator
    sure = short or (math.isfinite(estimate) and rigorous <= estimate)
    half = rigorous if sure else estimate
    value = min(bound, max(-bound, rungs[-1].value))
    return Interval(value, value - half, value + half, sure)


def answer_of(
    found: Sequence[tuple[list[Rung], float]], values: tuple[Interval, ...], counted: str = "Σ|c|"
) -> Answer:
    """Return the answer with what its intervals rest on."""
    best = [rungs[-1] for rungs, _ in found if rungs]
    peak = max((rung.peak for rung in best), default=0)
    dropped = max((rung.rigorous for rung in best), default=0.0)
    lost = max((rung.lost for rung in best), default=0.0)
    why = f"Pauli strings in the Heisenberg picture, at most {peak:,} of them"
    why += f", {counted} dropped {dropped:.1e}" if dropped else ", none dropped"
    if any(value.certified and not value.rigorous for value in values):
        why += f", squared norm lost {lost:.1e}, changes over three runs"
    return Answer("propagation", why, None, values, 0, BYTES_PER_TERM * peak)


def refusal(
    found: Sequence[tuple[list[Rung], float]], limits: Limits, counted: str = "of Σ|c|"
) -> str:
    """Say what limits, from the observable that came furthest."""
    best = min((rungs[-1] for rungs, _ in found if rungs), key=lambda r: r.lost, default=None)
    if best is None:
        return (
            f"Nothing is certified: Pauli propagation with {FIRST:,} strings takes longer than "
            f"the {limits.seconds:g} s allowed. Raise the limit: limits=Limits(seconds=…)."
        )
    return (
        f"Nothing is certified: Pauli propagation with {best.most:,} strings dropped "
        f"{best.rigorous:.2g} {counted} and {100 * best.lost:.0f} % of the squared norm, and more "
        f"strings within {limits.seconds:g} s and {limits.memory / 1e9:g} GB would not help. "
        "Raise the limits (limits=Limits(seconds=…, memory=…)), or take another `method`."
    )
