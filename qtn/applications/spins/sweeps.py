"""Kernels: operations on neighbouring places on vectors of paths, block by block, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._kernels import FAST, kernel

Array = NDArray[Any]
_compiled: Any = kernel(**FAST)


@_compiled
def turn(state, members, starts, matrices):  # type: ignore[no-untyped-def]
    """Apply a matrix per kind to the blocks of at most three paths, in place."""
    size = members.shape[1]
    for kind in range(starts.shape[0] - 1):
        m = matrices[kind]
        if size == 1:
            if m[0, 0] != 1.0:
                for k in range(starts[kind], starts[kind + 1]):
                    state[members[k, 0]] *= m[0, 0]
        elif size == 2:
            for k in range(starts[kind], starts[kind + 1]):
                i, j = members[k, 0], members[k, 1]
                x, y = state[i], state[j]
                state[i] = m[0, 0] * x + m[0, 1] * y
                state[j] = m[1, 0] * x + m[1, 1] * y
        else:
            for k in range(starts[kind], starts[kind + 1]):
                h, i, j = members[k, 0], members[k, 1], members[k, 2]
                x, y, z = state[h], state[i], state[j]
                state[h] = m[0, 0] * x + m[0, 1] * y + m[0, 2] * z
                state[i] = m[1, 0] * x + m[1, 1] * y + m[1, 2] * z
                state[j] = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z


@_compiled
def correlate(bra, ket, members, starts, out):  # type: ignore[no-untyped-def]
    """Add conj(bra) ket^T of every block to the matrix of its kind."""
    size, zero = members.shape[1], ket[0] * 0.0
    for kind in range(starts.shape[0] - 1):
        rows = members[starts[kind] : starts[kind + 1]]
        if size == 1:
            total = zero
            for k in range(rows.shape[0]):
                total += np.conj(bra[rows[k, 0]]) * ket[rows[k, 0]]
            out[kind, 0, 0] += total
        elif size == 2:
            _two(bra, ket, rows, zero, out[kind])
        else:
            _three(bra, ket, rows, zero, out[kind])


@_compiled
def _two(bra, ket, rows, zero, out):  # type: ignore[no-untyped-def]
    a, b, c, d = zero, zero, zero, zero
    for k in range(rows.shape[0]):
        i, j = rows[k, 0], rows[k, 1]
        x, y, u, v = ket[i], ket[j], np.conj(bra[i]), np.conj(bra[j])
        a += u * x
        b += u * y
        c += v * x
        d += v * y
    out[0, 0] += a
    out[0, 1] += b
    out[1, 0] += c
    out[1, 1] += d


@_compiled
def _three(bra, ket, rows, zero, out):  # type: ignore[no-untyped-def]
    a, b, c, d, e = zero, zero, zero, zero, zero
    f, g, h, i = zero, zero, zero, zero
    for k in range(rows.shape[0]):
        p, q, r = rows[k, 0], rows[k, 1], rows[k, 2]
        x, y, z = ket[p], ket[q], ket[r]
        u, v, w = np.conj(bra[p]), np.conj(bra[q]), np.conj(bra[r])
        a += u * x
        b += u * y
        c += u * z
        d += v * x
        e += v * y
        f += v * z
        g += w * x
        h += w * y
        i += w * z
    for row, (one, two, three) in enumerate(((a, b, c), (d, e, f), (g, h, i))):
        out[row, 0] += one
        out[row, 1] += two
        out[row, 2] += three
