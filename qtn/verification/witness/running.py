"""Run a witness on a device, or read it from counts, and return a `Check`."""

from __future__ import annotations

import time
from typing import Any

from qtn._checks import choice, fail
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.interop.circuits import gate_list, read_circuit
from qtn.interop.targets import target_state
from qtn.states import MPS
from qtn.verification.check import Check, Cost
from qtn.verification.inputs import observable_terms
from qtn.verification.limits import Limits
from qtn.verification.witness.protocols import (
    CrossEntropy,
    DirectFidelity,
    Mirror,
    Shadows,
    rows_of,
)

SIGMAS = 1.96


def check_counts(counts: Any, target: MPS, method: Any, limits: Limits) -> Check:
    """Return the cross-entropy witness of counts against a target state.

    Raises:
        ArgumentError: if the counts have another width, or the method needs other circuits.
    """
    start = time.process_time()
    if not isinstance(method, CrossEntropy):
        choice(
            "method",
            method,
            ("auto",),
            way_out="Counts of the circuit alone allow CrossEntropy(); the other witnesses need "
            "their own circuits: verify(circuit, target, device=…, method=DirectFidelity()).",
        )
        method = CrossEntropy(seed=limits.seed)
    bits, weights = rows_of(counts)
    if bits.shape[1] != target.n:
        raise ArgumentError(
            f"Argument `counts` has {bits.shape[1]} bits, but the target has {target.n} sites."
        )
    estimate = method.estimate(bits, weights, target)
    why = "fidelity if errors scatter evenly over all outcomes"
    return _as_check(estimate, "cross-entropy", why, start)


def check_device(
    circuit: Any,
    target: Any,
    observables: Any,
    device: Any,
    method: Any,
    limits: Limits | None = None,
) -> Check:
    """Plan a witness, run it on a device and evaluate it.

    Raises:
        ArgumentError: if the witness lacks its target or observables.
        BudgetError: if it takes more than `limits.budget`, or needs one.
    """
    from qtn.devices import run

    start = time.process_time()
    where = {"device": device, "seed": 0, "budget": None if limits is None else limits.budget}
    circuit = read_circuit(circuit)
    state = None if target is None else target_state(target)
    if isinstance(method, Shadows):
        return _shadows(circuit, observables, method, where, start)
    if isinstance(method, Mirror):
        plan = method.plan(circuit)
        result = run(list(plan.circuits), shots=plan.shots, **where)
        counts = [result.counts(k) for k in range(len(plan.circuits))]
        why = f"{plan.text}; one pass from the round trip"
        return _as_check(method.estimate(counts), "mirror circuits", why, start)
    if state is None:
        raise fail("target", "the state that the circuit should prepare", target)
    plan = method.plan(circuit, state)
    result = run(list(plan.circuits), shots=plan.shots, **where)
    if isinstance(method, CrossEntropy):
        estimate = method.estimate(*rows_of(result.counts(0)), state)
        why = f"{plan.text}; fidelity if errors scatter evenly over all outcomes"
        return _as_check(estimate, "cross-entropy", why, start)
    assert isinstance(method, DirectFidelity)
    counts = [result.counts(k) for k in range(len(plan.circuits))]
    why = f"{plan.text}; unbiased for any noise"
    return _as_check(method.estimate(counts, state), "direct fidelity", why, start)


def _shadows(
    circuit: Any, observables: Any, method: Shadows, where: dict[str, Any], start: float
) -> Check:
    from qtn.devices import run

    if observables is None:
        raise fail("observables", "given for classical shadows", observables)
    n = gate_list(circuit).n
    groups = observable_terms(observables, n)
    if any(x not in "XYZ" for terms in groups for t in terms for _, x in t.factors):
        raise fail("observables", "sums of Pauli strings for classical shadows", observables)
    weight = max((len(t.factors) for terms in groups for t in terms), default=1)
    plan = method.plan(circuit, weight)
    result = run(list(plan.circuits), shots=plan.shots, **where)
    counts = [result.counts(k) for k in range(len(plan.circuits))]
    values = []
    for terms in groups:
        value = variance = 0.0
        for term in terms:
            letters = dict(term.factors)
            label = "".join(letters.get(q, "I") for q in reversed(range(n)))
            found = method.estimate(counts, label, weight)
            value += term.coefficient * float(found)
            variance += (term.coefficient * float(found.stderr)) ** 2
        values.append(Estimate(value, variance**0.5, plan.total, "classical shadows"))
    cost = Cost(time.process_time() - start)
    return Check(None, None, None, "classical shadows", cost, plan.text, tuple(values))


def _as_check(estimate: Estimate, method: str, why: str, start: float) -> Check:
    low, high = estimate.interval(SIGMAS)
    cost = Cost(time.process_time() - start)
    why = f"{why}; {estimate.shots} shots, 95 % interval"
    return Check(float(estimate), float(low), float(high), method, cost, why)
