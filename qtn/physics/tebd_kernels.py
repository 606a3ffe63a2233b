"""Compiled loops of TEBD: split a two-site block, apply a layer of gates.

Written with plain loops and few array functions on purpose: that compiles in seconds, and the
result is cached on disk. `chain` holds data, weights, labels and dims of `qtn.physics.tebd.Chain`,
`limits` the cutoff and the largest bond.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._kernels import kernel

__all__ = ["layer", "split"]

# Squared Schmidt values from a Gram matrix are exact to about this fraction of their sum.
GRAM_FLOOR = 1e-15
_compiled: Any = kernel()


@_compiled
def layer(chain, unit, gates, first, limits, discarded):
    """Apply gates to bonds first, first + 2, …; return the first bond that found no room."""
    data, weights, labels, dims = chain
    n = data.shape[0]
    for b in range(first, n - 1, 2):
        dl, dm, dr = dims[b], dims[b + 1], dims[b + 2]
        left = data[b, : 2 * dl * dm].reshape((2 * dl, dm))
        right = data[b + 1, : 2 * dm * dr].reshape((dm, 2 * dr))
        pair = _product(left, right, (labels[b], labels[b + 1], labels[b + 2]), unit)
        theta = _rotate(gates[b], pair, dl, dr)
        metric = np.empty_like(theta)
        rows = np.empty(2 * dl, np.int64)
        for i in range(2 * dl):
            rows[i] = labels[b, i // 2] + unit * (i % 2)
            weight = weights[b, i // 2] ** 2
            for j in range(2 * dr):
                metric[i, j] = weight * theta[i, j]
        factor, isometry, schmidt, middle, lost = split(
            theta, metric, rows, labels[b + 2], dr, unit, limits
        )
        k = len(schmidt)
        if k > weights.shape[1]:
            return b
        _store(data[b], factor)
        _store(data[b + 1], isometry)
        dims[b + 1] = k
        for j in range(k):
            weights[b + 1, j], labels[b + 1, j] = schmidt[j], middle[j]
        discarded[b] += lost
    return n


@_compiled
def _product(left, right, labels, unit):
    """Multiply two sites, given as (2 dl, middle) and (middle, 2 dr), charge by charge."""
    height, middle = left.shape
    width, dr = right.shape[1], right.shape[1] // 2
    if unit == 0:
        return np.dot(left, right)
    row_charge, column_charge = np.empty(height, np.int64), np.empty(width, np.int64)
    for i in range(height):
        row_charge[i] = labels[0][i // 2] + unit * (i % 2)
    for j in range(width):
        column_charge[j] = labels[2][j % dr] - unit * (j // dr)
    low, high = labels[1][0], labels[1][0]
    for j in range(middle):
        low, high = min(low, labels[1][j]), max(high, labels[1][j])
    out = np.zeros((height, width), left.dtype)
    rows, columns = np.empty(height, np.int64), np.empty(width, np.int64)
    inner = np.empty(middle, np.int64)
    for charge in range(low, high + 1):
        up = _members(row_charge, charge, height, rows)
        down = _members(column_charge, charge, width, columns)
        within = _members(labels[1], charge, middle, inner)
        if up == 0 or down == 0 or within == 0:
            continue
        part = np.dot(
            _gather(left, rows, up, inner, within), _gather(right, inner, within, columns, down)
        )
        for i in range(up):
            for j in range(down):
                out[rows[i], columns[j]] = part[i, j]
    return out


@_compiled
def split(theta, metric, row_charge, right_charge, dr, unit, limits):
    """Split theta (rows x (2, right)) into theta V and V+, V the leading eigenvectors.

    The eigenproblem is that of theta+ metric, whose eigenvalues are the squared Schmidt values. The
    kept ones are normalised. Only blocks of equal charge on both sides of the cut are visited.
    """
    height, width = theta.shape
    column_charge = np.empty(width, np.int64)
    for j in range(width):
        column_charge[j] = right_charge[j % dr] - unit * (j // dr)
    low, high = column_charge[0], column_charge[0]
    for j in range(width):
        low, high = min(low, column_charge[j]), max(high, column_charge[j])
    values, owner = np.zeros(width), np.zeros(width, np.int64)
    vectors = np.zeros((width, width), theta.dtype)  # row k: eigenvector k, conjugated
    rows, columns = np.empty(height, np.int64), np.empty(width, np.int64)
    found, total = 0, 0.0
    for charge in range(low, high + 1):
        up, down = _members(row_charge, charge, height, rows), 0
        if up == 0:
            continue
        down = _members(column_charge, charge, width, columns)
        if down == 0:
            continue
        block, weighted = (
            _gather(theta, rows, up, columns, down),
            _gather(metric, rows, up, columns, down),
        )
        gram = _adjoint_times(block, weighted)
        w, v = np.linalg.eigh(gram)
        for k in range(max(0, down - up), down):
            values[found], owner[found] = max(w[k], 0.0), charge
            total += values[found]
            for j in range(down):
                vectors[found, columns[j]] = np.conj(v[j, k])
            found += 1
    keep, k, lost = _select(values, found, total, limits[0], limits[1])
    isometry = np.empty((k, width), theta.dtype)
    schmidt, middle = np.empty(k), np.empty(k, np.int64)
    scale, out = 1.0 / np.sqrt(total - lost), 0
    for i in range(found):
        if keep[i]:
            schmidt[out], middle[out] = np.sqrt(values[i]) * scale, owner[i]
            for j in range(width):
                isometry[out, j] = vectors[i, j]
            out += 1
    factor = np.zeros((height, k), theta.dtype)
    start = 0
    while start < k:
        stop = start
        while stop < k and middle[stop] == middle[start]:
            stop += 1
        up = _members(row_charge, middle[start], height, rows)
        down = _members(column_charge, middle[start], width, columns)
        block = _gather(theta, rows, up, columns, down)
        turned = np.empty((down, stop - start), theta.dtype)
        for i in range(down):
            for j in range(start, stop):
                turned[i, j - start] = np.conj(isometry[j, columns[i]])
        part = np.dot(block, turned)
        for i in range(up):
            for j in range(start, stop):
                factor[rows[i], j] = part[i, j - start] * scale
        start = stop
    return factor, isometry, schmidt, middle, lost / total


@_compiled
def _select(values, count, total, cutoff, max_bond):
    """Mark what stays when the smallest values are dropped as far as cutoff and bond ask."""
    order = np.empty(count, np.int64)
    for i in range(count):  # insertion sort: the values come in few ascending runs
        j = i
        while j > 0 and values[order[j - 1]] > values[i]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = i
    keep = np.ones(count, np.bool_)
    kept, lost = count, 0.0
    for rank in range(count - 1):
        value = values[order[rank]]
        small = lost + value <= cutoff * total or value <= GRAM_FLOOR * total
        if not small and (max_bond == 0 or kept <= max_bond):
            break
        lost += value
        keep[order[rank]] = False
        kept -= 1
    return keep, kept, lost


@_compiled
def _members(charges, charge, count, found):
    size = 0
    for i in range(count):
        if charges[i] == charge:
            found[size] = i
            size += 1
    return size


@_compiled
def _gather(matrix, rows, up, columns, down):
    block = np.empty((up, down), matrix.dtype)
    for i in range(up):
        for j in range(down):
            block[i, j] = matrix[rows[i], columns[j]]
    return block


@_compiled
def _store(row, matrix):
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            row[i * matrix.shape[1] + j] = matrix[i, j]


@_compiled
def _adjoint_times(a, b):
    adjoint = np.empty((a.shape[1], a.shape[0]), a.dtype)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            adjoint[j, i] = np.conj(a[i, j])
    return np.dot(adjoint, b)


@_compiled
def _rotate(gate, pair, dl, dr):
    """Apply a 4x4 gate to the two middle legs of pair, given as (2 dl, 2 dr)."""
    out = np.zeros((2 * dl, 2 * dr), pair.dtype)
    for a in range(4):
        for b in range(4):
            value = gate[a, b]
            if value == 0:
                continue
            s, t, u, v = a // 2, (a % 2) * dr, b // 2, (b % 2) * dr
            for i in range(dl):
                for j in range(dr):
                    out[2 * i + s, t + j] += value * pair[2 * i + u, v + j]
    return out
