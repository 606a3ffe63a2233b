"""Compiled kernels (numba) of the layered contraction: one gate or one bare bond at a time.

States are in the form of Hastings: right-canonical tensors `(left, 2, right)`, and for every bond
the density matrix rho of the part left of it (squared Schmidt values on its diagonal, if the basis
is Schmidt's). A gate changes two tensors and the rho between them, whatever its neighbours do, so
layers need no gauge moves, and bonds may have any size. Each function serves float64, complex64
and complex128.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_kernel: Any = njit(nogil=True, cache=True, error_model="numpy")


@_kernel
def mixed(pair, gate):  # type: ignore[no-untyped-def]
    """Apply a 4x4 gate to the middle index of (a, 4, c)."""
    out = np.empty_like(pair)
    for i in range(pair.shape[0]):
        for r in range(4):
            g0, g1, g2, g3 = gate[r, 0], gate[r, 1], gate[r, 2], gate[r, 3]
            for j in range(pair.shape[2]):
                out[i, r, j] = (
                    g0 * pair[i, 0, j] + g1 * pair[i, 1, j]
                    + g2 * pair[i, 2, j] + g3 * pair[i, 3, j]
                )  # fmt: skip
    return out


@_kernel
def gated_pair(left, right, gate):  # type: ignore[no-untyped-def]
    """Contract two tensors and apply a gate: (a, s, b), (b, t, c) -> (a, (s' t'), c)."""
    a, b, c = left.shape[0], left.shape[2], right.shape[2]
    return mixed(np.dot(left.reshape(2 * a, b), right.reshape(b, 2 * c)).reshape(a, 4, c), gate)


@_kernel
def adjoint(matrix):  # type: ignore[no-untyped-def]
    """Return the conjugate transpose as a contiguous array."""
    rows, columns = matrix.shape
    out = np.empty((columns, rows), matrix.dtype)
    for i in range(rows):
        for j in range(columns):
            out[j, i] = np.conj(matrix[i, j])
    return out


@_kernel
def gram(pair, rho):  # type: ignore[no-untyped-def]
    """Return G = C† rho C of a pair (a, (s t), c), C = pair[(a s), (t c)]."""
    a, c = pair.shape[0], pair.shape[2]
    heavy = np.dot(rho, pair.reshape(a, 4 * c)).reshape(2 * a, 2 * c)
    return np.dot(adjoint(pair.reshape(2 * a, 2 * c)), heavy)


@_kernel
def image(pair, rho, guess):  # type: ignore[no-untyped-def]
    """Return G applied to a guess (k, 2, c) of the right tensor, (2 c, k), and Tr G."""
    a, c = pair.shape[0], pair.shape[2]
    flat = pair.reshape(2 * a, 2 * c)
    heavy = np.dot(rho, pair.reshape(a, 4 * c)).reshape(2 * a, 2 * c)
    weight = 0.0
    for i in range(2 * a):
        for j in range(2 * c):
            weight += (np.conj(flat[i, j]) * heavy[i, j]).real
    turned = np.dot(heavy, adjoint(guess.reshape(guess.shape[0], 2 * c)))
    return np.dot(adjoint(flat), turned), weight


@_kernel
def divided(pair, rho, basis):  # type: ignore[no-untyped-def]
    """Split a pair by an orthonormal basis (2 c, k) of its right side.

    Returns:
        The left tensor, the right tensor, rho between them, and the weight kept.
    """
    a, c, k = pair.shape[0], pair.shape[2], basis.shape[1]
    left = np.dot(pair.reshape(2 * a, 2 * c), basis)
    between = np.dot(adjoint(left), np.dot(rho, left.reshape(a, 2 * k)).reshape(2 * a, k))
    kept = 0.0
    for j in range(k):
        kept += between[j, j].real
    return left.reshape(a, 2, k), adjoint(basis).reshape(k, 2, c), between, kept


@_kernel
def transposed(matrix):  # type: ignore[no-untyped-def]
    """Return the transpose as a contiguous array."""
    rows, columns = matrix.shape
    out = np.empty((columns, rows), matrix.dtype)
    for i in range(rows):
        for j in range(columns):
            out[j, i] = matrix[i, j]
    return out


@_kernel
def right_of(bra, part, ket, gate):  # type: ignore[no-untyped-def]
    """Extend the contraction right of a bond by one site; nothing is conjugated here.

    Args:
        bra: tensor of the bra left of the bond, (b, s, b').
        part: what lies right of it, (b', t, f'): the index t of its first site is open.
        ket: tensor of the ket at that site, (f, t, f').
        gate: 4x4 on the two sites, or empty (0, 4) for a bare bond.

    Returns:
        The contraction before the gate, (b, s, t, f') (empty for a bare bond), and the part for
        the next bond, (b, s, f).
    """
    b, m, f, g = bra.shape[0], bra.shape[2], ket.shape[0], ket.shape[2]
    turned = transposed(ket.reshape(f, 2 * g))
    if gate.shape[0] == 0:
        joined = np.dot(part.reshape(m, 2 * g), turned)
        return np.empty((0, 4, 0), bra.dtype), np.dot(bra.reshape(2 * b, m), joined).reshape(
            b, 2, f
        )
    before = np.dot(bra.reshape(2 * b, m), part.reshape(m, 2 * g)).reshape(b, 4, g)
    after = mixed(before, transposed(gate))
    return before, np.dot(after.reshape(2 * b, 2 * g), turned).reshape(b, 2, f)


@_kernel
def environment(carry, ket, before):  # type: ignore[no-untyped-def]
    """Return the pair left of the gate, (b, s, t, f'), and the gate's environment (4, 4)."""
    b, f, g = carry.shape[0], ket.shape[0], ket.shape[2]
    pair = np.dot(carry.reshape(2 * b, f), ket.reshape(f, 2 * g)).reshape(b, 4, g)
    out = np.zeros((4, 4), carry.dtype)
    for i in range(b):
        out += np.dot(before[i], transposed(pair[i]))
    return pair, out


@_kernel
def left_of(bra, pair, gate):  # type: ignore[no-untyped-def]
    """Apply the gate to the pair and contract the bra: the carry (b', t, f') of the next bond."""
    b, m, g = bra.shape[0], bra.shape[2], pair.shape[2]
    after = mixed(pair, gate).reshape(2 * b, 2 * g)
    return np.dot(transposed(bra.reshape(2 * b, m)), after).reshape(m, 2, g)


@_kernel
def left_of_bare(bra, carry, ket):  # type: ignore[no-untyped-def]
    """Carry the contraction over a bond without a gate."""
    b, m, f, g = bra.shape[0], bra.shape[2], ket.shape[0], ket.shape[2]
    joined = np.dot(transposed(bra.reshape(2 * b, m)), carry.reshape(2 * b, f))
    return np.dot(joined, ket.reshape(f, 2 * g)).reshape(m, 2, g)
