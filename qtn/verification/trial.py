r"""What a chain will cost, found by trying, and a stop where the limit is reached.

Counting gates bounds the bonds but often by orders of magnitude: a weak gate hardly entangles and a
stabiliser circuit undoes what it entangled. So the circuit is run, within a second's work, at the
bond allowed. If that ends, its cost is known. If not, it is run at caps c = 4, 8, 16, …, as long as
another second allows, and what it would need at the bond allowed is extrapolated: a bond that had
the size s after k gates, reached c with the next, and last doubled within m gates goes on to do so,

.. math:: \chi(k + i) = s \, 2^{i / m} ,

up to the bond allowed and to what counting allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.errors import VerificationError
from qtn.interop.circuits import GateList, first_major
from qtn.states.kernels.circuit import Build, apply_gates
from qtn.states.kernels.work import Step, Watch, move_work, pair_work
from qtn.verification.limits import SECONDS_PER_FLOP, Forecast, Limits, forecast
from qtn.verification.stop import watched

Array = NDArray[Any]

TRIAL = 1.0
"""Seconds of work that a trial may take; nothing that ends within them is refused unseen."""
DOUBT = 10.0
"""A prediction may be wrong by this factor: only what it puts further beyond a limit is refused
before it starts, and the rest is stopped where it reaches the limit."""
NOTHING = 1e-5
"""Angle that what the cutoff loses may add up to in a chain that is called exact."""
BYTES = 2 * 16
"""Of a complex number of a tensor, with one copy."""


class _Enough(Exception):
    """The trial has used up its work."""


@dataclass(frozen=True, slots=True)
class _Run:
    """The steps of a run: bond, its size, work of the step, numbers held; and how many in all."""

    steps: tuple[Step, ...]
    build: Build | None

    @property
    def work(self) -> float:
        return self.steps[-1].work if self.steps else 0.0


def tried_forecast(gates: GateList, limits: Limits, seconds: float = TRIAL) -> Forecast:
    """Predict bonds, time and memory of a chain simulation by trying.

    Args:
        gates: the circuit.
        limits: largest bond and cutoff.
        seconds: seconds of work that the trial at the bond allowed may take.

    Returns:
        The forecast: that of counting if it is cheap and exact, what was found if the circuit could
        be run, else an extrapolation.

    Cost:
        At most about twice `seconds`.

    Example:
        >>> weak = np.diag(np.exp(1e-3j * np.array([1, -1, -1, 1])))
        >>> gates = GateList(40, tuple(((i, i + 1), weak) for _ in range(40) for i in range(39)))
        >>> forecast(gates, 256).exact, tried_forecast(gates, Limits()).exact
        (False, True)
    """
    bound = forecast(gates, limits.max_bond)
    if bound.exact and bound.seconds <= seconds:
        return bound
    allowed = seconds / SECONDS_PER_FLOP
    whole = _run(gates, limits.max_bond, limits.cutoff, allowed)
    if whole.build is not None:
        return _found(whole, gates.n, limits)
    cap = min(4, limits.max_bond)
    run = _run(gates, cap, limits.cutoff, np.inf)
    while 2 * cap <= limits.max_bond:
        likely = _extrapolated(run, cap, bound, gates.n, replace(limits, max_bond=2 * cap))
        if likely.seconds > seconds:
            break
        cap *= 2
        run = _run(gates, cap, limits.cutoff, np.inf)
    if max(step.size for step in run.steps) < cap:
        return _found(run, gates.n, limits)
    return _extrapolated(run, cap, bound, gates.n, limits)


def _run(gates: GateList, cap: int, cutoff: float, allowed: float) -> _Run:
    steps: list[Step] = []

    def watch(step: Step) -> None:
        steps.append(step)
        if step.work > allowed and step.done < step.of:
            raise _Enough

    zero = [np.array([1.0, 0.0], dtype=complex).reshape(1, 2, 1)] * gates.n
    local = [(qubits, first_major(matrix)) for qubits, matrix in gates.gates]
    try:
        build = apply_gates(zero, local, center=0, max_bond=cap, cutoff=cutoff, watch=watch)
    except _Enough:
        return _Run(tuple(steps), None)
    return _Run(tuple(steps), build)


def _found(run: _Run, n: int, limits: Limits) -> Forecast:
    """Return what a run that ended has found."""
    assert run.build is not None
    sizes = np.ones(max(n - 1, 0))
    for step in run.steps:
        sizes[step.bond] = max(sizes[step.bond], step.size)
    return Forecast(
        tuple(np.log2(sizes).tolist()),
        SECONDS_PER_FLOP * run.work,
        BYTES * float(max((step.numbers for step in run.steps), default=2 * n)),
        bool((sizes < limits.max_bond).all() and run.build.distance <= NOTHING),
    )


def _extrapolated(run: _Run, cap: int, bound: Forecast, n: int, limits: Limits) -> Forecast:
    """Return the forecast for the bond allowed from a run at a smaller cap."""
    grown = _grown_sizes(run, cap, bound, limits.max_bond)
    sizes = [1.0] * (n + 1)  # bond b lies left of site b
    widest = [1.0] * (n - 1)
    work, held, most, place = 0.0, 2.0 * n, 2.0 * n, run.steps[0].bond
    for step, size in zip(run.steps, grown, strict=True):
        left, middle, right = sizes[step.bond : step.bond + 3]
        for site in range(min(place, step.bond) + 1, max(place, step.bond)):
            work += move_work(sizes[site], 2, sizes[site + 1])
        work += pair_work((left, 2, middle), right, step.rank, limits.max_bond)
        held += 2.0 * (size - middle) * (left + right)
        most, place = max(most, held), step.bond
        sizes[step.bond + 1] = size
        widest[step.bond] = max(widest[step.bond], size)
    bonds = tuple(np.log2(widest).tolist())
    return Forecast(bonds, SECONDS_PER_FLOP * work, BYTES * most, False)


def _grown_sizes(run: _Run, cap: int, bound: Forecast, max_bond: int) -> list[float]:
    """Return the size of every step's bond without the cap of the trial."""
    known: dict[int, list[float]] = {}  # logarithms of the sizes of a bond below the cap
    rates: dict[int, float] = {}
    beyond: dict[int, int] = {}
    out = []
    for step in run.steps:
        bond, size = step.bond, float(np.log2(step.size))
        if step.size < cap and bond not in rates:
            known.setdefault(bond, [0.0]).append(size)
        elif step.size == cap:
            past = known.setdefault(bond, [0.0])
            rate = rates.setdefault(bond, _rate(past, float(np.log2(cap))))
            beyond[bond] = beyond.get(bond, 0) + 1
            most = min(float(np.log2(max_bond)), bound.bonds[bond])
            size = max(size, min(past[-1] + rate * beyond[bond], most))
        out.append(2.0**size)
    return out


