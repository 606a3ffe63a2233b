"""State vectors of many rows at once, for maps whose gates reach beyond neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._memory import check_memory
from qtn.applications.quantum_kernels.diagonal import mirrored
from qtn.applications.quantum_kernels.fusion import Gate, fused
from qtn.errors import ArgumentError

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

MOST_QUBITS = 20


def vectors(gates: Iterable[Gate], n: int, rows: int) -> Complexes:
    """Return the amplitudes of all rows, (rows, 2 ** n), site 0 the most significant digit.

    Raises:
        ArgumentError: more than 20 qubits, or more memory than is free.

    Cost: 2 ** n products per row and gate.

    Example:
        >>> vectors([Gate((0,), np.ones((1, 2, 2)) / 2**0.5)], 1, 2).real.round(3)
        array([[0.707, 0.707],
               [0.707, 0.707]])
    """
    if n > MOST_QUBITS:
        raise ArgumentError(
            f"State vectors go up to {MOST_QUBITS} qubits, but the map has {n}. Take a map of "
            'neighbours with method="tensor", or method="circuit".'
        )
    check_memory(48.0 * rows * 2.0**n, f"State vectors of {rows} rows on {n} qubits")
    found = np.zeros((rows, 2**n), dtype=complex)
    found[:, 0] = 1.0
    for gate in fused(gates):
        found = _applied(gate, found, n)
    return found


def _applied(gate: Gate, states: Complexes, n: int) -> Complexes:
    """Return the states after a gate: sums over slices, entries that are 0 in all rows left out."""
    first, last = gate.sites[0], gate.sites[-1]
    shape: tuple[int, ...] = (len(states), 2**first, 2, 2 ** (n - 1 - first))
    if last != first:
        shape = (*shape[:3], 2 ** (last - first - 1), 2, 2 ** (n - 1 - last))
    before, after = states.reshape(shape), np.zeros(shape, dtype=complex)
    whole = slice(None)
    if last == first:
        places: list[Any] = [(whole, whole, bit) for bit in (0, 1)]
    else:
        places = [(whole, whole, a, whole, b) for a in (0, 1) for b in (0, 1)]
    for i, out in enumerate(places):
        for j, source in enumerate(places):
            entries = gate.matrices[:, i, j]
            if entries.any():
                piece = before[source]
                after[out] += entries.reshape(-1, *(1,) * (piece.ndim - 1)) * piece
    return after.reshape(states.shape)


def vector_kernel(x: Complexes, y: Complexes | None = None) -> Floats:
    """Return |⟨x_i|y_j⟩|²; symmetric, with 1 on the diagonal, if y is None.

    Example:
        >>> vector_kernel(np.array([[1, 0], [0, 1]]), np.array([[1, 1]]) / 2**0.5)
        array([[0.5],
               [0.5]])
    """
    found = np.abs(x.conj() @ (x if y is None else y).T) ** 2
    return np.asarray(found) if y is not None else mirrored(found)
