"""Amplitudes of arbitrary bit strings at any width."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qtn._checks import choice, fail
from qtn.errors import VerificationError
from qtn.estimate import Estimate
from qtn.verification.fidelity import simulate
from qtn.verification.inputs import gate_list
from qtn.verification.plan import Limits, forecast


def amplitudes(
    circuit: Any, bits: ArrayLike, *, method: str = "auto", limits: Limits | None = None
) -> Estimate:
    """Return ⟨bits|U|0…0⟩ for rows of bits, with the bound of what truncation can change.

    Args:
        circuit: A `QuantumCircuit` or a compiled result.
        bits: Rows of 0 and 1, shape (batch, n), column i = qubit i.
        method: "auto" or "chain" (own kernels), "quimb", or "both".
        limits: What may be spent.

    Returns:
        Complex values (batch,); `stderr` bounds the distance from the true amplitudes up to one
        common phase. With "both" it is at least the difference of the engines.

    Raises:
        ArgumentError: If `bits` has the wrong shape.
        VerificationError: If the engines disagree by more than their bounds.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> np.round(np.abs(amplitudes(bell, [[0, 0], [1, 0]]).value), 6)
        array([0.707107, 0.      ])
    """
    choice("method", method, ("auto", "chain", "quimb", "both"))
    limits = limits or Limits()
    gates = gate_list(circuit)
    rows = np.asarray(bits)
    if rows.ndim != 2 or rows.shape[1] != gates.n or not np.isin(rows, (0, 1)).all():
        raise fail("bits", f"rows of {gates.n} zeros and ones", bits)
    rows = rows.astype(np.uint8)
    expected = forecast(gates, limits.max_bond)
    names = {"both": ["chain", "quimb"], "auto": ["chain"]}.get(method, [method])
    states = [simulate(name, gates, expected, limits)[0] for name in names]
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
