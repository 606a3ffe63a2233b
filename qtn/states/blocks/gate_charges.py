"""Which charges the gates of a circuit conserve: integer weights w with Σ_i w_i n_i unchanged.

An entry ⟨x|U|y⟩ ≠ 0 of a gate on qubits a and b changes Σ_i w_i n_i by Σ w_i (x_i - y_i), so the
weights are the integer null space of the patterns x - y of all gates. Diagonal gates have none and
conserve everything; a hop conserves w_a = w_b, pairs created together w_a = -w_b, and a gate that
flips one qubit alone w_a = 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtn.states.blocks.sites import Array

__all__ = ["LEAK", "conserved_by", "null_vectors"]

LEAK = 1e-13
"""Entries between levels of different charge up to this fraction of the largest are rounding."""
MOST_KINDS = 4
"""More charges make more and smaller blocks than pay."""


def conserved_by(
    gates: Sequence[tuple[tuple[int, ...], Array]], n: int
) -> NDArray[np.int64] | None:
    """Return weights (k, n) of independent charges that all gates conserve, k ≤ 4; None without.

    Charges of a single qubit, which only diagonal gates touch, are left out: its level is frozen.
    Where more than four are left, the smaller ones are added up.

    Args:
        gates: pairs (qubits, matrix), the first qubit most significant.
        n: number of qubits.

    Cost: O(gates) and an elimination of n columns.

    Example:
        >>> hop = np.eye(4)[[0, 2, 1, 3]]
        >>> conserved_by([((0, 2), hop), ((1, 3), hop), ((0, 1), np.diag([1, 1j, 1, 1]))], 4)
        array([[1, 0, 1, 0],
               [0, 1, 0, 1]])
    """
    patterns = {p for qubits, matrix in gates for p in _patterns(qubits, matrix)}
    table = np.zeros((len(patterns), n), np.int64)
    for row, pattern in enumerate(sorted(patterns)):
        for qubit, change in pattern:
            table[row, qubit] = change
    exact = [w for w in null_vectors(table.astype(float)) if not (table @ w).any()]
    moving = sorted(
        (w for w in exact if np.count_nonzero(w) > 1), key=lambda w: -np.count_nonzero(w)
    )
    if not moving:
        return np.sum(exact, axis=0, keepdims=True) if exact else None
    if len(moving) > MOST_KINDS:
        moving = [*moving[: MOST_KINDS - 1], np.sum(moving[MOST_KINDS - 1 :], axis=0)]
    return np.array([w for w in moving if w.any()])


def _patterns(qubits: tuple[int, ...], matrix: Array) -> set[tuple[tuple[int, int], ...]]:
    """Return the changes (qubit, ±1) that a gate makes, without those that change nothing."""
    size, found = np.abs(matrix), set()
    for row, column in np.argwhere(size > LEAK * size.max()):
        bits = [(int(row) >> k & 1) - (int(column) >> k & 1) for k in range(len(qubits))]
        change = tuple((q, c) for q, c in zip(reversed(qubits), bits, strict=True) if c)
        if change:
            ahead = sorted(change)
            found.add(tuple((q, c * ahead[0][1]) for q, c in ahead))
    return found


def null_vectors(matrix: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Return integer vectors of the null space, one per free column of the reduced matrix."""
    reduced, pivots = matrix.copy(), list[int]()
    for column in range(matrix.shape[1]):
        row = len(pivots)
        if row == len(reduced):
            break
        best = row + int(np.argmax(np.abs(reduced[row:, column])))
        if abs(reduced[best, column]) < 1e-9:
            continue
        reduced[[row, best]] = reduced[[best, row]]
        reduced[row] /= reduced[row, column]
        others = np.flatnonzero(reduced[:, column])
        others = others[others != row]
        reduced[others] -= np.outer(reduced[others, column], reduced[row])
        pivots.append(column)
    found = []
    for free in sorted(set(range(matrix.shape[1])) - set(pivots)):
        vector = np.zeros(matrix.shape[1])
        vector[free] = 1.0
        vector[pivots] = -reduced[: len(pivots), free]
        for scale in range(1, 13):
            whole = np.rint(scale * vector)
            if np.abs(whole - scale * vector).max() < 1e-6:
                found.append(whole.astype(np.int64))
                break
    return found
