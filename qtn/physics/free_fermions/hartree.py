"""Density phases between free fermions, in the mean field: time-dependent Hartree-Fock.

A gate exp(i φ n_p n_q) is replaced by the one-body gate that agrees with it best in the present
Slater determinant. By Wick's theorem::

    n_p n_q = ⟨n_q⟩ n_p + ⟨n_p⟩ n_q - ⟨c†_q c_p⟩ c†_p c_q - ⟨c†_p c_q⟩ c†_q c_p + const + :n_p n_q:

where the last, normal-ordered term has no expectation with any product of two fermion operators.
With P the correlations of the two modes (2 × 2), the one-body part is tr(P) - P, the exchange in
it only for modes of one chain. It commutes with P, so that its mean field does not change during
the gate. What is left out is :n_p n_q: alone, see `second_order.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.free_fermions.gaussian import apply_matrix

__all__ = ["Kicks", "Step", "mean_field_run"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One gate on one or two modes: a matrix of modes, then exp(i angle n_p n_q).

    Args:
        modes: one mode, or two.
        matrix: unitary, one row per mode; acts on creation operators.
        angle: of the density phase; 0 for one mode.
    """

    modes: tuple[int, ...]
    matrix: Array
    angle: float = 0.0


@dataclass(frozen=True, slots=True)
class Kicks:
    """Where density phases acted, as seen from the start.

    Args:
        angles: φ of each phase, in order (m,).
        first: for each phase the mode p carried back to the start, u with n_p(t) = c†_u c_u (m, n).
        second: the same for q.
    """

    angles: Array
    first: Array
    second: Array


def mean_field_run(
    n: int, filled: Sequence[int], steps: Sequence[Step], before: Array | None = None
) -> tuple[Array, Kicks]:
    """Return the matrix T that carries all modes, φ(t) = T φ(0), and the phases on the way.

    Args:
        n: number of modes.
        filled: modes that are full at the start.
        steps: gates in order.
        before: T of earlier gates, which stays as it is.

    Cost: O(n) per gate.
    """
    carried = np.eye(n, dtype=complex) if before is None else before.copy()
    full = list(filled)
    angles, first, second = [], [], []
    for step in steps:
        apply_matrix(carried, step.modes, step.matrix)
        if not step.angle:
            continue
        pair = list(step.modes)
        rows = carried[pair]
        angles.append(step.angle)
        first.append(rows[0].conj())
        second.append(rows[1].conj())
        inside = rows[:, full]
        carried[pair] = _kick(inside @ inside.conj().T, step.angle) @ rows
    empty = np.zeros((0, n), dtype=complex)
    return carried, Kicks(
        np.array(angles), np.array(first) if first else empty, np.array(second) if second else empty
    )


def _kick(block: Array, angle: float) -> Array:
    """Return exp(i angle (tr P - P)) of two modes."""
    field = np.trace(block) * np.eye(2) - block
    if abs(field[0, 1]) == 0.0:
        return np.diag(np.exp(1j * angle * np.diag(field).real))
    energies, vectors = np.linalg.eigh(field)
    return np.asarray((vectors * np.exp(1j * angle * energies)) @ vectors.conj().T)
