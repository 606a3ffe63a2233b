"""The local problem of a Born machine: one tensor, all other tensors in canonical form around it.

The negative log likelihood of rows v with weights w (Σ w = 1) is then, up to a constant,

    F(M) = ‖M‖² - Σ_v w_v log (M·Φ_v)²,        Φ_v = L_v ⊗ e_v ⊗ R_v

whose minimum has ‖M‖ = 1. Where no amplitude changes sign F is convex, so instead of gradient steps
with a learning rate the minimum is approached by Newton's method: the direction from a few steps of
conjugate gradients on  (1 + Σ w Φ Φᵀ/Ψ²) Δ = Σ w Φ/Ψ - M,  the length from a line search that costs
one operation per row, because F along a line needs only Ψ and ΔΨ. An amplitude can thus never reach
zero, and no learning rate has to be tuned.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TINY = 1e-300
# Fraction of the way to the nearest sign change that a step may take.
_MARGIN = 0.95
_CONJUGATE_STEPS = 3
# Squared length of a residual at which a tensor is left alone.
_CONVERGED = 1e-24
# Smallest amplitude that the local problem sees, relative to the root mean square of all rows.
_FLOOR = 1e-5


class LocalProblem:
    """The convex problem of one tensor (left, value, right), rows grouped by their value."""

    def __init__(self, m: Floats, left: Floats, right: Floats, value: Ints) -> None:
        self.order = np.argsort(value, kind="stable")
        self.left, self.right = left[self.order], right[self.order]
        ends = np.searchsorted(value[self.order], np.arange(m.shape[1] + 1))
        self.groups = [
            (s, slice(int(a), int(b))) for s, (a, b) in enumerate(itertools.pairwise(ends)) if b > a
        ]

    def amplitudes(self, m: Floats) -> Floats:
        """Return M·Φ of the rows, in the order given."""
        out = np.empty(len(self.order))
        out[self.order] = self._forward(m)
        return out

    def _forward(self, m: Floats) -> Floats:
        out = np.empty(len(self.order))
        for s, rows in self.groups:
            out[rows] = np.einsum("ij,ij->i", self.left[rows] @ m[:, s], self.right[rows])
        return out

    def _backward(self, coefficients: Floats, like: Floats) -> Floats:
        """Return Σ_v coefficient_v Φ_v."""
        out = np.zeros_like(like)
        for s, rows in self.groups:
            out[:, s] = (self.left[rows] * coefficients[rows, None]).T @ self.right[rows]
        return out

    def improved(self, m: Floats, weights: Floats, fraction: float) -> Floats:
        """Return the normalised tensor after one Newton step."""
        w = weights[self.order]
        psi = self._forward(m)
        # A row that truncation left without amplitude pulls hard, but not infinitely hard.
        floor = _FLOOR * max(float(np.sqrt(np.mean(psi**2))), 0.01)
        psi = np.where(np.abs(psi) < floor, np.where(psi < 0, -floor, floor), psi)
        residual = self._backward(w / psi, m) - m
        start = float(np.vdot(residual, residual))
        if start > _CONVERGED:
            step, step_psi = self._direction(residual, w / psi**2, start)
            m = m + fraction * _line_search(m, step, psi, step_psi, w) * step
        return np.asarray(m / np.linalg.norm(m))

    def _direction(
        self, residual: Floats, curvature: Floats, start: float
    ) -> tuple[Floats, Floats]:
        """Return Δ of (1 + Σ curvature Φ Φᵀ) Δ = residual by conjugate gradients, and Δ·Φ."""
        x, x_psi = np.zeros_like(residual), np.zeros(len(self.order))
        r, p, rho = residual, residual, start
        for _ in range(_CONJUGATE_STEPS):
            p_psi = self._forward(p)
            hp = p + self._backward(curvature * p_psi, p)
            alpha = rho / float(np.vdot(p, hp))
            x, x_psi = x + alpha * p, x_psi + alpha * p_psi
            r = r - alpha * hp
            new = float(np.vdot(r, r))
            if new < 1e-4 * start:
                break
            p, rho = r + (new / rho) * p, new
        return x, x_psi


def _line_search(m: Floats, step: Floats, psi: Floats, step_psi: Floats, w: Floats) -> float:
    """Minimise F(m + t step) over 0 < t < the nearest sign change, by a safeguarded Newton."""
    slope, square = float(np.vdot(m, step)), float(np.vdot(step, step))
    ratio = step_psi / psi
    worst = float(ratio.min())
    limit = np.inf if worst >= 0 else _MARGIN / -worst
    t = min(1.0, limit)
    for _ in range(6):
        part = ratio / (1 + t * ratio)
        first = 2 * (slope + t * square) - 2 * float(w @ part)
        second = 2 * square + 2 * float(w @ part**2)
        t = min(max(t - first / second, 0.0), limit)
    return t


def rescaled(h: Floats) -> tuple[Floats, Floats]:
    """Return rows scaled to a largest entry of 1, and the logarithms of the scales."""
    c = np.abs(h).max(axis=1)
    lost = c < TINY
    if lost.any():
        # The state has no weight at all on such a row: any direction is as good as another.
        h, c = np.where(lost[:, None], TINY, h), np.where(lost, TINY, c)
    return h / c[:, None], np.log(c)
