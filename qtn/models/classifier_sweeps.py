"""Two-site sweeps that train a chain classifier, its bonds growing where the data need them.

Two neighbouring tensors and the label form one tensor M; with the environments of the rows

    f_c(v) = Σ_pq A_vp M_pqc B_vq,        A = L ⊗ φ(xᵢ),  B = φ(xᵢ₊₁) ⊗ R

the cross-entropy of softmax f is convex in M. Every visit makes one Newton step: the direction from
a few steps of conjugate gradients, the length from a line search that costs one operation per row
and class. M is then split by a singular value decomposition *in the metric of the data*,

    G_A^½ M G_B^½ = U S V,        G = second moments of the rows of A and B,

because the plain one keeps what is large in tensors, not in predictions. The factor left behind,
G_A^-½ U, makes the components of the next environment uncorrelated with unit variance, so that
nothing overflows or vanishes however long the chain is.

The start holds no label: every environment is the whitened leading components of the one before and
the next site (coarse-graining).

Reference: Stoudenmire and Schwab, NeurIPS 2016 (arXiv:1605.05775), with squared loss and the plain
decomposition.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._random import generator

Floats = NDArray[Any]  # float32 throughout

_CONJUGATE_STEPS = 3
# Ridge on M, in units of one row's loss; bounds the step where few rows speak.
_RIDGE = 1e-3
# Second moments below this fraction of the largest carry no data.
_NOTHING = 1e-5


class ClassifierSweeper:
    """A chain in the metric of the data, and the environments of every row.

    Args:
        x: features, shape (rows, sites, phys), at least two sites.
        y: class numbers, shape (rows,).
        classes: number of classes.
        bond: largest bond dimension.
        cutoff: singular values below this fraction of the largest are dropped.
        rows_per_step: rows drawn for every Newton step.
        seed: chooses those rows.
    """

    def __init__(
        self,
        x: Floats,
        y: NDArray[np.int64],
        classes: int,
        bond: int,
        cutoff: float = 1e-3,
        rows_per_step: int = 4000,
        seed: int = 0,
    ) -> None:
        self.x = np.ascontiguousarray(x.transpose(1, 0, 2), dtype=np.float32)
        self.y, self.classes, self.bond, self.cutoff = y, classes, bond, cutoff
        self.rows = min(rows_per_step, len(y))
        self.rng = generator(seed, "classifier-sweeps")
        self.n = len(self.x)
        one = np.ones((len(y), 1), dtype=np.float32)
        # left[i]: components of the sites before i; right[i]: of the sites from i on.
        self.left: list[Floats] = [one] * (self.n + 1)
        self.right: list[Floats] = [one] * (self.n + 1)
        empty = np.zeros((1, 1, 1), dtype=np.float32)
        self.tensors: list[Floats] = [empty] * self.n
        size = np.ones(1, dtype=np.float32)
        for i in range(self.n - 1, 0, -1):
            # The components are ranked at their true size, and kept at unit variance.
            weight = np.tile(size, self.x.shape[2])
            root, inverse = _roots(self._right_joint(i) * weight)
            gauge = weight[:, None] * inverse[:, : -bond - 1 : -1]
            size = np.linalg.norm(root, axis=0)[: -bond - 1 : -1]
            size = size / size[0]
            self.tensors[i] = gauge.T.reshape(-1, self.x.shape[2], self.right[i + 1].shape[1])
            self.right[i] = self._right_joint(i) @ gauge
        # The tensor of site 0 carries the label: axes (left, phys, right, class).
        self.centre = np.zeros((1, self.x.shape[2], self.right[1].shape[1], classes), np.float32)

    def sweep(self) -> None:
        """Sweep right and left; the label ends at site 0."""
        for i in range(self.n - 1):
            self._to_right(i)
        for i in range(self.n - 2, -1, -1):
            self._to_left(i)

    def finished(self) -> tuple[list[Floats], Floats]:
        """Return tensors (left, phys, right) and a label tensor (left, class, right) in the middle.

        The label moves to the middle by half a sweep.
        """
        half = self.n // 2
        for i in range(half - 1):
            self._to_right(i)
        a, b, m = self._improved(half - 1, label_left=True)
        phys = self.x.shape[2]
        root_a, inverse_a = _roots(a)
        root_b, inverse_b = _roots(b)
        weighted = np.einsum("ap,pqc,qb->acb", root_a.T, m, root_b, optimize=True)
        u, s, v = self._split(weighted.reshape(len(weighted), -1))
        rest = (s[:, None] * v).reshape(len(s), self.classes, -1)
        _, _, w = self._split(rest.reshape(-1, rest.shape[2]))
        tensors = list(self.tensors)
        tensors[half - 1] = (inverse_a @ u).reshape(-1, phys, len(s))
        tensors[half] = (w @ inverse_b.T).reshape(len(w), phys, -1)
        return tensors, np.asarray(rest @ w.T)

    # --------------------------------------------------------------------- steps

    def _to_right(self, i: int) -> None:
        a, b, m = self._improved(i, label_left=True)
        root, inverse = _roots(a)
        weight = _roots(b)[0]
        weighted = np.einsum("ap,pqc,qb->abc", root.T, m, weight, optimize=True)
        u, _, _ = self._split(weighted.reshape(len(weighted), -1))
        gauge = inverse @ u
        self.tensors[i] = gauge.reshape(-1, self.x.shape[2], u.shape[1])
        self.left[i + 1] = a @ gauge
        rest = np.tensordot(u.T @ root.T, m, axes=(1, 0))
        self.centre = rest.reshape(u.shape[1], self.x.shape[2], -1, self.classes)

    def _to_left(self, i: int) -> None:
        a, b, m = self._improved(i, label_left=False)
        root, inverse = _roots(b)
        weight = _roots(a)[0]
        weighted = np.einsum("ap,pqc,qb->bac", weight.T, m, root, optimize=True)
        u, _, _ = self._split(weighted.reshape(len(weighted), -1))
        gauge = inverse @ u
        self.tensors[i + 1] = gauge.T.reshape(u.shape[1], self.x.shape[2], -1)
        self.right[i + 1] = b @ gauge
        rest = np.einsum("pqc,qk->pkc", m, root @ u, optimize=True)
        self.centre = rest.reshape(-1, self.x.shape[2], u.shape[1], self.classes)

    def _split(self, matrix: Floats) -> tuple[Floats, Floats, Floats]:
        u, s, v = np.linalg.svd(matrix, full_matrices=False)
        rank = max(1, min(self.bond, int((s > self.cutoff * s[0]).sum())))
        return u[:, :rank], s[:rank], v[:rank]

    # ------------------------------------------------------------- environments

    def _left_joint(self, i: int) -> Floats:
        product = self.left[i][:, :, None] * self.x[i][:, None, :]
        return np.asarray(product.reshape(len(self.y), -1))

    def _right_joint(self, i: int) -> Floats:
        product = self.x[i][:, :, None] * self.right[i + 1][:, None, :]
        return np.asarray(product.reshape(len(self.y), -1))

    def _improved(self, i: int, label_left: bool) -> tuple[Floats, Floats, Floats]:
        """Return A, B and the improved M of sites i and i+1, one of which carries the label."""
        path = "lsrc,rtq->lstqc" if label_left else "lsr,rtqc->lstqc"
        pair = (self.centre, self.tensors[i + 1]) if label_left else (self.tensors[i], self.centre)
        m = np.einsum(path, *pair, optimize=True)
        m = np.ascontiguousarray(m.reshape(m.shape[0] * m.shape[1], -1, self.classes))
        a, b = self._left_joint(i), self._right_joint(i + 1)
        some = self.rng.choice(len(self.y), self.rows, replace=False)
        return a, b, _newton(_Local(a[some], b[some], self.classes), m, self.y[some])


class _Local:
    """The map from M to f and back."""

    def __init__(self, a: Floats, b: Floats, classes: int) -> None:
        self.a, self.b, self.classes = a, b, classes

    def forward(self, m: Floats) -> Floats:
        """Return f of the rows, shape (rows, classes)."""
        half = (self.a @ m.reshape(len(m), -1)).reshape(len(self.a), -1, self.classes)
        return np.asarray((self.b[:, None] @ half)[:, 0])

    def backward(self, g: Floats) -> Floats:
        """Return Σ_v A_vp B_vq g_vc."""
        half = (self.b[:, :, None] * g[:, None, :]).reshape(len(g), -1)
        return np.asarray((self.a.T @ half).reshape(self.a.shape[1], -1, self.classes))


def _newton(local: _Local, m: Floats, y: NDArray[np.int64]) -> Floats:
    target = np.eye(local.classes, dtype=np.float32)[y]
    f, count = local.forward(m), np.float32(len(y))
    p = _softmax(f)
    residual = local.backward((target - p) / count) - _RIDGE * m
    step = np.zeros_like(m)
    step_f = np.zeros_like(f)
    r: Any = residual
    d: Any = residual
    rho = float(np.vdot(residual, residual))
    for _ in range(_CONJUGATE_STEPS):
        d_f = local.forward(d)
        bent = p * (d_f - (p * d_f).sum(axis=1, keepdims=True))
        h = local.backward(bent / count) + _RIDGE * d
        length = np.float32(rho / max(float(np.vdot(d, h)), 1e-30))
        step, step_f, r = step + length * d, step_f + length * d_f, r - length * h
        new = float(np.vdot(r, r))
        if new < 1e-6 * rho:
            break
        d, rho = r + np.float32(new / rho) * d, new
    # Along the line the loss is convex: a safeguarded Newton on its derivative.
    t, cross, square = 1.0, float(np.vdot(m, step)), float(np.vdot(step, step))
    for _ in range(4):
        p = _softmax(f + np.float32(t) * step_f)
        mean = (p * step_f).sum(axis=1)
        slope = float((mean - (target * step_f).sum(axis=1)).mean()) + _RIDGE * (cross + t * square)
        bend = float(((p * step_f**2).sum(axis=1) - mean**2).mean()) + _RIDGE * square
        t = min(max(t - slope / max(bend, 1e-30), 0.1 * t), 3.0 * t)
    return m + np.float32(t) * step


def _softmax(f: Floats) -> Floats:
    e = np.exp(f - f.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _roots(joint: Floats) -> tuple[Floats, Floats]:
    """Return R and R⁺ᵀ with G = R Rᵀ, columns in the order of growing second moments."""
    moments = (joint.T @ joint).astype(np.float64) / len(joint)
    values, vectors = np.linalg.eigh(moments)
    kept = values > _NOTHING * values[-1]
    root = np.sqrt(values[kept])
    found = vectors[:, kept]
    return (found * root).astype(np.float32), (found / root).astype(np.float32)
