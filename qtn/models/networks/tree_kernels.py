"""One layer of a tree for a batch of rows, compiled by numba, with hand-written derivatives.

A layer joins pairs of vectors, node by node, and lets the other vectors pass:

    h'[m]_u = Σ_{a,b} T[m]_{u,ab} h[left m]_a h[right m]_b / c[m],        c[m] = max_u |…|

The batch is the last axis. A node is one product of matrices, (up, d²) times (d², batch), whose
second factor is built in the cache, used at once and built again on the way back: all products of a
layer at once would be d times larger than the vectors, and reading them from memory took longer
than the arithmetic. The scales cancel in the amplitude, so the derivative takes them as constants.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._kernels import FAST, inner, kernel
from qtn.states.kernels.blas import PLAIN, TRANSPOSE, product

_TINY = 1e-30
# Division by numpy's rules: a test for zero inside the loops would keep them from vector form.
_jit: Any = kernel(**FAST)
_inner: Any = inner(**FAST)


@_jit
def coarse_grain(blas: Any, h: Any, t: Any, places: Any, out: Any, c: Any) -> None:
    """Fill the vectors `out` (nodes + passed, up, batch) and scales `c` (nodes + passed, batch).

    `blas` is `GEMM` for the type, `h` has shape (before, d, batch), `t` (nodes, up, d·d); `places`
    are the positions in `h` of what is left, right and passed.
    """
    left, right, passed = places
    nodes, up, wide = t.shape
    d, batch = h.shape[1], h.shape[2]
    y = np.empty((wide, batch), h.dtype)
    for m in range(nodes):
        _outer(h, left[m], right[m], y)
        product(blas, up, batch, wide, t[m], PLAIN, y, PLAIN, out[m])
    for k in range(passed.shape[0]):
        for u in range(up):
            for v in range(batch):
                out[nodes + k, u, v] = h[passed[k], u, v] if u < d else 0.0
    for m in range(out.shape[0]):
        for v in range(batch):
            c[m, v] = 0.0  # not _TINY, which float32 rounds upwards
        for u in range(up):
            for v in range(batch):
                c[m, v] = max(c[m, v], abs(out[m, u, v]))
        for v in range(batch):
            # A row orthogonal to all that the node keeps must not blow up its derivatives.
            c[m, v] = c[m, v] if c[m, v] > _TINY else 1.0
        for u in range(up):
            for v in range(batch):
                out[m, u, v] /= c[m, v]


@_jit
def coarse_grain_backward(
    blas: Any, h: Any, t: Any, places: Any, c: Any, g: Any, found: Any
) -> None:
    """Fill the derivatives `found`: gt (as `t`) and gh (as `h`, or no vectors: skipped).

    `places` are left, right and passed of `coarse_grain`; `g` (nodes + passed, up, batch) holds the
    derivative with respect to the result and is overwritten. Every vector of `h` has one taker, so
    that `gh` is written once.
    """
    (left, right, passed), (gt, gh) = places, found
    nodes, up, wide = t.shape
    d, batch = h.shape[1], h.shape[2]
    y, gy = np.empty((wide, batch), h.dtype), np.empty((wide, batch), h.dtype)
    turned = np.empty((wide, up), h.dtype)
    for m in range(g.shape[0]):
        for u in range(up):
            for v in range(batch):
                g[m, u, v] /= c[m, v]
    for m in range(nodes):
        _outer(h, left[m], right[m], y)
        # BLAS takes the long side first much faster.
        product(blas, wide, up, batch, y, PLAIN, g[m], TRANSPOSE, turned)
        for u in range(up):
            for j in range(wide):
                gt[m, u, j] = turned[j, u]
        if gh.shape[0] > 0:
            product(blas, wide, batch, up, t[m], TRANSPOSE, g[m], PLAIN, gy)
            _outer_backward(h, left[m], right[m], gy, gh)
    if gh.shape[0] > 0:
        for k in range(passed.shape[0]):
            for i in range(d):
                for v in range(batch):
                    gh[passed[k], i, v] = g[nodes + k, i, v]


@_inner
def _outer(h: Any, left: int, right: int, y: Any) -> None:
    d, batch = h.shape[1], h.shape[2]
    for i in range(d):
        for j in range(d):
            for v in range(batch):
                y[i * d + j, v] = h[left, i, v] * h[right, j, v]


@_inner
def _outer_backward(h: Any, left: int, right: int, gy: Any, gh: Any) -> None:
    d, batch = h.shape[1], h.shape[2]
    for i in range(d):
        for v in range(batch):
            gh[left, i, v] = 0.0
            gh[right, i, v] = 0.0
    for i in range(d):
        for j in range(d):
            for v in range(batch):
                gh[left, i, v] += gy[i * d + j, v] * h[right, j, v]
                gh[right, j, v] += gy[i * d + j, v] * h[left, i, v]
