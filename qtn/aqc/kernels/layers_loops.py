"""Compiled kernels (numba) of the layered contraction: one gate or one bare bond at a time.

States are in the form of Hastings: right-canonical tensors `(left, 2, right)`, and for every bond
the density matrix rho of the part left of it (squared Schmidt values on its diagonal, if the basis
is Schmidt's). A gate changes two tensors and the rho between them, whatever its neighbours do, so
layers need no gauge moves, and bonds may have any size. Each function serves float64, complex64
and complex128, takes contiguous arrays and, first of all, `GEMM` for their type.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._kernels import kernel
from qtn.states.kernels.blas import ADJOINT, PLAIN, TRANSPOSE, product

_kernel: Any = kernel()


@_kernel
def mix(pair, gate, out):
    """Apply a 4x4 gate to the middle index of (a, 4, c)."""
    for i in range(pair.shape[0]):
        for r in range(4):
            g0, g1, g2, g3 = gate[r, 0], gate[r, 1], gate[r, 2], gate[r, 3]
            for j in range(pair.shape[2]):
                out[i, r, j] = (
                    g0 * pair[i, 0, j] + g1 * pair[i, 1, j]
                    + g2 * pair[i, 2, j] + g3 * pair[i, 3, j]
                )  # fmt: skip


@_kernel
def gated_pair(blas, left, right, gate):
    """Contract two tensors and apply a gate: (a, s, b), (b, t, c) -> (a, (s' t'), c)."""
    a, b, c = left.shape[0], left.shape[2], right.shape[2]
    pair = np.empty((a, 4, c), left.dtype)
    product(blas, 2 * a, 2 * c, b, left, PLAIN, right, PLAIN, pair)
    out = np.empty_like(pair)
    mix(pair, gate, out)
    return out


@_kernel
def gram(blas, pair, rho):
    """Return G = C† rho C of a pair (a, (s t), c), C = pair[(a s), (t c)]."""
    a, c = pair.shape[0], pair.shape[2]
    heavy, out = np.empty_like(pair), np.empty((2 * c, 2 * c), pair.dtype)
    product(blas, a, 4 * c, a, rho, PLAIN, pair, PLAIN, heavy)
    product(blas, 2 * c, 2 * c, 2 * a, pair, ADJOINT, heavy, PLAIN, out)
    return out


@_kernel
def image(blas, pair, rho, guess):
    """Return G applied to a guess (k, 2, c) of the right tensor, (2 c, k), and Tr G."""
    a, c, k = pair.shape[0], pair.shape[2], guess.shape[0]
    heavy, turned = np.empty_like(pair), np.empty((2 * a, k), pair.dtype)
    out = np.empty((2 * c, k), pair.dtype)
    product(blas, a, 4 * c, a, rho, PLAIN, pair, PLAIN, heavy)
    product(blas, 2 * a, k, 2 * c, heavy, PLAIN, guess, ADJOINT, turned)
    product(blas, 2 * c, k, 2 * a, pair, ADJOINT, turned, PLAIN, out)
    weight = 0.0
    for i in range(a):
        for r in range(4):
            for j in range(c):
                weight += (np.conj(pair[i, r, j]) * heavy[i, r, j]).real
    return out, weight


@_kernel
def divided(blas, pair, rho, basis):
    """Split a pair by an orthonormal basis (2 c, k) of its right side.

    Returns:
        The left tensor, the right tensor, rho between them, and the weight kept.
    """
    a, c, k = pair.shape[0], pair.shape[2], basis.shape[1]
    left, heavy = np.empty((a, 2, k), pair.dtype), np.empty((a, 2, k), pair.dtype)
    right, between = np.empty((k, 2, c), pair.dtype), np.empty((k, k), pair.dtype)
    product(blas, 2 * a, k, 2 * c, pair, PLAIN, basis, PLAIN, left)
    product(blas, a, 2 * k, a, rho, PLAIN, left, PLAIN, heavy)
    product(blas, k, k, 2 * a, left, ADJOINT, heavy, PLAIN, between)
    kept = 0.0
    for i in range(k):
        kept += between[i, i].real
        for s in range(2):
            for j in range(c):
                right[i, s, j] = np.conj(basis[s * c + j, i])
    return left, right, between, kept


@_kernel
def right_of(blas, bra, part, ket, turned):
    """Extend the contraction right of a bond by one site; nothing is conjugated here.

    Args:
        blas: `GEMM` for the type.
        bra: tensor of the bra left of the bond, (b, s, b').
        part: what lies right of it, (b', t, f'): the index t of its first site is open.
        ket: tensor of the ket at that site, (f, t, f').
        turned: transpose of the 4x4 gate on the two sites, or empty (0, 4) for a bare bond.

    Returns:
        The contraction before the gate, (b, s, t, f') (empty for a bare bond), and the part for
        the next bond, (b, s, f).
    """
    b, m, f, g = bra.shape[0], bra.shape[2], ket.shape[0], ket.shape[2]
    out = np.empty((b, 2, f), bra.dtype)
    if turned.shape[0] == 0:
        joined = np.empty((m, f), bra.dtype)
        product(blas, m, f, 2 * g, part, PLAIN, ket, TRANSPOSE, joined)
        product(blas, 2 * b, f, m, bra, PLAIN, joined, PLAIN, out)
        return np.empty((0, 4, 0), bra.dtype), out
    before, after = np.empty((b, 4, g), bra.dtype), np.empty((b, 4, g), bra.dtype)
    product(blas, 2 * b, 2 * g, m, bra, PLAIN, part, PLAIN, before)
    mix(before, turned, after)
    product(blas, 2 * b, f, 2 * g, after, PLAIN, ket, TRANSPOSE, out)
    return before, out


@_kernel
def environment(blas, carry, ket, before):
    """Return the pair left of the gate, (b, s, t, f'), and the gate's environment (4, 4)."""
    b, f, g = carry.shape[0], ket.shape[0], ket.shape[2]
    pair, out = np.empty((b, 4, g), carry.dtype), np.zeros((4, 4), carry.dtype)
    product(blas, 2 * b, 2 * g, f, carry, PLAIN, ket, PLAIN, pair)
    for i in range(b):
        for r in range(4):
            for s in range(4):
                total = out[r, s]
                for j in range(g):
                    total += before[i, r, j] * pair[i, s, j]
                out[r, s] = total
    return pair, out


@_kernel
def left_of(blas, bra, pair, gate):
    """Apply the gate to the pair and contract the bra: the carry (b', t, f') of the next bond."""
    b, m, g = bra.shape[0], bra.shape[2], pair.shape[2]
    after, out = np.empty_like(pair), np.empty((m, 2, g), pair.dtype)
    mix(pair, gate, after)
    product(blas, m, 2 * g, 2 * b, bra, TRANSPOSE, after, PLAIN, out)
    return out


@_kernel
def left_of_bare(blas, bra, carry, ket):
    """Carry the contraction over a bond without a gate."""
    b, m, f, g = bra.shape[0], bra.shape[2], ket.shape[0], ket.shape[2]
    joined, out = np.empty((m, f), carry.dtype), np.empty((m, 2, g), carry.dtype)
    product(blas, m, f, 2 * b, bra, TRANSPOSE, carry, PLAIN, joined)
    product(blas, m, 2 * g, f, joined, PLAIN, ket, PLAIN, out)
    return out
