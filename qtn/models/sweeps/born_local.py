"""The local problem of a Born machine: one tensor, all other tensors in canonical form around it.

The negative log likelihood of rows v with weights w (Σ w = 1) is then, up to a constant,

    F(M) = ‖M‖² - Σ_v w_v log (M·Φ_v)²,        Φ_v = L_v ⊗ e_v ⊗ R_v

whose minimum has ‖M‖ = 1. Where no amplitude changes sign F is convex, so instead of gradient steps
with a learning rate the minimum is approached by Newton's method: the direction from a few steps of
conjugate gradients on  (1 + Σ w Φ Φᵀ/Ψ²) Δ = Σ w Φ/Ψ - M,  the length from a line search that costs
one operation per row, because F along a line needs only Ψ and ΔΨ. An amplitude can thus never reach
zero, and no learning rate has to be tuned.

Compiled by numba. The axes of a tensor are (value, left, right). The vectors L are sorted by the
value that goes with them: ends[s] … ends[s+1] are those of value s, so that every step is one
matrix product per value. `group` says which of them a row has: on a tree many rows share one (they
are alike below the tensor), and the product then counts the different ones only.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._kernels import inner, kernel
from qtn.states.kernels.blas import GEMM, PLAIN, TRANSPOSE, gemm

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Groups = NDArray[np.integer[Any]]

TINY = 1e-300
# Fraction of the way to the nearest sign change that a step may take.
MARGIN = 0.95
# Squared length of a residual at which a tensor is left alone.
CONVERGED = 1e-24
# Residual of the conjugate gradients at which they stop, squared and relative.
ENOUGH = 1e-4
# Smallest amplitude that the local problem sees, relative to the root of the rows' mean square.
FLOOR = 1e-5
LINE_STEPS = 6
TENSORS, VECTORS = 5, 5  # that are kept during a step: of the tensor's size, and of the rows'
_FAST = {"fastmath": {"contract", "reassoc", "nsz", "arcp"}}
_jit: Any = kernel(**_FAST)
_inner: Any = inner(**_FAST)


def amplitudes(
    m: Floats, left: Floats, right: Floats, group: Groups, ends: Ints, scratch: Floats, psi: Floats
) -> None:
    """Fill `psi` with M·Φ of every row; `scratch` has a row per vector of `left`."""
    tensors = np.ascontiguousarray(m).reshape(1, -1)
    _amplitudes(GEMM[m.dtype], tensors, 0, (left, right, group, ends), scratch, psi)


def improved(
    m: Floats, sides: tuple[Floats, Floats, Groups, Ints], w: Floats, fraction: float,
    conjugate: int,
) -> Floats:  # fmt: skip
    """Return the normalised tensor after one Newton step.

    Args:
        m: the tensor, axes (value, left, right).
        sides: environments, shape (groups, left), sorted by their values; environments of the
            rows, shape (rows, right); which of the first a row has, shape (rows,); where every
            value begins among the first, shape (values + 1,).
        w: weights of the rows.
        fraction: of the way to the minimum along the direction that the step goes.
        conjugate: steps of conjugate gradients; 1 is the steepest descent.
    """
    tensors, vectors = np.empty((TENSORS, m.size)), np.empty((VECTORS, len(w)))
    tensors[0] = m.reshape(-1)
    left, right = np.ascontiguousarray(sides[0]), np.ascontiguousarray(sides[1])
    around = left, right, sides[2].astype(np.int64, copy=False), sides[3]
    scratch = np.empty((len(left), right.shape[1]))
    _improved(GEMM[m.dtype], tensors, vectors, around, scratch, w, (float(fraction), conjugate))
    return tensors[0].reshape(m.shape)


@_jit
def _amplitudes(blas: Any, tensors: Any, t: Any, sides: Any, scratch: Any, psi: Any) -> None:
    """See `amplitudes`; the tensor lies flat in row t of `tensors`."""
    left, right, group, ends = sides
    inner, width = left.shape[1], right.shape[1]
    start, size = tensors.ctypes.data + 8 * t * tensors.shape[1], 8 * inner * width
    for s in range(ends.shape[0] - 1):
        a, b = ends[s], ends[s + 1]
        if b > a:
            gemm(
                blas, b - a, width, inner, 1.0, left.ctypes.data + 8 * a * inner, inner, PLAIN,
                start + s * size, width, PLAIN, 0.0, scratch.ctypes.data + 8 * a * width, width,
            )  # fmt: skip
    for k in range(psi.shape[0]):
        total = 0.0
        for j in range(width):
            total += scratch[group[k], j] * right[k, j]
        psi[k] = total


@_inner
def _weighted_sum(
    blas: Any, coefficient: Any, sides: Any, scratch: Any, tensors: Any, t: Any
) -> None:
    """Fill row t of `tensors` with Σ_v coefficient_v Φ_v."""
    left, right, group, ends = sides
    inner, width = left.shape[1], right.shape[1]
    for k in range(scratch.shape[0]):
        for j in range(width):
            scratch[k, j] = 0.0
    for k in range(coefficient.shape[0]):
        for j in range(width):
            scratch[group[k], j] += coefficient[k] * right[k, j]
    for j in range(tensors.shape[1]):
        tensors[t, j] = 0.0
    start, size = tensors.ctypes.data + 8 * t * tensors.shape[1], 8 * inner * width
    for s in range(ends.shape[0] - 1):
        a, b = ends[s], ends[s + 1]
        if b > a:
            gemm(
                blas, inner, width, b - a, 1.0, left.ctypes.data + 8 * a * inner, inner, TRANSPOSE,
                scratch.ctypes.data + 8 * a * width, width, PLAIN, 0.0, start + s * size, width,
            )  # fmt: skip


@_inner
def _dot(x: Any, y: Any) -> Any:
    total = 0.0
    for j in range(x.shape[0]):
        total += x[j] * y[j]
    return total


@_jit
def _improved(
    blas: Any, tensors: Any, vectors: Any, sides: Any, scratch: Any, w: Any, how: Any
) -> None:
    """See `improved`; the tensor is the first row of `tensors`, the other rows are room."""
    fraction, conjugate = how
    m, residual, step, p, hp = tensors[0], tensors[1], tensors[2], tensors[3], tensors[4]
    psi, curvature, step_psi = vectors[0], vectors[1], vectors[2]
    p_psi, bent = vectors[3], vectors[4]
    rows, size = w.shape[0], m.shape[0]
    _amplitudes(blas, tensors, 0, sides, scratch, psi)
    total = 0.0
    for k in range(rows):
        total += w[k] * psi[k] * psi[k]
    # A row that truncation left without amplitude pulls hard, but not infinitely hard.
    floor = FLOOR * max(math.sqrt(total), 0.01)
    for k in range(rows):
        if abs(psi[k]) < floor:
            psi[k] = -floor if psi[k] < 0 else floor
        bent[k] = w[k] / psi[k]
        curvature[k] = bent[k] / psi[k]
        step_psi[k] = 0.0
    _weighted_sum(blas, bent, sides, scratch, tensors, 1)
    for j in range(size):
        residual[j] -= m[j]
        step[j] = 0.0
        p[j] = residual[j]
    start = _dot(residual, residual)
    rho = start
    for k in range(conjugate if start > CONVERGED else 0):
        _amplitudes(blas, tensors, 3, sides, scratch, p_psi)
        for v in range(rows):
            bent[v] = curvature[v] * p_psi[v]
        alpha = rho / (_dot(p, p) + _dot(bent, p_psi))
        for j in range(size):
            step[j] += alpha * p[j]
        for v in range(rows):
            step_psi[v] += alpha * p_psi[v]
        if k == conjugate - 1:
            break
        _weighted_sum(blas, bent, sides, scratch, tensors, 4)
        for j in range(size):
            residual[j] -= alpha * (hp[j] + p[j])
        new = _dot(residual, residual)
        if new < ENOUGH * start:
            break
        for j in range(size):
            p[j] = residual[j] + (new / rho) * p[j]
        rho = new
    if start > CONVERGED:
        for v in range(rows):
            bent[v] = step_psi[v] / psi[v]
        length = fraction * _line_search(_dot(m, step), _dot(step, step), bent, w)
        for j in range(size):
            m[j] += length * step[j]
    norm = math.sqrt(_dot(m, m))
    for j in range(size):
        m[j] /= norm


@_inner
def _line_search(slope: float, square: float, ratio: Any, w: Any) -> float:
    """Minimise F(m + t step) over 0 < t < the nearest sign change, by a safeguarded Newton.

    `slope` is m·step, `square` is ‖step‖², `ratio` is ΔΨ/Ψ of every row.
    """
    worst = 0.0
    for k in range(w.shape[0]):
        worst = min(worst, ratio[k])
    limit = math.inf if worst >= 0 else MARGIN / -worst
    t = min(1.0, limit)
    for _ in range(LINE_STEPS):
        first, second = slope + t * square, square
        for k in range(w.shape[0]):
            part = ratio[k] / (1 + t * ratio[k])
            first -= w[k] * part
            second += w[k] * part * part
        t = min(max(t - first / second, 0.0), limit)
    return t


def carried(
    h: Floats, q: Floats, ends: Ints, place: Ints, transposed: bool
) -> tuple[Floats, Floats]:
    """Carry sorted environments through a tensor.

    Args:
        h: environments, shape (rows, inward).
        q: the tensor, axes (value, inward, outward), or with the last two exchanged.
        ends: where every value begins among the sorted rows.
        place: where every row goes: its rank by the value of the site that comes next.
        transposed: whether the axes of `q` are exchanged.

    Returns:
        The new environments, scaled to a largest entry of 1, and the logarithms of the scales in
        the order of `h`.
    """
    found = np.empty((len(h), q.shape[1] if transposed else q.shape[2]))
    for s in range(len(q)):
        a, b = ends[s], ends[s + 1]
        if b > a:
            np.dot(h[a:b], q[s].T if transposed else q[s], found[a:b])
    out, log_scale = np.empty_like(found), np.empty(len(found))
    _placed(found, place, out, log_scale)
    return out, log_scale


@_jit
def _placed(found: Any, place: Any, out: Any, log_scale: Any) -> None:
    """Write rows, scaled to a largest entry of 1, to their places; see `rescaled`."""
    for k in range(found.shape[0]):
        c = 0.0
        for j in range(found.shape[1]):
            c = max(c, abs(found[k, j]))
        lost = c < TINY
        c = TINY if lost else c
        for j in range(found.shape[1]):
            out[place[k], j] = 1.0 if lost else found[k, j] / c
        log_scale[k] = math.log(c)


def rescaled(h: Floats) -> tuple[Floats, Floats]:
    """Return rows scaled to a largest entry of 1, and the logarithms of the scales."""
    c = np.abs(h).max(axis=1)
    lost = c < TINY
    if lost.any():
        # The state has no weight at all on such a row: any direction is as good as another.
        h, c = np.where(lost[:, None], TINY, h), np.where(lost, TINY, c)
    return h / c[:, None], np.log(c)
