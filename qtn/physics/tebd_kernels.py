"""Compiled loops of TEBD: split a two-site block, apply a layer of gates.

Written with plain loops and few array functions on purpose: that compiles in seconds, and the
result is cached on disk. `chain` holds data, weights, labels and dims of `qtn.physics.tebd.Chain`,
`limits` the cutoff and the largest bond.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._kernels import inner, kernel
from qtn.states.kernels.blas import ADJOINT, GEMM, HEEVD, PLAIN, fortran, gemm

__all__ = ["layer", "split"]

# Squared Schmidt values from a Gram matrix are exact to about this fraction of their sum.
GRAM_FLOOR = 1e-15
_compiled: Any = kernel()
_inner: Any = inner()
_GEMM = GEMM[np.dtype(complex)]
VECTORS, LOWER = ord("v"), ord("l")
_ONE, _ZERO = complex(1.0), complex(0.0)


def layer(chain, unit, gates, first, limits, discarded):
    """Apply gates to bonds first, first + 2, …; return the first bond that found no room."""
    return _layer((_GEMM, HEEVD), chain, unit, gates, first, limits, discarded)


def split(theta, metric, row_charge, right_charge, dr, unit, limits):
    """Split theta (rows x (2, right)) into theta V and V+, V the leading eigenvectors.

    The eigenproblem is that of theta+ metric, whose eigenvalues are the squared Schmidt values. The
    kept ones are normalised. Only blocks of equal charge on both sides of the cut are visited.
    """
    theta, metric = np.ascontiguousarray(theta), np.ascontiguousarray(metric)
    return _split((_GEMM, HEEVD), theta, metric, row_charge, (right_charge, dr), unit, limits)


@_compiled
def _layer(routines, chain, unit, gates, first, limits, discarded):
    """See `layer`."""
    data, weights, labels, dims = chain
    n = data.shape[0]
    for b in range(first, n - 1, 2):
        dl, dm, dr = dims[b], dims[b + 1], dims[b + 2]
        pair = np.empty((2 * dl, 2 * dr), np.complex128)
        _product(routines, data, b, (dm, dr), labels, unit, pair)
        theta = np.empty((2 * dl, 2 * dr), np.complex128)
        metric = np.empty((2 * dl, 2 * dr), np.complex128)
        _rotate(gates, b, pair, theta)
        rows = np.empty(2 * dl, np.int64)
        for i in range(2 * dl):
            rows[i] = labels[b, i // 2] + unit * (i % 2)
            weight = weights[b, i // 2] ** 2
            for j in range(2 * dr):
                metric[i, j] = weight * theta[i, j]
        factor, isometry, schmidt, middle, lost = _split(
            routines, theta, metric, rows, (labels[b + 2], dr), unit, limits
        )
        k = schmidt.shape[0]
        if k > weights.shape[1]:
            return b
        _store(data, b, factor)
        _store(data, b + 1, isometry)
        dims[b + 1] = k
        for j in range(k):
            weights[b + 1, j], labels[b + 1, j] = schmidt[j], middle[j]
        discarded[b] += lost
    return n


@_inner
def _product(routines, data, b, dims, labels, unit, out):
    """Multiply sites b and b + 1, (2 dl, middle) and (middle, 2 dr), charge by charge."""
    dm, dr = dims
    height, width = out.shape
    left, right = data.ctypes.data + 16 * b * data.shape[1], data.ctypes.data
    right += 16 * (b + 1) * data.shape[1]
    if unit == 0:
        gemm(routines[0], height, width, dm, _ONE, left, dm, PLAIN,
             right, width, PLAIN, _ZERO, out.ctypes.data, width)  # fmt: skip
        return
    _clear(out)
    charges, rows = np.empty(height, np.int64), np.empty(height, np.int64)
    columns, inner = np.empty(width, np.int64), np.empty(dm, np.int64)
    column_charge = np.empty(width, np.int64)
    for i in range(height):
        charges[i] = labels[b, i // 2] + unit * (i % 2)
    for j in range(width):
        column_charge[j] = labels[b + 2, j % dr] - unit * (j // dr)
    low, high = labels[b + 1, 0], labels[b + 1, 0]
    for j in range(dm):
        low = labels[b + 1, j] if labels[b + 1, j] < low else low
        high = labels[b + 1, j] if labels[b + 1, j] > high else high
    room = np.empty((3, height * dm + dm * width + height * width), np.complex128)
    for charge in range(low, high + 1):
        up, down, within = 0, 0, 0
        up = _members(charges, charge, height, rows)
        down = _members(column_charge, charge, width, columns)
        for j in range(dm):
            if labels[b + 1, j] == charge:
                inner[within] = j
                within += 1
        if up == 0 or down == 0 or within == 0:
            continue
        for i in range(up):
            for j in range(within):
                room[0, i * within + j] = data[b, rows[i] * dm + inner[j]]
        for i in range(within):
            for j in range(down):
                room[1, i * down + j] = data[b + 1, inner[i] * width + columns[j]]
        _times(routines, room, up, down, within, PLAIN)
        for i in range(up):
            for j in range(down):
                out[rows[i], columns[j]] = room[2, i * down + j]


@_inner
def _times(routines, room, rows, columns, inner, form):
    """Write the product of the matrices in the first two rows of `room` to the third."""
    start, size = room.ctypes.data, 16 * room.shape[1]
    stride = inner if form == PLAIN else rows
    gemm(routines[0], rows, columns, inner, _ONE, start, stride, form,
         start + size, columns, PLAIN, _ZERO, start + 2 * size, columns)  # fmt: skip


@_inner
def _eigenvectors(routines, room, n, values):
    """Replace a Hermitian matrix, in the third row of `room`, by its eigenvectors, conjugated.

    LAPACK counts columns first and thus sees the conjugate; vectors come one behind another.
    """
    work, real = np.empty((1, 2 * n + n * n), np.complex128), np.empty(1 + 5 * n + 2 * n * n)
    # Letters (of "vectors", "lower"), sizes, the error, and LAPACK's own integers, of four bytes.
    numbers = np.empty(3 + 5 * n + 7, np.int64)
    numbers[0], numbers[1], numbers[2], numbers[6] = VECTORS, LOWER, n, 0
    numbers[3], numbers[4], numbers[5] = work.size, real.size, 3 + 5 * n
    at, matrix = numbers.ctypes.data, room.ctypes.data + 32 * room.shape[1]
    fortran(
        routines[1],
        (at, at + 8, at + 16, matrix, at + 16, values.ctypes.data, work.ctypes.data, at + 24,
         real.ctypes.data, at + 32, at + 56, at + 40, at + 48),
    )  # fmt: skip
    if numbers[6] != 0 or not values[n - 1] < np.inf:
        raise ValueError("A block of two sites holds no finite numbers.")


@_compiled
def _split(routines, theta, metric, row_charge, right, unit, limits):
    """See `split`."""
    (right_charge, dr), (height, width) = right, theta.shape
    column_charge = np.empty(width, np.int64)
    for j in range(width):
        column_charge[j] = right_charge[j % dr] - unit * (j // dr)
    low, high = column_charge[0], column_charge[0]
    for j in range(width):
        low = column_charge[j] if column_charge[j] < low else low
        high = column_charge[j] if column_charge[j] > high else high
    values, owner, w = np.empty(width), np.empty(width, np.int64), np.empty(width)
    vectors = np.empty((width, width), np.complex128)  # row k: eigenvector k, conjugated
    _clear(vectors)
    rows, columns = np.empty(height, np.int64), np.empty(width, np.int64)
    room = np.empty((3, (height + width) * width), np.complex128)
    found, total = 0, 0.0
    for charge in range(low, high + 1):
        up = _members(row_charge, charge, height, rows)
        down = _members(column_charge, charge, width, columns)
        if up == 0 or down == 0:
            continue
        _gather(theta, rows, up, columns, down, room, 0)
        _gather(metric, rows, up, columns, down, room, 1)
        _times(routines, room, down, down, up, ADJOINT)
        _eigenvectors(routines, room, down, w)
        for k in range(down - up if down > up else 0, down):
            values[found], owner[found] = w[k] if w[k] > 0.0 else 0.0, charge
            total += values[found]
            for j in range(down):
                vectors[found, columns[j]] = room[2, k * down + j]
            found += 1
    keep = np.empty(found, np.int64)
    k, lost = _select(values, found, total, limits, keep)
    isometry = np.empty((k, width), np.complex128)
    schmidt, middle = np.empty(k), np.empty(k, np.int64)
    scale, out = 1.0 / np.sqrt(total - lost), 0
    for i in range(found):
        if keep[i] == 1:
            schmidt[out], middle[out] = np.sqrt(values[i]) * scale, owner[i]
            for j in range(width):
                isometry[out, j] = vectors[i, j]
            out += 1
    factor = np.empty((height, k), np.complex128)
    _clear(factor)
    start = 0
    while start < k:
        stop = start
        while stop < k and middle[stop] == middle[start]:
            stop += 1
        up = _members(row_charge, middle[start], height, rows)
        down = _members(column_charge, middle[start], width, columns)
        _gather(theta, rows, up, columns, down, room, 0)
        count = stop - start
        for i in range(down):
            for j in range(count):
                room[1, i * count + j] = np.conj(isometry[start + j, columns[i]])
        _times(routines, room, up, count, down, PLAIN)
        for i in range(up):
            for j in range(count):
                factor[rows[i], start + j] = room[2, i * count + j] * scale
        start = stop
    return factor, isometry, schmidt, middle, lost / total


@_inner
def _clear(matrix):
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            matrix[i, j] = 0.0


@_inner
def _select(values, count, total, limits, keep):
    """Mark what stays when the smallest values are dropped as far as cutoff and bond ask."""
    cutoff, max_bond = limits
    order = np.empty(count, np.int64)
    for i in range(count):  # insertion sort: the values come in few ascending runs
        j = i
        while j > 0 and values[order[j - 1]] > values[i]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = i
        keep[i] = 1
    kept, lost = count, 0.0
    for rank in range(count - 1):
        value = values[order[rank]]
        small = lost + value <= cutoff * total or value <= GRAM_FLOOR * total
        if not small and (max_bond == 0 or kept <= max_bond):
            break
        lost += value
        keep[order[rank]] = 0
        kept -= 1
    return kept, lost


@_inner
def _members(charges, charge, count, found):
    size = 0
    for i in range(count):
        if charges[i] == charge:
            found[size] = i
            size += 1
    return size


@_inner
def _gather(matrix, rows, up, columns, down, room, at):
    """Write a block of a matrix to a row of `room`."""
    for i in range(up):
        for j in range(down):
            room[at, i * down + j] = matrix[rows[i], columns[j]]


@_inner
def _store(data, at, matrix):
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            data[at, i * matrix.shape[1] + j] = matrix[i, j]


@_inner
def _rotate(gates, at, pair, out):
    """Apply a 4x4 gate to the two middle legs of pair, (2 dl, 2 dr)."""
    _clear(out)
    dl, dr = pair.shape[0] // 2, pair.shape[1] // 2
    for a in range(4):
        for b in range(4):
            value = gates[at, a, b]
            if value == 0:
                continue
            s, t, u, v = a // 2, (a % 2) * dr, b // 2, (b % 2) * dr
            for i in range(dl):
                for j in range(dr):
                    out[2 * i + s, t + j] += value * pair[2 * i + u, v + j]
