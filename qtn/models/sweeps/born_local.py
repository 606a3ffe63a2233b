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

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._kernels import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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
_jit: Any = kernel(fastmath={"contract", "reassoc", "nsz", "arcp"})


@_jit
def amplitudes(
    m: Any, left: Any, right: Any, group: Any, ends: Any, scratch: Any, psi: Any
) -> None:
    """Fill `psi` with M·Φ of every row; `scratch` has a row per vector of `left`."""
    for s in range(m.shape[0]):
        a, b = ends[s], ends[s + 1]
        if b > a:
            np.dot(left[a:b], m[s], scratch[a:b])
    for k in range(len(psi)):
        total = 0.0
        for j in range(right.shape[1]):
            total += scratch[group[k], j] * right[k, j]
        psi[k] = total


@_jit
def _weighted_sum(
    coefficient: Any, left: Any, right: Any, group: Any, ends: Any, scratch: Any, g: Any
) -> None:
    """Fill `g` with Σ_v coefficient_v Φ_v."""
    scratch[:] = 0.0
    for k in range(len(coefficient)):
        for j in range(right.shape[1]):
            scratch[group[k], j] += coefficient[k] * right[k, j]
    for s in range(g.shape[0]):
        a, b = ends[s], ends[s + 1]
        if b > a:
            np.dot(left[a:b].T, scratch[a:b], g[s])
        else:
            g[s] = 0.0


@_jit
def improved(
    m: Any, left: Any, right: Any, group: Any, ends: Any, w: Any, fraction: float, conjugate: int
) -> Any:
    """Return the normalised tensor after one Newton step.

    Args:
        m: the tensor, axes (value, left, right).
        left: environments, shape (groups, left), sorted by their values.
        right: environments of the rows, shape (rows, right).
        group: which of the first a row has, shape (rows,).
        ends: where every value begins among the first, shape (values + 1,).
        w: weights of the rows.
        fraction: of the way to the minimum along the direction that the step goes.
        conjugate: steps of conjugate gradients; 1 is the steepest descent.
    """
    rows = len(w)
    scratch, psi = np.empty((len(left), right.shape[1])), np.empty(rows)
    amplitudes(m, left, right, group, ends, scratch, psi)
    # A row that truncation left without amplitude pulls hard, but not infinitely hard.
    floor = FLOOR * max(np.sqrt(np.sum(w * psi * psi)), 0.01)
    pull, curvature = np.empty(rows), np.empty(rows)
    for k in range(rows):
        if abs(psi[k]) < floor:
            psi[k] = -floor if psi[k] < 0 else floor
        pull[k] = w[k] / psi[k]
        curvature[k] = pull[k] / psi[k]
    residual = np.empty_like(m)
    _weighted_sum(pull, left, right, group, ends, scratch, residual)
    residual -= m
    start = np.sum(residual * residual)
    step, step_psi = np.zeros_like(m), np.zeros(rows)
    if start > CONVERGED:
        p, p_psi, hp, rho = residual.copy(), np.empty(rows), np.empty_like(m), start
        for k in range(conjugate):
            amplitudes(p, left, right, group, ends, scratch, p_psi)
            bent = curvature * p_psi
            alpha = rho / (np.sum(p * p) + np.sum(bent * p_psi))
            step += alpha * p
            step_psi += alpha * p_psi
            if k == conjugate - 1:
                break
            _weighted_sum(bent, left, right, group, ends, scratch, hp)
            residual -= alpha * (hp + p)
            new = np.sum(residual * residual)
            if new < ENOUGH * start:
                break
            p = residual + (new / rho) * p
            rho = new
        length = _line_search(np.sum(m * step), np.sum(step * step), step_psi / psi, w)
        m = m + fraction * length * step
    return m / np.sqrt(np.sum(m * m))


@_jit
def _line_search(slope: float, square: float, ratio: Any, w: Any) -> float:
    """Minimise F(m + t step) over 0 < t < the nearest sign change, by a safeguarded Newton.

    `slope` is m·step, `square` is ‖step‖², `ratio` is ΔΨ/Ψ of every row.
    """
    worst = ratio.min()
    limit = np.inf if worst >= 0 else MARGIN / -worst
    t = min(1.0, limit)
    for _ in range(LINE_STEPS):
        first, second = slope + t * square, square
        for k in range(len(w)):
            part = ratio[k] / (1 + t * ratio[k])
            first -= w[k] * part
            second += w[k] * part * part
        t = min(max(t - first / second, 0.0), limit)
    return float(t)


@_jit
def carried(h: Any, q: Any, ends: Any, place: Any, transposed: bool) -> Any:
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
    outward = q.shape[1] if transposed else q.shape[2]
    product, out = np.empty((len(h), outward)), np.empty((len(h), outward))
    log_scale = np.empty(len(h))
    for s in range(q.shape[0]):
        a, b = ends[s], ends[s + 1]
        if b > a and transposed:
            np.dot(h[a:b], q[s].T, product[a:b])
        elif b > a:
            np.dot(h[a:b], q[s], product[a:b])
    for k in range(len(h)):
        c = 0.0
        for j in range(outward):
            c = max(c, abs(product[k, j]))
        lost = c < TINY
        c = TINY if lost else c
        for j in range(outward):
            # Without any weight on such a row, any direction is as good as another.
            out[place[k], j] = 1.0 if lost else product[k, j] / c
        log_scale[k] = np.log(c)
    return out, log_scale


def rescaled(h: Floats) -> tuple[Floats, Floats]:
    """Return rows scaled to a largest entry of 1, and the logarithms of the scales."""
    c = np.abs(h).max(axis=1)
    lost = c < TINY
    if lost.any():
        # The state has no weight at all on such a row: any direction is as good as another.
        h, c = np.where(lost[:, None], TINY, h), np.where(lost, TINY, c)
    return h / c[:, None], np.log(c)
