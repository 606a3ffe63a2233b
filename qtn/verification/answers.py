"""Ask one engine: fidelity and values as intervals, with what it took."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel

from qtn.errors import VerificationError
from qtn.states import MPS
from qtn.verification.engines.chains import PreparedState
from qtn.verification.engines.contraction import (
    Contraction,
    overlap_network,
    plan_contraction,
    value_network,
)
from qtn.verification.engines.fidelity import (
    RIGOROUS,
    Interval,
    fidelity_interval,
    fidelity_with,
    ladder_of,
    refuse_uncertified,
    simulate,
)
from qtn.verification.engines.lightcone import cone_expectation
from qtn.verification.engines.noisy import (
    FIDELITY_SHOTS,
    noisy_interval,
    noisy_ladder,
    trajectories,
    trajectory_fidelity,
)
from qtn.verification.engines.noisy_overlap import noisy_fidelity
from qtn.verification.engines.truncated import Ladder, estimates
from qtn.verification.inputs import GateList, Product, weight_bound
from qtn.verification.limits import Forecast, Limits

ROUNDING = 1e-12
CONTRACTION_ROUNDING = 1e-11
"""Sums inside a network may cancel, so that rounding weighs a little more than in a chain."""
SIGMAS = 5.0


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked: a circuit, a target state, observables as product terms."""

    gates: GateList
    target: MPS | None
    terms: list[list[Product]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one engine says.

    Attributes:
        engine: Its name.
        why: What the interval rests on.
        fidelity: Interval of the fidelity, None if not asked.
        values: Interval of every observable.
        max_bond: Largest bond dimension, 0 without a chain.
        seconds: Processor time.
    """

    engine: str
    why: str
    fidelity: Interval | None
    values: tuple[Interval, ...]
    max_bond: int
    seconds: float


def ask_chain(name: str, job: Job, expected: Forecast, limits: Limits) -> Answer:
    """Ask a matrix-product engine ("quimb" or "chain")."""
    start = time.process_time()
    state = simulate(name, job.gates, expected, limits)
    tight = expected.exact or state.distance <= RIGOROUS
    ladder = None if tight else ladder_of(name, job.gates, state, limits)
    fidelity = None if job.target is None else fidelity_with(state, ladder, job.target)
    values = _bounds(state, job) if ladder is None else _estimates(ladder, job)
    refuse_uncertified([*values, *([] if fidelity is None else [fidelity])], state, limits)
    seconds = time.process_time() - start
    return Answer(name, _why(state, expected), fidelity, values, state.max_bond, seconds)


def ask_cone(job: Job) -> Answer:
    """Ask for exact values on causal cones."""
    start = time.process_time()
    values = []
    for terms in job.terms:
        value = cone_expectation(job.gates, terms)
        width = ROUNDING * max(1.0, weight_bound(terms))
        values.append(Interval(value, value - width, value + width, True))
    why = "causal cones of at most 24 qubits are exact"
    return Answer("cone", why, None, tuple(values), 0, time.process_time() - start)


def ask_contraction(
    job: Job, plans: Sequence[Contraction], executor: Executor | None = None
) -> Answer:
    """Ask for exact values by contracting the networks planned by `plan_contractions`."""
    start = time.process_time()
    found = [plan.evaluate(executor) for plan in plans]
    fidelity = None
    if job.target is not None:
        fidelity = fidelity_interval(abs(found.pop(0)) ** 2, CONTRACTION_ROUNDING, rigorous=True)
    values, rest = [], iter(found)
    for terms in job.terms:
        value = sum(t.coefficient * (next(rest).real if t.factors else 1.0) for t in terms)
        width = CONTRACTION_ROUNDING * max(1.0, weight_bound(terms))
        values.append(Interval(value, value - width, value + width, True))
    why = "the identity needs no network"
    if plans:
        parts = sum(p.slices for p in plans)
        why = (
            f"the whole network contracted without truncation in {parts} parts, "
            f"order {plans[0].search}"
        )
    seconds = time.process_time() - start
    return Answer("contraction", why, fidelity, tuple(values), 0, seconds)


def plan_contractions(job: Job, limits: Limits, *, search: bool = True) -> list[Contraction]:
    """Plan one network for the target, then one for every product with factors."""
    networks = [] if job.target is None else [overlap_network(job.gates, job.target)]
    networks += [value_network(job.gates, t) for terms in job.terms for t in terms if t.factors]
    return [plan_contraction(network, limits, search=search) for network in networks]


def ask_pauli(job: Job, circuit: QuantumCircuit, noise: NoiseModel, limits: Limits) -> Answer:
    """Ask for noisy values from the density operator in the Pauli basis."""
    start = time.process_time()
    states = noisy_ladder(circuit, noise, limits)
    full, half = states[0], states[1] if len(states) > 1 else None
    values = tuple(noisy_interval(full, half, terms) for terms in job.terms)
    fidelity = None if job.target is None else noisy_fidelity(states, job.target)
    if not any(i.certified for i in [*values, *([] if fidelity is None else [fidelity])]):
        raise VerificationError(
            f"Nothing is certified: the noisy state lost {full.lost:.2g} of its weight at bond "
            f"{full.state.max_bond}, and what it lost cannot be told from coarser bonds. Raise the "
            f"limit: limits=Limits(max_bond={2 * limits.max_bond})."
        )
    lost = f"relative weight lost {full.lost:.1e}"
    why = f"density operator in the Pauli basis, no sampling error, {lost}"
    if full.measured:
        why += ", readout errors included"
    return Answer("pauli", why, fidelity, values, full.state.max_bond, time.process_time() - start)


def ask_trajectories(
    job: Job, circuit: QuantumCircuit, noise: NoiseModel, own: dict[int, int], limits: Limits
) -> Answer:
    """Ask Aer for noisy values by trajectories, intervals of five standard errors."""
    start = time.process_time()
    fidelity = None
    if job.target is not None:
        value, error = trajectory_fidelity(circuit, noise, job.target, limits)
        width = SIGMAS * error + 1.0 / limits.shots
        fidelity = Interval(value, max(0.0, value - width), min(1.0, value + width), False)
    values = []
    for terms in job.terms:
        value, error = trajectories(circuit, noise, terms, own, limits)
        width = SIGMAS * error + 1.0 / limits.shots
        values.append(Interval(value, value - width, value + width, False))
    parts = [f"{limits.shots} shots per setting"] if job.terms else []
    if job.target is not None:
        parts.append(f"{min(limits.shots, FIDELITY_SHOTS)} final states for the fidelity")
    why = f"Aer's noise trajectories, {', '.join(parts)}, five standard errors"
    seconds = time.process_time() - start
    return Answer("trajectories", why, fidelity, tuple(values), 0, seconds)


def _bounds(state: PreparedState, job: Job) -> tuple[Interval, ...]:
    """Return expectation values; pure states at angle θ differ by at most 2 sin θ ‖O‖."""
    out = []
    for terms in job.terms:
        value = state.expectation(terms)
        width = 2.0 * state.distance * weight_bound(terms)
        out.append(Interval(value, value - width, value + width, True))
    return tuple(out)


def _estimates(ladder: Ladder, job: Job) -> tuple[Interval, ...]:
    found = []
    for (value, width), terms in zip(estimates(ladder, job.terms), job.terms, strict=True):
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


def compare(first: Answer, second: Answer) -> None:
    """Raise `VerificationError` unless the intervals of two engines overlap."""
    pairs: list[Any] = list(zip(first.values, second.values, strict=True))
    if first.fidelity is not None and second.fidelity is not None:
        pairs.insert(0, (first.fidelity, second.fidelity))
    for a, b in pairs:
        slack = ROUNDING * max(1.0, abs(a.value))
        if not (a.low - slack <= b.high and b.low - slack <= a.high):
            raise VerificationError(
                f"Two engines disagree: {first.engine} gives {a.value:.12g} in "
                f"[{a.low:.12g}, {a.high:.12g}], {second.engine} gives {b.value:.12g} in "
                f"[{b.low:.12g}, {b.high:.12g}]. Trust neither; report the circuit."
            )
