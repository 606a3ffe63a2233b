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

from qtn._kernels import FAST, kernel

_TINY = 1e-30
# Division by numpy's rules: a test for zero inside the loops would keep them from vector form.
_jit: Any = kernel(**FAST)


@_jit
def coarse_grain(h: Any, t: Any, left: Any, right: Any, passed: Any, out: Any, c: Any) -> None:
    """Fill the vectors `out` (nodes + passed, up, batch) and scales `c` (nodes + passed, batch).

    `h` has shape (before, d, batch), `t` (nodes, up, d·d); the others hold positions in `h`.
    """
    nodes, up, wide = t.shape
    d, batch = h.shape[1], h.shape[2]
    y = np.empty((wide, batch), h.dtype)
    for m in range(nodes):
        _outer(h[left[m]], h[right[m]], y)
        np.dot(t[m], y, out[m])
    for k in range(len(passed)):
        out[nodes + k, :d] = h[passed[k]]
        out[nodes + k, d:] = 0.0
    for m in range(len(out)):
        vector, scale = out[m], c[m]
        scale[:] = 0.0  # not _TINY, which float32 rounds upwards
        for u in range(up):
            for v in range(batch):
                scale[v] = max(scale[v], abs(vector[u, v]))
        for v in range(batch):
            # A row orthogonal to all that the node keeps must not blow up its derivatives.
            scale[v] = scale[v] if scale[v] > _TINY else 1.0
        for u in range(up):
            for v in range(batch):
                vector[u, v] /= scale[v]


@_jit
def coarse_grain_backward(h: Any, t: Any, places: Any, c: Any, g: Any, gt: Any, gh: Any) -> None:
    """Fill the derivatives `gt` (as `t`) and `gh` (as `h`, or no vectors: skipped).

    `places` are left, right and passed of `coarse_grain`; `g` (nodes + passed, up, batch) holds the
    derivative with respect to the result and is overwritten. Every vector of `h` has one taker, so
    that `gh` is written once.
    """
    left, right, passed = places
    nodes, up, wide = t.shape
    d, batch = h.shape[1], h.shape[2]
    y = np.empty((wide, batch), h.dtype)
    gy = np.empty((wide, batch), h.dtype)
    turned = np.empty((wide, up), h.dtype)
    for m in range(len(g)):
        for u in range(up):
            for v in range(batch):
                g[m, u, v] /= c[m, v]
    for m in range(nodes):
        a, b = h[left[m]], h[right[m]]
        _outer(a, b, y)
        # BLAS takes the long side first much faster.
        np.dot(y, g[m].T, turned)
        gt[m] = turned.T
        if len(gh) > 0:
            np.dot(t[m].T, g[m], gy)
            _outer_backward(a, b, gy, gh[left[m]], gh[right[m]])
    if len(gh) > 0:
        for k in range(len(passed)):
            gh[passed[k]] = g[nodes + k, :d]


@_jit
def _outer(a: Any, b: Any, y: Any) -> None:
    d, batch = a.shape
    for i in range(d):
        for j in range(d):
            for v in range(batch):
                y[i * d + j, v] = a[i, v] * b[j, v]


@_jit
def _outer_backward(a: Any, b: Any, gy: Any, ga: Any, gb: Any) -> None:
    d, batch = a.shape
    ga[:] = 0.0
    gb[:] = 0.0
    for i in range(d):
        for j in range(d):
            for v in range(batch):
                ga[i, v] += gy[i * d + j, v] * b[j, v]
                gb[j, v] += gy[i * d + j, v] * a[i, v]
