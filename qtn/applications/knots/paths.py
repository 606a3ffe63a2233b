r"""The Jones polynomial at a fifth root of unity, in the path basis of Fibonacci anyons.

For :math:`t = e^{2πi/5}` the algebra of the crossings acts on strings :math:`x_0 x_1 … x_n` of bits
with no two neighbours 0, one bit between any two strands. With :math:`A = e^{-3πi/5}`, for which
:math:`δ = -A^2 - A^{-2}` is the golden ratio φ,

.. math:: σ_i = A + A^{-1} E_i, \qquad E_i = φ \left(|010⟩⟨010| + |1v1⟩⟨1v1|\right),
          \quad |v⟩ = φ^{-1} |0⟩ + φ^{-1/2} |1⟩

on the bits i - 1, i, i + 1, which is unitary; and the closures are

.. math:: \frac{⟨L⟩}{φ} = \frac{1}{φ} \sum_{s = 01…} φ^{s_n} ⟨s|U|s⟩ \ \text{(Markov)}, \qquad
          \frac{⟨L⟩}{φ} = φ^{n/2 - 1} ⟨0101…0|U|0101…0⟩ \ \text{(plat)}.

A² is the other square root of t than the principal one, which turns the sign of links with an even
number of components.

Reference: Aharonov, Jones, Landau, Algorithmica 55, 395 (2009), sections 2 and 3; Shor and Jordan,
Quantum Inf. Comput. 8, 681 (2008), for the trace. What differs: no bit before x₀ is kept, and the
strings of length n are numbered once, so that a crossing is an update of rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qtn.applications.knots.braid import Braid
from qtn.errors import ArgumentError

Complexes = NDArray[np.complex128]
Bits = NDArray[np.bool_]

PHI = (1 + 5**0.5) / 2
ROOT = complex(np.exp(2j * np.pi / 5))
KAUFFMAN = complex(np.exp(-3j * np.pi / 5))
MAX_STRANDS = 20  # 10,946 paths from 01 on


def path_value(braid: Braid) -> complex:
    """Return V(exp(2πi/5)) of a closed braid.

    Raises:
        ArgumentError: more than twenty strands.

    Cost: crossings × paths × columns, F(n + 1) paths of n strands (Fibonacci numbers); as many
    columns for the Markov closure, one for plat.
    """
    if braid.strands > MAX_STRANDS:
        raise ArgumentError(
            f'Argument `method`: "path" takes at most {MAX_STRANDS} strands, but the braid has '
            f'{braid.strands}. Take method="tensor".'
        )
    basis = strings(braid.strands)
    if braid.closure == "plat":
        start = int(np.flatnonzero((basis == plat_string(braid.strands)).all(axis=1))[0])
        columns = np.zeros((len(basis), 1), dtype=np.complex128)
        columns[start, 0] = 1.0
        closed = PHI ** (braid.strands // 2 - 1) * applied(braid, basis, columns)[start, 0]
    else:
        columns = np.eye(len(basis), dtype=np.complex128)
        closed = trace_weights(basis) @ applied(braid, basis, columns).diagonal() / PHI
    return complex(normalised(braid, closed))


def normalised(braid: Braid, closed: complex) -> complex:
    """Return V from ⟨L⟩/φ: the factor of the writhe, and the principal root of t."""
    sign = -1 if braid.components % 2 == 0 else 1
    return complex(sign * (-(KAUFFMAN**3)) ** (-braid.writhe) * closed)


def strings(strands: int) -> Bits:
    """Return all strings x₀ … xₙ that begin with 01 and have no two neighbours 0, as rows."""
    rows = np.array([[False, True]])
    for _ in range(strands - 1):
        low, high = rows[rows[:, -1]], rows
        rows = np.vstack([
            np.column_stack([low, np.zeros(len(low), bool)]),
            np.column_stack([high, np.ones(len(high), bool)]),
        ])  # fmt: skip
    return rows


def trace_weights(basis: Bits) -> NDArray[np.float64]:
    """Return what a string counts in the Markov trace: φ if it ends with 1, else 1."""
    return np.where(basis[:, -1], PHI, 1.0)


def plat_string(strands: int) -> Bits:
    """Return 0101…0: neighbours 1-2, 3-4, … joined."""
    return np.arange(strands + 1) % 2 == 1


def applied(braid: Braid, basis: Bits, columns: Complexes) -> Complexes:
    """Return the braid applied to columns in the basis of strings, first letter first."""
    out = np.array(columns)
    numbers = {row.tobytes(): k for k, row in enumerate(basis)}
    rows = {i: _rows(basis, numbers, i) for i in {abs(letter) for letter in braid.word}}
    v = np.array([1 / PHI, PHI**-0.5])
    for letter in braid.word:
        closed, low, high = rows[abs(letter)]
        a = KAUFFMAN if letter > 0 else KAUFFMAN.conjugate()
        loop = PHI / a
        projected = v[0] * out[low] + v[1] * out[high]
        out[closed] *= 1 + loop / a
        out[low] += (loop / a * v[0]) * projected
        out[high] += (loop / a * v[1]) * projected
        out *= a
    return out


def _rows(
    basis: Bits, numbers: dict[bytes, int], i: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows 010 at i, and those 101 with their partners 111."""
    left, here, right = basis[:, i - 1], basis[:, i], basis[:, i + 1]
    low = np.flatnonzero(left & ~here & right)
    partners = basis[low].copy()
    partners[:, i] = True
    high = np.array([numbers[row.tobytes()] for row in partners], dtype=np.int64)
    return np.flatnonzero(~left & here & ~right), low, high
