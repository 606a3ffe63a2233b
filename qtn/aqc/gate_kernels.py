"""Compiled kernels (numba) for batches of 4x4 gates: polar update, exponential, gradient, L-BFGS.

Gates are kept in parts `(2, 4, 4)`, real and imaginary. Plain loops over numbers compile to small
code; everything is cached on disk between processes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

FAST: dict[str, Any] = {"cache": True, "fastmath": True, "error_model": "numpy"}
_inner: Any = njit(  # type: ignore[call-overload]
    no_cpython_wrapper=True, no_cfunc_wrapper=True, **FAST
)
_outer: Any = njit(nogil=True, **FAST)


@_inner
def multiply(a, b, out, dagger):  # type: ignore[no-untyped-def]
    """out = a @ b or a† @ b for 4x4 matrices in two parts."""
    for i in range(4):
        for j in range(4):
            x, y = 0.0, 0.0
            for k in range(4):
                r = a[0, k, i] if dagger else a[0, i, k]
                s = -a[1, k, i] if dagger else a[1, i, k]
                x += r * b[0, k, j] - s * b[1, k, j]
                y += r * b[1, k, j] + s * b[0, k, j]
            out[0, i, j] = x
            out[1, i, j] = y


@_inner
def invert(x, z):  # type: ignore[no-untyped-def]
    """Gauss-Jordan elimination of x (2, 4, 4) in z (2, 4, 8): the inverse is z[:, :, 4:].

    Returns the sign of the real part of the determinant, right for real matrices.
    """
    sign = 1.0
    for i in range(4):
        for j in range(4):
            for c in range(2):
                z[c, i, j] = x[c, i, j]
                z[c, i, 4 + j] = 0.0
        z[0, i, 4 + i] = 1.0
    for p in range(4):
        best, size = p, -1.0
        for i in range(p, 4):
            value = z[0, i, p] * z[0, i, p] + z[1, i, p] * z[1, i, p]
            if value > size:
                best, size = i, value
        if best != p:
            sign = -sign
            for j in range(8):
                for c in range(2):
                    value = z[c, p, j]
                    z[c, p, j] = z[c, best, j]
                    z[c, best, j] = value
        size = max(size, 1e-290)
        r, s = z[0, p, p] / size, -z[1, p, p] / size
        if r < 0.0:
            sign = -sign
        for j in range(8):
            u, v = z[0, p, j], z[1, p, j]
            z[0, p, j] = r * u - s * v
            z[1, p, j] = r * v + s * u
        for i in range(4):
            if i != p:
                r, s = z[0, i, p], z[1, i, p]
                for j in range(8):
                    u, v = z[0, p, j], z[1, p, j]
                    z[0, i, j] -= r * u - s * v
                    z[1, i, j] -= r * v + s * u
    return sign


@_inner
def polar_update(e, gate, real, room, z):  # type: ignore[no-untyped-def]
    """Replace `gate` by the unitary that maximises |Σ e * gate|.

    The polar factor of the conjugate of e by Newton's iteration. Directions that e leaves free
    (gates on fresh |0>) stay as they are in `gate`, turned to the phase of its overlap: an
    admixture of 1e-7 of the gate itself decides them and does not move the fixed point.
    """
    size, re, im = 0.0, 0.0, 0.0
    for i in range(4):
        for j in range(4):
            size += e[0, i, j] ** 2 + e[1, i, j] ** 2
            re += e[0, i, j] * gate[0, i, j] - e[1, i, j] * gate[1, i, j]
            im += e[0, i, j] * gate[1, i, j] + e[1, i, j] * gate[0, i, j]
    if size == 0.0:
        return
    norm, length = 1.0 / np.sqrt(size), np.sqrt(re * re + im * im)
    re, im = (1e-7 * re / length, -1e-7 * im / length) if length > 0.0 else (1e-7, 0.0)
    x, h, new = room[0], room[1], room[2]
    for i in range(4):
        for j in range(4):
            r, s = gate[0, i, j], gate[1, i, j]
            x[0, i, j] = e[0, i, j] * norm + re * r - im * s
            x[1, i, j] = 0.0 if real else -e[1, i, j] * norm + re * s + im * r
            h[0, i, j] = x[0, i, j]
            h[1, i, j] = x[1, i, j]
    sign = 1.0
    for _ in range(40):
        sign = invert(x, z)
        a, b = 0.0, 0.0
        for i in range(4):
            for j in range(4):
                a += x[0, i, j] ** 2 + x[1, i, j] ** 2
                b += z[0, i, 4 + j] ** 2 + z[1, i, 4 + j] ** 2
        scale = (b / a) ** 0.25
        change = 0.0
        for i in range(4):
            for j in range(4):
                r = 0.5 * (scale * x[0, i, j] + z[0, j, 4 + i] / scale)
                s = 0.5 * (scale * x[1, i, j] - z[1, j, 4 + i] / scale)
                change = max(change, abs(r - x[0, i, j]) + abs(s - x[1, i, j]))
                new[0, i, j] = r
                new[1, i, j] = s
        for i in range(4):
            for j in range(4):
                x[0, i, j] = new[0, i, j]
                x[1, i, j] = new[1, i, j]
        if change < 1e-8:
            break
    if real and sign < 0.0:
        flip_smallest(h, x, room[3], z, room[4, 0])
    for i in range(4):
        for j in range(4):
            gate[0, i, j] = x[0, i, j]
            gate[1, i, j] = x[1, i, j]


@_inner
def flip_smallest(matrix, x, product, z, q):  # type: ignore[no-untyped-def]
    """Flip the direction q of the smallest singular value: x -> x (1 - 2 q q^T).

    q is the eigenvector of x^T matrix with the smallest eigenvalue, by inverse iteration.
    """
    multiply(x, matrix, product, True)
    invert(product, z)
    q[0, 0], q[0, 1], q[0, 2], q[0, 3] = 1.0, 0.7, -0.4, 0.2
    for _ in range(200):
        size = 0.0
        for i in range(4):
            q[1, i] = 0.0
            for j in range(4):
                q[1, i] += z[0, i, 4 + j] * q[0, j]
            size += q[1, i] ** 2
        size = np.sqrt(size)
        change = 0.0
        for i in range(4):
            change = max(change, abs(abs(q[1, i]) / size - abs(q[0, i])))
            q[0, i] = q[1, i] / size
        if change < 1e-14:
            break
    for i in range(4):
        projection = 0.0
        for j in range(4):
            projection += x[0, i, j] * q[0, j]
        for j in range(4):
            x[0, i, j] -= 2.0 * projection * q[0, j]


@_outer
def polar_batch(environments, gates, real):  # type: ignore[no-untyped-def]
    """Polar update of a batch (batch, 2, 4, 4) in place."""
    room, z = np.zeros((6, 2, 4, 4)), np.zeros((2, 4, 8))
    for g in range(gates.shape[0]):
        polar_update(environments[g], gates[g], real, room, z)


@_outer
def retract(x, gates, out):  # type: ignore[no-untyped-def]
    """out = exp(x) @ gates for a batch (batch, 2, 4, 4) of anti-Hermitian x.

    Scaling and squaring around a Taylor series, right to rounding.
    """
    y, e, f = np.zeros((2, 4, 4)), np.zeros((2, 4, 4)), np.zeros((2, 4, 4))
    for g in range(gates.shape[0]):
        norm = 0.0
        for i in range(4):
            row = 0.0
            for j in range(4):
                row += abs(x[g, 0, i, j]) + abs(x[g, 1, i, j])
            norm = max(norm, row)
        scale, squarings = 1.0, 0
        while norm * scale > 0.5:
            scale *= 0.5
            squarings += 1
        order = 7 if norm < 0.01 else 13
        for c in range(2):
            for i in range(4):
                for j in range(4):
                    y[c, i, j] = scale * x[g, c, i, j]
                    e[c, i, j] = 1.0 if c == 0 and i == j else 0.0
        for t in range(order + squarings):
            if t < order:
                multiply(y, e, f, False)
            else:
                multiply(e, e, f, False)
            factor = 1.0 / (order - t) if t < order else 1.0
            for c in range(2):
                for i in range(4):
                    for j in range(4):
                        e[c, i, j] = f[c, i, j] * factor
                    if t < order and c == 0:
                        e[0, i, i] += 1.0
        multiply(e, gates[g], out[g], False)


@_outer
def log_gradient(gates, environments, re, im, out):  # type: ignore[no-untyped-def]
    """Gradient of -ln|f|² in the Lie algebra (see `gradient`), f = re + i im, all in parts."""
    scale = -2.0 / (re * re + im * im)
    cr, ci = scale * re, -scale * im
    for g in range(gates.shape[0]):
        for i in range(4):
            for j in range(4):
                x, y = 0.0, 0.0
                for k in range(4):
                    a, b = gates[g, 0, i, k], gates[g, 1, i, k]
                    r, s = environments[g, 0, j, k], environments[g, 1, j, k]
                    x += a * r - b * s
                    y += a * s + b * r
                # K = c G E^T; out += (K† - K) / 2
                u, v = 0.5 * (cr * x - ci * y), 0.5 * (cr * y + ci * x)
                if i == j:
                    out[g, 0, i, i] = 0.0
                    out[g, 1, i, i] = -2.0 * v
                elif i < j:
                    out[g, 0, i, j] = -u
                    out[g, 1, i, j] = -v
                else:
                    out[g, 0, j, i] += u
                    out[g, 1, j, i] -= v
                    out[g, 0, i, j] = -out[g, 0, j, i]
                    out[g, 1, i, j] = out[g, 1, j, i]


@_outer
def two_loop(q, steps, changes, curvatures, order, weights):  # type: ignore[no-untyped-def]
    """q = H q for the L-BFGS inverse Hessian H of the pairs `order`, oldest first; q is flat."""
    count, size = order.shape[0], q.shape[0]
    for t in range(2 * count):
        p = order[count - 1 - t] if t < count else order[t - count]
        left = steps[p] if t < count else changes[p]
        right = changes[p] if t < count else steps[p]
        value = 0.0
        for i in range(size):
            value += left[i] * q[i]
        value /= curvatures[p]
        if t < count:
            weights[p] = value
            factor = -value
        else:
            factor = weights[p] - value
        for i in range(size):
            q[i] += factor * right[i]
        if t == count - 1:
            p = order[count - 1]
            value = 0.0
            for i in range(size):
                value += changes[p, i] * changes[p, i]
            value = curvatures[p] / value
            for i in range(size):
                q[i] *= value
