"""Sweeps that fit a matrix product state to rows of site values by their likelihood.

With the rest of the chain in canonical form around the tensor M under work, the negative log
likelihood of rows v with weights w (Σ w = 1) is, up to a constant,

    F(M) = ‖M‖² - Σ_v w_v log (M·Φ_v)²,        Φ_v = L_v ⊗ e_v ⊗ R_v

whose minimum has ‖M‖ = 1. Where no amplitude changes sign F is convex, so instead of gradient steps
with a learning rate the minimum is approached by Newton's method: the direction from a few steps of
conjugate gradients on  (1 + Σ w Φ Φᵀ/Ψ²) Δ = Σ w Φ/Ψ - M,  the length from a line search that costs
one operation per row, because F along a line needs only Ψ and ΔΨ. An amplitude can thus never reach
zero, and no learning rate has to be tuned.

Two-site sweeps grow the bonds: the joint tensor is split by a singular value decomposition. They go
a fraction of the way only: a chain that follows every local minimum to its end while its bonds
still grow ends in a poor one. One-site sweeps keep the bonds and lower F at every step.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TINY = 1e-300
# Fraction of the way to the nearest sign change that a step may take.
_MARGIN = 0.95
_CONJUGATE_STEPS = 3
# Squared length of a residual at which a tensor is left alone.
_CONVERGED = 1e-24
# Smallest amplitude that the local problem sees, relative to the root mean square of all rows.
_FLOOR = 1e-5


class BornSweeper:
    """A chain, the rows, and the environments of every row.

    Args:
        tensors: axes (left, phys, right); any gauge, all amplitudes of the rows non-zero.
        rows: site values, shape (rows, sites).
        weights: of the rows, summing to 1.
    """

    def __init__(self, tensors: Sequence[Floats], rows: Ints, weights: Floats) -> None:
        self.tensors = [np.array(t, dtype=np.float64) for t in tensors]
        self.rows, self.weights = rows, weights
        self.n = len(self.tensors)
        # left[i]: environments of the sites before i; right[i]: of the sites from i on.
        self.left: list[Floats] = [np.ones((len(rows), 1))] * (self.n + 1)
        self.right: list[Floats] = [np.ones((len(rows), 1))] * (self.n + 1)
        self.right_log = np.zeros((self.n + 1, len(rows)))
        for i in range(self.n - 1, 0, -1):
            self._orthogonalise_right(i)
            self._update_right(i)
        self.tensors[0] /= np.linalg.norm(self.tensors[0])

    # ------------------------------------------------------------------ sweeps

    def two_site(self, max_bond: int, cutoff: float, fraction: float) -> None:
        """Sweep right and left, merging neighbours.

        Args:
            max_bond: largest bond.
            cutoff: singular values below this fraction of the largest are dropped.
            fraction: of the way to the local minimum that a step goes.
        """
        for i in range(self.n - 1):
            self._merge_and_split(i, max_bond, cutoff, fraction, to_right=True)
        for i in range(self.n - 2, -1, -1):
            self._merge_and_split(i, max_bond, cutoff, fraction, to_right=False)

    def one_site(self) -> None:
        """Sweep right and left, one tensor at a time; the likelihood never falls."""
        for i in range(self.n - 1):
            self._improve(i)
            self._orthogonalise_left(i)
            self._update_left(i)
        for i in range(self.n - 1, 0, -1):
            self._improve(i)
            self._orthogonalise_right(i)
            self._update_right(i)
        self._improve(0)

    def log_likelihoods(self) -> Floats:
        """Return log p of every row; the centre is site 0."""
        local = _Local(self.tensors[0], self.left[0], self.right[1], self.rows[:, 0])
        psi = local.amplitudes(self.tensors[0])
        log_size = np.log(np.maximum(np.abs(psi), _TINY)) + self.right_log[1]
        return np.asarray(2 * log_size - 2 * np.log(np.linalg.norm(self.tensors[0])))

    # ------------------------------------------------------------- local steps

    def _improve(self, i: int) -> None:
        local = _Local(self.tensors[i], self.left[i], self.right[i + 1], self.rows[:, i])
        self.tensors[i] = local.improved(self.tensors[i], self.weights, 1.0)

    def _merge_and_split(
        self, i: int, max_bond: int, cutoff: float, fraction: float, to_right: bool
    ) -> None:
        a, b = self.tensors[i], self.tensors[i + 1]
        (dl, da, _), (_, db, dr) = a.shape, b.shape
        merged = np.tensordot(a, b, axes=(2, 0)).reshape(dl, da * db, dr)
        value = self.rows[:, i] * db + self.rows[:, i + 1]
        local = _Local(merged, self.left[i], self.right[i + 2], value)
        merged = local.improved(merged, self.weights, fraction)
        u, s, vh = _svd(merged.reshape(dl * da, db * dr))
        rank = max(1, min(max_bond, int((s > cutoff * s[0]).sum())))
        u, s, vh = u[:, :rank], s[:rank] / np.linalg.norm(s[:rank]), vh[:rank]
        if to_right:
            vh = s[:, None] * vh
        else:
            u = u * s
        self.tensors[i] = u.reshape(dl, da, rank)
        self.tensors[i + 1] = vh.reshape(rank, db, dr)
        if to_right:
            self._update_left(i)
        else:
            self._update_right(i + 1)

    # ------------------------------------------------------- gauge, environments

    def _orthogonalise_left(self, i: int) -> None:
        t = self.tensors[i]
        q, r = np.linalg.qr(t.reshape(-1, t.shape[2]))
        self.tensors[i] = q.reshape(*t.shape[:2], -1)
        self.tensors[i + 1] = np.tensordot(r, self.tensors[i + 1], axes=(1, 0))

    def _orthogonalise_right(self, i: int) -> None:
        t = self.tensors[i]
        q, r = np.linalg.qr(t.reshape(t.shape[0], -1).T)
        self.tensors[i] = q.T.reshape(-1, *t.shape[1:])
        self.tensors[i - 1] = np.tensordot(self.tensors[i - 1], r.T, axes=(2, 0))

    def _update_left(self, i: int) -> None:
        t, value = self.tensors[i], self.rows[:, i]
        out = np.empty((len(self.rows), t.shape[2]))
        for s in range(t.shape[1]):
            where = value == s
            out[where] = self.left[i][where] @ t[:, s]
        self.left[i + 1] = _rescaled(out)[0]

    def _update_right(self, i: int) -> None:
        t, value = self.tensors[i], self.rows[:, i]
        out = np.empty((len(self.rows), t.shape[0]))
        for s in range(t.shape[1]):
            where = value == s
            out[where] = self.right[i + 1][where] @ t[:, s].T
        self.right[i], log_c = _rescaled(out)
        self.right_log[i] = self.right_log[i + 1] + log_c


class _Local:
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


def _rescaled(h: Floats) -> tuple[Floats, Floats]:
    c = np.abs(h).max(axis=1)
    lost = c < _TINY
    if lost.any():
        # The state has no weight at all on such a row: any direction is as good as another.
        h, c = np.where(lost[:, None], _TINY, h), np.where(lost, _TINY, c)
    return h / c[:, None], np.log(c)


def _svd(matrix: Floats) -> tuple[Floats, Floats, Floats]:
    try:
        return np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        # The divide-and-conquer driver fails on rare matrices; the slower driver does not.
        import scipy.linalg

        u, s, vh = scipy.linalg.svd(matrix, full_matrices=False, lapack_driver="gesvd")
        return u, s, vh
