"""Two-site sweeps that train a chain classifier, its bonds growing where the data need them.

Two neighbouring tensors and the label form one tensor M; with the environments of the rows

    f_c(v) = Σ_pq A_vp M_pqc B_vq,        A = L ⊗ φ(xᵢ),  B = φ(xᵢ₊₁) ⊗ R

the cross-entropy of softmax f is convex in M. Every visit makes one Newton step: the direction from
a few steps of conjugate gradients, the length from a line search that costs one operation per row
and class. M lives *in the metric of the data*: A and B are turned by the inverse roots of their
second moments G + ε, so that the gradients are well scaled, the ridge on M bounds the scores of the
rows, and the singular value decomposition that splits M keeps what is large in predictions; the
plain one keeps what is large in tensors. The components of every new environment have second
moments of at most 1, so that nothing overflows or vanishes however long the chain is.

The start is the least-squares linear classifier (`qtn.models.networks.chain_starts`), which a chain
of bond 10 holds exactly for ten classes. A start that knows nothing of the label has no bond that
carries one half's evidence to the other, and every step then fits its two pixels alone.

Few conjugate steps are better than many: a visit that solves its problem to the end fits the rows
with two sites, and the truncation that follows takes away what the other sites had learnt.

Reference: Stoudenmire and Schwab, NeurIPS 2016 (arXiv:1605.05775), with squared loss and the plain
decomposition.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._random import generator
from qtn.models.networks.chain_starts import linear_start

Floats = NDArray[Any]  # float32 throughout

# Rows drawn for every Newton step.
_ROWS_PER_STEP = 10_000
_CONJUGATE_STEPS = 2
# Singular values below this fraction of the largest are dropped.
_CUTOFF = 1e-3
# Ridge on M, in units of one row's loss. M and the scores of the rows have the same size.
_RIDGE = 1e-2
# ε, beside second moments of about 1: what varies less than this is not blown up to be seen.
_NOISE = 1e-2
# Second moments below this fraction of the largest carry no data.
_NOTHING = 1e-7
# A step that would lower the loss by less than this, in nats per row, is not made.
_TOO_SMALL = 1e-6


class ClassifierSweeper:
    """A chain in the metric of the data, and the environments of every row.

    Args:
        x: features, shape (rows, sites, phys), at least two sites.
        y: class numbers, shape (rows,).
        classes: number of classes.
        bond: largest bond dimension.
        seed: chooses the rows of every Newton step.
        weights: weight of every row in the loss, shape (rows,); None: all alike.
    """

    def __init__(
        self,
        x: Floats,
        y: NDArray[np.int64],
        classes: int,
        bond: int,
        seed: int = 0,
        weights: Floats | None = None,
    ) -> None:
        share = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
        x, y, share = x[share > 0], y[share > 0], share[share > 0]
        self.weights: Floats = (share / share.mean()).astype(np.float32)
        self.x = np.ascontiguousarray(x.transpose(1, 0, 2), dtype=np.float32)
        self.y, self.classes, self.bond = y, classes, bond
        self.rows = min(_ROWS_PER_STEP, len(y))
        self.rng = generator(seed, "classifier-sweeps")
        self.n = len(self.x)
        self.half = self.n // 2
        cores, label = linear_start(x.astype(np.float64), y, bond, classes, share)
        self.tensors: list[Floats] = list(cores.astype(np.float32))
        self.tensors[0], self.tensors[-1] = self.tensors[0][:1], self.tensors[-1][..., :1]
        one = np.ones((len(y), 1), dtype=np.float32)
        # left[i]: components of the sites before i; right[i]: of the sites from i on.
        self.left: list[Floats] = [one] * (self.n + 1)
        self.right: list[Floats] = [one] * (self.n + 1)
        for i in range(self.half):
            self.left[i + 1] = self._left_joint(i) @ _columns(self.tensors[i])
        for i in range(self.n - 1, self.half - 1, -1):
            self.right[i] = self._right_joint(i) @ _rows(self.tensors[i]).T
        # The tensor of site `half` carries the label: axes (left, phys, right, class).
        centre = np.einsum("acb,bsd->asdc", label, self.tensors[self.half])
        self.centre: Floats = centre.astype(np.float32)

    def sweep(self) -> None:
        """Sweep from the middle to the right end, to the left end, and back to the middle."""
        for i in range(self.half, self.n - 1):
            self._to_right(i)
        for i in range(self.n - 2, -1, -1):
            self._to_left(i)
        for i in range(self.half):
            self._to_right(i)

    def finished(self) -> tuple[list[Floats], Floats]:
        """Return tensors (left, phys, right) and a label tensor (left, class, right) in the middle.

        The label tensor is improved once more after it has been split off.
        """
        h, b = self.left[self.half], self._right_joint(self.half)
        white_h, white_b = _Metric(h, self.weights), _Metric(b, self.weights)
        m = self.centre.reshape(h.shape[1], -1, self.classes)
        m = white_b.into(white_h.into(m, 0), 1)
        u = self._leading(m.transpose(1, 0, 2))
        label = self._newton(h @ white_h.inverse, b @ white_b.inverse @ u, _times(m, u, 1))
        tensors = list(self.tensors)
        tensors[self.half] = (white_b.inverse @ u).T.reshape(u.shape[1], self.x.shape[2], -1)
        return tensors, _times(label, white_h.inverse.T, 0).transpose(0, 2, 1)

    # --------------------------------------------------------------------- steps

    def _to_right(self, i: int) -> None:
        """Improve sites i and i+1, the first of which carries the label, and pass it on."""
        pair = np.einsum("lsrc,rtq->lstqc", self.centre, self.tensors[i + 1], optimize=True)
        left, right, a, _, m = self._improved(i, pair)
        u = self._leading(m)
        self.tensors[i] = (left.inverse @ u).reshape(-1, self.x.shape[2], u.shape[1])
        self.left[i + 1] = a @ u
        rest = _times(_times(m, u, 0), right.inverse.T, 1)
        self.centre = rest.reshape(u.shape[1], self.x.shape[2], -1, self.classes)

    def _to_left(self, i: int) -> None:
        """Improve sites i and i+1, the second of which carries the label, and pass it on."""
        pair = np.einsum("lsr,rtqc->lstqc", self.tensors[i], self.centre, optimize=True)
        left, right, _, b, m = self._improved(i, pair)
        u = self._leading(m.transpose(1, 0, 2))
        self.tensors[i + 1] = (right.inverse @ u).T.reshape(u.shape[1], self.x.shape[2], -1)
        self.right[i + 1] = b @ u
        rest = _times(_times(m, u, 1), left.inverse.T, 0)
        self.centre = rest.reshape(-1, self.x.shape[2], u.shape[1], self.classes)

    def _improved(self, i: int, pair: Floats) -> tuple[_Metric, _Metric, Floats, Floats, Floats]:
        """Return both metrics, A, B and the improved M of sites i and i+1 in them."""
        a, b = self._left_joint(i), self._right_joint(i + 1)
        left, right = _Metric(a, self.weights), _Metric(b, self.weights)
        m = pair.reshape(a.shape[1], b.shape[1], self.classes)
        m = right.into(left.into(m, 0), 1)
        a, b = a @ left.inverse, b @ right.inverse
        return left, right, a, b, self._newton(a, b, m)

    def _newton(self, a: Floats, b: Floats, m: Floats) -> Floats:
        y, weights = self.y, self.weights
        if self.rows < len(y):
            some = self.rng.choice(len(y), self.rows, replace=False)
            a, b, y, weights = a[some], b[some], y[some], weights[some]
        return _newton(_Local(a, b, self.classes), m, y, weights[:, None])

    def _leading(self, m: Floats) -> Floats:
        """Return the leading left singular vectors of M, its first axis against the others."""
        u, s, _ = np.linalg.svd(m.reshape(len(m), -1), full_matrices=False)
        kept = int((s > _CUTOFF * s[0]).sum())
        return np.ascontiguousarray(u[:, : max(1, min(kept, self.bond))])

    # -------------------------------------------------------------- environments

    def _left_joint(self, i: int) -> Floats:
        product = self.left[i][:, :, None] * self.x[i][:, None, :]
        return np.asarray(product.reshape(len(self.y), -1))

    def _right_joint(self, i: int) -> Floats:
        product = self.x[i][:, :, None] * self.right[i + 1][:, None, :]
        return np.asarray(product.reshape(len(self.y), -1))


class _Metric:
    """Second moments G + ε of the components of an environment.

    `root` is R with G + ε = R Rᵀ, and `inverse` is R⁻ᵀ without the directions that carry no data:
    the components in the metric are A @ inverse.
    """

    def __init__(self, joint: Floats, weights: Floats) -> None:
        moments = ((joint * weights[:, None]).T @ joint).astype(np.float64) / len(joint)
        values, vectors = np.linalg.eigh(moments)
        kept = values > _NOTHING * values[-1]
        size, found = np.sqrt(values[kept] + _NOISE), vectors[:, kept]
        self.root: Floats = (found * size).astype(np.float32)
        self.inverse: Floats = (found / size).astype(np.float32)

    def into(self, m: Floats, axis: int) -> Floats:
        """Return M with one axis turned into the metric."""
        return _times(m, self.root, axis)


def _times(m: Floats, matrix: Floats, axis: int) -> Floats:
    """Return Σ_p M_…p… matrix_pq, with q where p was."""
    return np.ascontiguousarray(np.moveaxis(np.tensordot(m, matrix, axes=(axis, 0)), -1, axis))


def _columns(tensor: Floats) -> Floats:
    return tensor.reshape(-1, tensor.shape[2])


def _rows(tensor: Floats) -> Floats:
    return tensor.reshape(tensor.shape[0], -1)


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


def _newton(local: _Local, m: Floats, y: NDArray[np.int64], weights: Floats) -> Floats:
    target = np.eye(local.classes, dtype=np.float32)[y]
    f, count = local.forward(m), np.float32(len(y))
    p = _softmax(f)
    residual = local.backward(weights * (target - p) / count) - _RIDGE * m
    step = np.zeros_like(m)
    step_f = np.zeros_like(f)
    r: Any = residual
    d: Any = residual
    rho = float(np.vdot(residual, residual))
    for _ in range(_CONJUGATE_STEPS):
        d_f = local.forward(d)
        bent = weights * p * (d_f - (p * d_f).sum(axis=1, keepdims=True))
        h = local.backward(bent / count) + _RIDGE * d
        length = np.float32(rho / max(float(np.vdot(d, h)), 1e-30))
        step, step_f, r = step + length * d, step_f + length * d_f, r - length * h
        if float(np.vdot(residual, step)) < _TOO_SMALL:
            return m
        new = float(np.vdot(r, r))
        d, rho = r + np.float32(new / rho) * d, new
    # Along the line the loss is convex: a safeguarded Newton on its derivative.
    t, cross, square = 1.0, float(np.vdot(m, step)), float(np.vdot(step, step))
    for _ in range(4):
        p = _softmax(f + np.float32(t) * step_f)
        mean = (p * step_f).sum(axis=1)
        slopes, bends = mean - (target * step_f).sum(axis=1), (p * step_f**2).sum(axis=1) - mean**2
        slope = float((weights[:, 0] * slopes).mean()) + _RIDGE * (cross + t * square)
        bend = float((weights[:, 0] * bends).mean()) + _RIDGE * square
        t = min(max(t - slope / max(bend, 1e-30), 0.1 * t), 3.0 * t)
    return m + np.float32(t) * step


def _softmax(f: Floats) -> Floats:
    e = np.exp(f - f.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))