def _rate(past: list[float], cap: float) -> float:
    """Return by how many powers of 2 a bond grows with every gate, as it did before the cap.

    `past` holds the logarithms of its sizes after 0, 1, … gates; the next gate reached `cap`. The
    last doubling is looked at with the gate that reached the cap, which is cut, and without: mean.
    """
    total = 0.0
    for line in (past, [*past, cap]):
        last = len(line) - 1
        start = next(k for k, size in enumerate(line) if size >= line[-1] - 1.0)
        start = start if start < last else 0
        total += (line[-1] - line[start]) / max(1, last - start)
    return total / 2.0


@contextmanager
def within(limits: Limits, expected: Forecast) -> Iterator[None]:
    """Refuse what is far beyond the limits, and stop chains that reach them.

    Raises:
        VerificationError: with the cost, what was reached, and the way out.
    """
    if expected.exact or expected.seconds <= TRIAL:
        doubt = 1.0  # the cost is known
    else:
        doubt = DOUBT
    if expected.seconds > doubt * limits.seconds or expected.memory > doubt * limits.memory:
        raise VerificationError(_refusal("", expected, limits))

    def stop(step: Step) -> None:
        seconds, memory = SECONDS_PER_FLOP * step.work, float(BYTES * step.numbers)
        if seconds > limits.seconds or memory > limits.memory:
            where = f"Stopped after {step.done} of {step.of} gates, {seconds:.3g} s of work. "
            longer = max(expected.seconds, seconds * step.of / step.done)
            found = replace(expected, seconds=longer, memory=max(expected.memory, memory))
            raise VerificationError(_refusal(where, found, limits))

    watch: Watch = stop
    with watched(watch):
        yield


def _refusal(where: str, expected: Forecast, limits: Limits) -> str:
    return (
        f"{where}The simulation would take about {expected.seconds:.3g} s and "
        f"{expected.memory / 1e9:.2g} GB at bond {limits.max_bond}, beyond the limits of "
        f"{limits.seconds:g} s and {limits.memory / 1e9:g} GB. Raise them "
        f"(limits=Limits(seconds=…, memory=…)), or lower max_bond and accept an estimate."
    )
