"""`qtn.verify`: prove what a circuit, or a device, does."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from qtn._checks import choice
from qtn.errors import ArgumentError, VerificationError
from qtn.estimate import Estimate
from qtn.states import MPS
from qtn.verification.check import Check, Cost
from qtn.verification.engines import PreparedState
from qtn.verification.fidelity import (
    Interval,
    angle_error,
    fidelity_with,
    simulate,
)
from qtn.verification.inputs import (
    GateList,
    Product,
    gate_list,
    observable_terms,
    target_state,
    weight_bound,
)
from qtn.verification.plan import Forecast, Limits, forecast

METHODS = ("auto", "quimb", "chain", "both")
ROUNDING = 1e-12


def verify(
    circuit: Any,
    target: Any = None,
    observables: Any = None,
    noise: Any = None,
    device: Any = None,
    method: str = "auto",
    limits: Limits | None = None,
) -> Check:
    """Verify a circuit with tensor networks and say how sure the answer is.

    Args:
        circuit: A `QuantumCircuit` or a compiled result.
        target: State that the circuit should prepare: an `MPS`, a fitted model, a quimb MPS or an
            amplitude vector.
        observables: Pauli labels, `SparsePauliOp`, `SparseObservable`, or a list of these.
        noise: An Aer noise model in the qubit numbers of `circuit`.
        device: A backend whose noise model to take.
        method: "auto", "quimb", "chain" (own kernels) or "both", which compares them.
        limits: What may be spent; see `Limits`.

    Returns:
        A `Check`: fidelity, interval, method, cost, reason, values.

    Raises:
        ArgumentError: For inputs that cannot be used.
        VerificationError: If the engines disagree, or nothing can be certified within the limits.

    Cost:
        O(gates · χ³) for a chain of bond χ.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> check = verify(bell, [2**-0.5, 0, 0, 2**-0.5], method="both")
        >>> round(check.fidelity, 12), check.rigorous
        (1.0, True)
    """
    choice("method", method, METHODS)
    limits = limits or Limits()
    if target is None and observables is None:
        raise ArgumentError(
            "Arguments `target` and `observables` are both missing. Give a state to compare with "
            'or observables to evaluate, for instance observables=["ZZ"].'
        )
    start = time.process_time()
    gates = gate_list(circuit)
    job = _job(gates, target, observables)
    expected = forecast(gates, limits.max_bond)
    _refuse_expensive(expected, limits)
    names = ["quimb", "chain"] if method == "both" else ["quimb" if method == "auto" else method]
    answers = [_ask(name, job, expected, limits) for name in names]
    if len(answers) == 2:
        _compare(answers[0], answers[1])
    return _check(answers, expected, time.process_time() - start, method)


@dataclass(frozen=True, slots=True)
class _Job:
    gates: GateList
    target: MPS | None
    terms: list[list[Product]]


@dataclass(frozen=True, slots=True)
class _Answer:
    state: PreparedState
    fidelity: Interval | None
    values: tuple[Interval, ...]


def _job(gates: GateList, target: Any, observables: Any) -> _Job:
    state = None if target is None else target_state(target)
    if state is not None and (state.n != gates.n or set(state.phys) != {2}):
        raise ArgumentError(
            f"Argument `target` has {state.n} sites of dimension {max(state.phys)}, but the "
            f"circuit has {gates.n} qubits."
        )
    terms = [] if observables is None else observable_terms(observables, gates.n)
    return _Job(gates, state, terms)


def _refuse_expensive(expected: Forecast, limits: Limits) -> None:
    if expected.seconds <= limits.seconds and expected.memory <= limits.memory:
        return
    raise VerificationError(
        f"The simulation would take about {expected.seconds:.3g} s and "
        f"{expected.memory / 1e9:.2g} GB at bond {limits.max_bond}, beyond the limits of "
        f"{limits.seconds:g} s and {limits.memory / 1e9:g} GB. Raise them "
        f"(limits=Limits(seconds=…, memory=…)), or lower max_bond and accept an estimate."
    )


def _ask(name: str, job: _Job, expected: Forecast, limits: Limits) -> _Answer:
    state, half = simulate(name, job.gates, expected, limits)
    fidelity = None if job.target is None else fidelity_with(state, half, job.target)
    values = tuple(_value(state, half, terms) for terms in job.terms)
    return _Answer(state, fidelity, values)


def _value(state: PreparedState, half: PreparedState | None, terms: list[Product]) -> Interval:
    """Return an expectation value; pure states at angle θ differ by at most 2 sin θ ‖O‖."""
    value = state.expectation(terms)
    sine, rigorous = angle_error(state)
    width = 2.0 * sine * weight_bound(terms)
    if half is not None:
        width = 2.0 * abs(half.expectation(terms) - value)
    return Interval(value, value - width, value + width, rigorous)


def _compare(first: _Answer, second: _Answer) -> None:
    """Raise unless two engines' intervals overlap."""
    pairs = list(zip(first.values, second.values, strict=True))
    if first.fidelity is not None and second.fidelity is not None:
        pairs.insert(0, (first.fidelity, second.fidelity))
    for a, b in pairs:
        slack = ROUNDING * max(1.0, abs(a.value))
        if a.low - slack > b.high or b.low - slack > a.high:
            raise VerificationError(
                f"Two engines disagree: {first.state.name} gives {a.value:.12g} in "
                f"[{a.low:.12g}, {a.high:.12g}], {second.state.name} gives {b.value:.12g} in "
                f"[{b.low:.12g}, {b.high:.12g}]. Trust neither; report the circuit."
            )


def _check(answers: list[_Answer], expected: Forecast, seconds: float, method: str) -> Check:
    best = answers[0]
    others = answers[1:]
    fidelity = best.fidelity
    rigorous = all(i.rigorous for i in [*best.values, *([fidelity] if fidelity else [])])
    bond = max(a.state.max_bond for a in answers)
    name = " + ".join(a.state.name for a in answers)
    values = tuple(
        Estimate(v.value, v.high - v.value, 0, f"{best.state.name}, half-width of the interval")
        for v in best.values
    )
    return Check(
        None if fidelity is None else fidelity.value,
        None if fidelity is None else fidelity.low,
        None if fidelity is None else fidelity.high,
        name,
        Cost(seconds, bond, int(expected.memory)),
        _why(best.state, expected, bool(others), rigorous),
        values,
        rigorous,
    )


def _why(state: PreparedState, expected: Forecast, two: bool, rigorous: bool) -> str:
    if expected.exact:
        text = f"an exact chain needs a bond of at most {2 ** math.ceil(expected.peak)}"
    elif rigorous:
        text = f"truncated chain, angle error at most {state.distance:.1g}"
    else:
        text = (
            f"truncated chain that keeps an estimated {state.kept:.4g} of the state; "
            "interval from the kept weight and from half the bond"
        )
    return f"{text}; two independent engines agree" if two else text
