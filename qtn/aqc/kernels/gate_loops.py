r"""Compiled kernels (numba) for batches of 4x4 gates: polar update, exponential, gradient.

Gates come in parts `(2, 4, 4)`, real and imaginary. What compiles is kept small, plain loops over
complex numbers: every line that numba compiles costs it hundredths of a second. The results are
cached on disk between processes.

With environments :math:`E_g` the overlap is :math:`f = \langle\psi|U|0\rangle
= \sum_{ab} E_{g,ab} G_{g,ab}` for every gate g. Moving a gate, :math:`G \to e^X G` with X in the
Lie algebra u(4) (so(4) for real gates), changes it by :math:`\mathrm{tr}(X M)`,
:math:`M = G E^T`, hence

.. math::
    \mathrm{d}(-\ln|f|^2) = \mathrm{Re}\,\mathrm{tr}(c X M), \quad c = -2 / f,

and the gradient for the inner product :math:`\mathrm{Re}\,\mathrm{tr}(A^\dagger B)` is the
anti-Hermitian part of :math:`(cM)^\dagger`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._kernels import FAST, kernel
from qtn.aqc.kernels.tiles.turns import turn

_compiled: Any = kernel(**FAST)


@_compiled
def _polar(environments, gates, z):  # type: ignore[no-untyped-def]
    """Replace gates (batch, 8, 4) by polar factors, without regard to their determinants.

    Rotations of two rows at a time make all rows orthogonal (Jacobi): z = [turn @ matrix, turn],
    real parts in its first eight columns, imaginary ones behind.
    """
    for g in range(gates.shape[0]):
        total, a, b = 0.0, 0.0, 0.0
        for i in range(4):
            for j in range(4):
                x, y = environments[g, i, j], environments[g, 4 + i, j]
                u, v = gates[g, i, j], gates[g, 4 + i, j]
                total += x * x + y * y
                a += x * u - y * v
                b += x * v + y * u
        if total == 0.0:
            continue
        total, size = np.sqrt(total), np.sqrt(a * a + b * b)
        if size == 0.0:
            a, size = 1.0, 1.0
        a *= 1e-7 / size
        b *= 1e-7 / size
        for i in range(4):
            for j in range(4):
                u, v = gates[g, i, j], gates[g, 4 + i, j]
                z[i, j] = environments[g, i, j] / total + a * u + b * v
                z[i, 8 + j] = a * v - b * u - environments[g, 4 + i, j] / total
                z[i, 4 + j] = 0.0
                z[i, 12 + j] = 0.0
                gates[g, i, j] = 0.0
                gates[g, 4 + i, j] = 0.0
            z[i, 4 + i] = 1.0
        worst = 1.0
        while worst > 1e-13:
            worst = 0.0
            for q in range(1, 4):
                for p in range(q):
                    a, b, c, d = 0.0, 0.0, 0.0, 0.0
                    for j in range(4):
                        x, y, u, v = z[p, j], z[q, j], z[p, 8 + j], z[q, 8 + j]
                        a += x * x + u * u
                        b += y * y + v * v
                        c += x * y + u * v
                        d += u * y - x * v
                    size, total = np.sqrt(c * c + d * d), np.sqrt(a * b)
                    if size > 1e-15 * total:
                        if size > worst * total:
                            worst = size / total
                        a = 0.5 * (b - a) / size
                        t = 1.0 / (a + np.copysign(np.sqrt(1.0 + a * a), a))
                        s = 1.0 / np.sqrt(1.0 + t * t)
                        t *= s
                        c /= size
                        d /= size
                        for j in range(8):
                            x, y, u, v = z[p, j], z[q, j], z[p, 8 + j], z[q, 8 + j]
                            z[p, j] = s * x - t * (c * y - d * v)
                            z[p, 8 + j] = s * u - t * (d * y + c * v)
                            z[q, j] = t * x + s * (c * y - d * v)
                            z[q, 8 + j] = t * u + s * (d * y + c * v)
        for k in range(4):
            a = 0.0
            for j in range(4):
                a += z[k, j] * z[k, j] + z[k, 8 + j] * z[k, 8 + j]
            for i in range(4):
                c = z[k, 4 + i] / np.sqrt(a)
                d = -z[k, 12 + i] / np.sqrt(a)
                for j in range(4):
                    gates[g, i, j] += c * z[k, j] - d * z[k, 8 + j]
                    gates[g, 4 + i, j] += d * z[k, j] + c * z[k, 8 + j]


def polar_batch(environments: np.ndarray, gates: np.ndarray, real: bool) -> None:
    """Replace every gate by the unitary that maximises |Σ e * gate|, in place.

    Directions that e leaves free (gates on fresh |0>) stay as they are in the gate, turned to the
    phase of its overlap: an admixture of 1e-7 of the gate itself decides them and does not move
    the fixed point. Real gates stay in SO(4): the direction of the smallest singular value is
    flipped if need be.
    """
    before = gates[:, 0].copy() if real else gates
    _polar(environments.reshape(-1, 8, 4), gates.reshape(-1, 8, 4), np.empty((4, 16)))
    if real:
        for g in np.flatnonzero(np.linalg.det(gates[:, 0]) < 0.0):
            e = environments[g, 0]
            share = 1e-7 * np.copysign(np.linalg.norm(e), np.sum(e * before[g]))
            matrix = e + share * before[g]
            # The least stretched direction; among equals the one nearest to a fixed vector.
            _, values, vectors = np.linalg.svd(matrix)
            equals = vectors[values <= values[3] * (1.0 + 1e-6)]
            least = (equals @ _FIXED) @ equals
            least /= np.linalg.norm(least)
            gates[g, 0] -= 2.0 * np.outer(gates[g, 0] @ least, least)


_FIXED = np.array([1.0, 0.7, -0.4, 0.2])


@_compiled
def _retract(x, gates, out, y):  # type: ignore[no-untyped-def]
    """See `retract`; matrices are (batch, 32), y is (2, 32)."""
    image = y[1].ctypes.data
    for g in range(out.shape[0]):
        norm = 0.0
        for j in range(32):
            norm += x[g, j] * x[g, j]
        # A norm of at most 1/2 in each step; the series ends where it is right to rounding.
        order, steps = 8, 1
        if norm > 0.0025:
            order = 14
        while norm > 0.25 * steps * steps:
            steps += 1
        for j in range(32):
            out[g, j] = gates[g, j]
        # The series of exp(x / steps) by Horner's rule on the gate, once for every step.
        for t in range(order * steps):
            if t % order == 0:
                for j in range(32):
                    y[0, j] = out[g, j]
            at = out[g].ctypes.data
            turn((at, at + 128), (image, image + 128), (2, 1, 4, 4), x[g].ctypes.data)
            factor = 1.0 / (steps * (order - t % order))
            for j in range(32):
                out[g, j] = y[0, j] + factor * y[1, j]


def retract(x: np.ndarray, gates: np.ndarray, out: np.ndarray) -> None:
    """out = exp(x) @ gates for a batch (batch, 2, 4, 4) of anti-Hermitian x, right to rounding."""
    x, gates, out = (array.reshape(-1, 32) for array in (x, gates, out))
    _retract(x, gates, out, np.empty((2, 32)))


@_compiled
def _log_gradient(gates, environments, re, im, out):  # type: ignore[no-untyped-def]
    """See `log_gradient`; matrices are (batch, 8, 4), out is zero."""
    size = re * re + im * im
    for g in range(out.shape[0]):
        for i in range(4):
            for j in range(4):
                x, y = 0.0, 0.0
                for k in range(4):
                    a, b = gates[g, i, k], gates[g, 4 + i, k]
                    r, s = environments[g, j, k], environments[g, 4 + j, k]
                    x += a * r - b * s
                    y += a * s + b * r
                # The anti-Hermitian part of the adjoint of K = -2 G E^T / f.
                a = (re * x + im * y) / size
                b = (re * y - im * x) / size
                out[g, i, j] += a
                out[g, j, i] -= a
                out[g, 4 + i, j] += b
                out[g, 4 + j, i] += b


def log_gradient(
    gates: np.ndarray, environments: np.ndarray, re: float, im: float, out: np.ndarray
) -> None:
    """Write the gradient of -ln|f|² (derived above), f = re + i im, to out; all in parts."""
    out[:] = 0.0
    _log_gradient(
        gates.reshape(-1, 8, 4), environments.reshape(-1, 8, 4), re, im, out.reshape(-1, 8, 4)
    )
