"""Amplitudes of arbitrary bit strings at any width."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qtn._checks import choice, fail
from qtn.errors import VerificationError
from qtn.estimate import Estimate
from qtn.interop.circuits import gate_list
from qtn.states.closed_networks import Contraction, plan_contraction
from qtn.verification.answers import explained
from qtn.verification.engines.chains import simulate
from qtn.verification.engines.contraction import amplitude_network, refuse_contraction
from qtn.verification.limits import Limits
from qtn.verification.trial import tried_forecast, within

ROUNDING = 1e-12
"""Absolute error of a contracted amplitude: each step is a sum of products of unitaries."""


def amplitudes(
    circuit: Any,
    bits: ArrayLike,
    *,
    method: str = "auto",
    limits: Limits | None = None,
    executor: Executor | None = None,
) -> Estimate:
    """Return ⟨bits|U|0…0⟩ for rows of bits, with the bound of what truncation can change.

    Args:
        circuit: a `QuantumCircuit` or a compiled result.
        bits: rows of 0 and 1, shape (batch, n), column i = qubit i.
        method: "chain" (own kernels), "quimb", "contraction" (exact, any geometry), "both" (chain
            and quimb), or "auto": a chain where it is exact, else a contraction if affordable.
        limits: what may be spent.
        executor: any `concurrent.futures.Executor` for the slices of a contraction.

    Returns:
        Complex values (batch,); `stderr` bounds the distance from the true amplitudes up to one
        common phase. With "both" it is at least the difference of the engines.

    Raises:
        ArgumentError: if `bits` has the wrong shape.
        VerificationError: if the engines disagree by more than their bounds, or nothing can be
            certified within the limits.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> np.round(np.abs(amplitudes(bell, [[0, 0], [1, 0]]).value), 6)
        array([0.707107, 0.      ])
    """
    choice("method", method, ("auto", "chain", "quimb", "contraction", "both"))
    limits = limits or Limits()
    gates = gate_list(circuit)
    rows = np.asarray(bits)
    if rows.ndim != 2 or rows.shape[1] != gates.n or not np.isin(rows, (0, 1)).all():
        raise fail("bits", f"rows of {gates.n} zeros and ones", bits)
    rows = rows.astype(np.uint8)
    expected = tried_forecast(gates, limits)
    if method == "contraction" or (method == "auto" and not expected.exact):
        network, places = amplitude_network(gates)
        plan = plan_contraction(network, limits)
        work = len(rows) * plan.seconds
        if method == "contraction" or max(work / limits.seconds, plan.memory / limits.memory) <= 1:
            refuse_contraction([plan] * len(rows), limits)
            return _contracted(plan, places, rows, executor)
    names = {"both": ["chain", "quimb"], "auto": ["chain"]}.get(method, [method])
    with explained(), within(limits, expected):
        states = [simulate(name, gates, expected, limits) for name in names]
    values = [s.amplitudes(rows) for s in states]
    error = np.full(len(rows), min(2.0, float(np.sqrt(2.0) * states[0].distance)))
    if len(values) == 2:
        gap = np.abs(np.abs(values[0]) - np.abs(values[1]))
        allowed = np.sqrt(2.0) * sum(s.distance for s in states) + 1e-12
        if (gap > allowed).any():
            worst = int(np.argmax(gap))
            raise VerificationError(
                f"Two engines disagree on |amplitude| {worst}: {abs(values[0][worst]):.9g} (chain) "
                f"and {abs(values[1][worst]):.9g} (quimb), beyond the bound {allowed:.1g}."
            )
        error = np.maximum(error, gap)
    return Estimate(values[0], error, 0, " + ".join(names))


def _contracted(
    plan: Contraction, places: list[int], rows: np.ndarray, executor: Executor | None
) -> Estimate:
    """Contract the same network once for every row of bits."""
    arrays = list(plan.network.arrays)
    values = np.empty(len(rows), dtype=complex)
    for k, row in enumerate(rows):
        for place, bit in zip(places, row, strict=True):
            arrays[place] = np.eye(2)[bit]
        values[k] = plan.evaluate(executor, arrays)
    return Estimate(values, np.full(len(rows), ROUNDING), 0, "contraction")
