"""Compiled loops of `nodes`: gates on registers, their environments, the contraction of the tree.

Registers are pairs of real arrays, so that the inner loops are products of vectors of numbers; what
joins registers is small matrix products. A row of `table` holds what the loops know of a node:
first and last gate, wires, memory wires, shift of the memory in the row index, wires of the left
child, bonds left, right and up, where the matrices of its two children and its own begin in
`bonds` (-1 for a single site), where its tensor, its isometry and its half-contracted isometry
begin.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from qtn.aqc.kernels.gate_loops import FAST
from qtn.states.kernels.blas import PLAIN, TRANSPOSE, gemm

_compiled: Any = njit(nogil=True, no_cfunc_wrapper=True, **FAST)  # type: ignore[call-overload]
FIRST, LAST, WIRES, MEMORY, SHIFT, CUT, LEFT, RIGHT, UP = range(9)
LEFT_AT, RIGHT_AT, OWN_AT, TENSOR_AT, ISOMETRY_AT, HALF_AT = range(9, 15)
COLUMNS = 15


@_compiled
def apply(gate, other, x, y, high, low, out, also):  # type: ignore[no-untyped-def]
    """Apply a gate (4, 4) + i `other` to the middle of (high, 4, low): x + iy to out + i also."""
    for h in range(high):
        o = 4 * h * low
        x0, x1 = x[o : o + low], x[o + low : o + 2 * low]
        x2, x3 = x[o + 2 * low : o + 3 * low], x[o + 3 * low : o + 4 * low]
        y0, y1 = y[o : o + low], y[o + low : o + 2 * low]
        y2, y3 = y[o + 2 * low : o + 3 * low], y[o + 3 * low : o + 4 * low]
        for r in range(4):
            a, b, c, d = gate[r, 0], gate[r, 1], gate[r, 2], gate[r, 3]
            p, q, s, z = other[r, 0], other[r, 1], other[r, 2], other[r, 3]
            u, v = out[o + r * low : o + r * low + low], also[o + r * low : o + r * low + low]
            for t in range(low):
                u[t] = (
                    a * x0[t] + b * x1[t] + c * x2[t] + d * x3[t]
                    - p * y0[t] - q * y1[t] - s * y2[t] - z * y3[t]
                )  # fmt: skip
                v[t] = (
                    a * y0[t] + b * y1[t] + c * y2[t] + d * y3[t]
                    + p * x0[t] + q * x1[t] + s * x2[t] + z * x3[t]
                )  # fmt: skip


@_compiled
def environment(x, y, u, v, high, low, real, imaginary):  # type: ignore[no-untyped-def]
    """Sum (x + iy)[h, r, t] (u + iv)[h, c, t] over h and t."""
    for r in range(4):
        for c in range(4):
            a, b = 0.0, 0.0
            for h in range(high):
                o = 4 * h * low
                p, q = x[o + r * low : o + r * low + low], y[o + r * low : o + r * low + low]
                s, z = u[o + c * low : o + c * low + low], v[o + c * low : o + c * low + low]
                for t in range(low):
                    a += p[t] * s[t] - q[t] * z[t]
                    b += p[t] * z[t] + q[t] * s[t]
            real[r, c] = a
            imaginary[r, c] = b


@_compiled
def _prepared(k, gates, pairs, table, register):  # type: ignore[no-untyped-def]
    """Apply the gates of a node to its memory and |0⟩; return which `register` holds the end."""
    wires, memory = table[k, WIRES], table[k, MEMORY]
    columns = 1 << memory
    for part in range(2):
        for t in range((1 << wires) * columns):
            register[0, part, t] = 0.0
    for c in range(columns):
        register[0, 0, (c << table[k, SHIFT]) * columns + c] = 1.0
    at = 0
    for j in range(table[k, FIRST], table[k, LAST]):
        b = pairs[j]
        apply(
            gates[j, 0], gates[j, 1], register[at, 0], register[at, 1],
            1 << b, (1 << (wires - b - 2)) * columns, register[1 - at, 0], register[1 - at, 1],
        )  # fmt: skip
        at = 1 - at
    return at


@_compiled
def overlap(  # type: ignore[no-untyped-def]
    zgemm, gates, pairs, table, tensors, bonds, register, isometries, halves, work
):
    """Contract the tree from the sites up; return its value, keep what `environments` needs."""
    one, zero = complex(1.0), complex(0.0)
    m, a = np.int64(bonds.ctypes.data), np.int64(tensors.ctypes.data)
    i, x, w = (
        np.int64(isometries.ctypes.data),
        np.int64(halves.ctypes.data),
        np.int64(work.ctypes.data),
    )
    for k in range(table.shape[0] - 1, -1, -1):
        wires, memory, cut = table[k, WIRES], table[k, MEMORY], table[k, CUT]
        left, right, up = table[k, LEFT], table[k, RIGHT], table[k, UP]
        columns, inner = 1 << memory, (1 << (wires - cut)) * (1 << memory)
        at = _prepared(k, gates, pairs, table, register)
        begin = table[k, ISOMETRY_AT]
        for t in range((1 << wires) * columns):
            isometries[begin + t] = complex(register[at, 0, t], register[at, 1, t])
        half = i + 16 * begin
        if table[k, LEFT_AT] >= 0:
            half = x + 16 * table[k, HALF_AT]
            gemm(
                zgemm, left, inner, 1 << cut, one, m + 16 * table[k, LEFT_AT], 1 << cut, PLAIN,
                i + 16 * begin, inner, PLAIN, zero, half, inner,
            )  # fmt: skip
        done = half
        if table[k, RIGHT_AT] >= 0:
            done = w
            below = 1 << (wires - cut)
            for s in range(left):
                gemm(
                    zgemm, right, columns, below, one, m + 16 * table[k, RIGHT_AT], below, PLAIN,
                    half + 16 * s * inner, columns, PLAIN, zero,
                    done + 16 * s * right * columns, columns,
                )  # fmt: skip
        gemm(
            zgemm, up, columns, left * right, one, a + 16 * table[k, TENSOR_AT], up, TRANSPOSE,
            done, columns, PLAIN, zero, m + 16 * table[k, OWN_AT], columns,
        )  # fmt: skip
    return bonds[table[0, OWN_AT]]


@_compiled
def environments(  # type: ignore[no-untyped-def]
    zgemm, gates, pairs, table, tensors, bonds, above, register, isometries, halves, work,
    back, out,
):  # fmt: skip
    """Go from the root down: derivatives by the matrices on bonds, by isometries, by gates.

    What a register was before a gate is found by undoing it: the register stays in the cache.
    """
    one, zero = complex(1.0), complex(0.0)
    m, n, a = (
        np.int64(bonds.ctypes.data),
        np.int64(above.ctypes.data),
        np.int64(tensors.ctypes.data),
    )
    i, x = np.int64(isometries.ctypes.data), np.int64(halves.ctypes.data)
    w0, w1, w2 = (
        np.int64(work[0].ctypes.data),
        np.int64(work[1].ctypes.data),
        np.int64(work[2].ctypes.data),
    )
    gate, other, minus = np.empty((4, 4)), np.empty((4, 4)), np.empty((4, 4))
    above[table[0, OWN_AT]] = one
    for k in range(table.shape[0]):
        wires, memory, cut = table[k, WIRES], table[k, MEMORY], table[k, CUT]
        left, right, up = table[k, LEFT], table[k, RIGHT], table[k, UP]
        columns, below, before = 1 << memory, 1 << (wires - cut), 1 << cut
        begin = table[k, ISOMETRY_AT]
        whole_node = i + 16 * begin
        gemm(
            zgemm, left * right, columns, up, one, a + 16 * table[k, TENSOR_AT], up, PLAIN,
            n + 16 * table[k, OWN_AT], columns, PLAIN, zero, w0, columns,
        )  # fmt: skip
        half, at, row = whole_node, w0, 0
        if table[k, LEFT_AT] >= 0:
            half = x + 16 * table[k, HALF_AT]
        if table[k, RIGHT_AT] >= 0:
            at, row = w1, 1
            for s in range(left):
                gemm(
                    zgemm, below, columns, right, one, m + 16 * table[k, RIGHT_AT], below,
                    TRANSPOSE, w0 + 16 * s * right * columns, columns, PLAIN, zero,
                    w1 + 16 * s * below * columns, columns,
                )  # fmt: skip
                gemm(
                    zgemm, right, below, columns, one, w0 + 16 * s * right * columns, columns,
                    PLAIN, half + 16 * s * below * columns, columns, TRANSPOSE,
                    zero if s == 0 else one, n + 16 * table[k, RIGHT_AT], below,
                )  # fmt: skip
        if table[k, LEFT_AT] >= 0:
            gemm(
                zgemm, before, below * columns, left, one, m + 16 * table[k, LEFT_AT], before,
                TRANSPOSE, at, below * columns, PLAIN, zero, w2, below * columns,
            )  # fmt: skip
            gemm(
                zgemm, left, before, below * columns, one, at, below * columns, PLAIN,
                whole_node, below * columns, TRANSPOSE, zero, n + 16 * table[k, LEFT_AT], before,
            )  # fmt: skip
            row = 2
        now, was = 0, 0
        for t in range((1 << wires) * columns):
            back[0, 0, t] = work[row, t].real
            back[0, 1, t] = work[row, t].imag
            register[0, 0, t] = isometries[begin + t].real
            register[0, 1, t] = isometries[begin + t].imag
        for j in range(table[k, LAST] - 1, table[k, FIRST] - 1, -1):
            b = pairs[j]
            high, low = 1 << b, (1 << (wires - b - 2)) * columns
            for r in range(4):
                for c in range(4):
                    gate[r, c] = gates[j, 0, c, r]
                    other[r, c] = gates[j, 1, c, r]
                    minus[r, c] = -gates[j, 1, c, r]
            apply(
                gate, minus, register[was, 0], register[was, 1], high, low,
                register[1 - was, 0], register[1 - was, 1],
            )  # fmt: skip
            was = 1 - was
            environment(
                back[now, 0], back[now, 1], register[was, 0], register[was, 1],
                high, low, out[j, 0], out[j, 1],
            )  # fmt: skip
            if j > table[k, FIRST]:
                apply(
                    gate, other, back[now, 0], back[now, 1], high, low,
                    back[1 - now, 0], back[1 - now, 1],
                )  # fmt: skip
                now = 1 - now
