"""Vector sweeps along half a chain, compiled by numba, with hand-written derivatives.

A half chain starts at an end of the chain and stops at the label tensor. Site i of it holds a core
`W[i]` of shape (out, phys, inward): `inward` is the bond towards the end of the chain, `out` the
one towards the label. For a batch of rows with features x, the sweep carries one vector per row,

    h[i+1]_o = Σ_{s,a} W[i]_{o,s,a} x[i]_s h[i]_a / c[i],        c[i] = max_o |…|,

so a site costs D²·phys operations per row and no D×D matrix per row is ever formed. The scales c
are kept; the product of all of them is the factor that would overflow or vanish otherwise. They
cancel in the true amplitude, so the derivative treats them as constants.

The batch is the last axis everywhere: the loops below run over it with vector instructions, and the
two matrix products per site are BLAS calls of shape (D, D·phys) times (D·phys, batch).
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
def sweep(blas: Any, w: Any, x: Any, reverse: bool, h: Any, c: Any) -> None:
    """Fill the vectors `h` (sites+1, D, batch) and scales `c` (sites, batch); h[0] is given.

    `blas` is `GEMM` for the type, `w` has shape (sites, D, phys*D), `x` (sites, phys, batch);
    `reverse` reads `x` from its end.
    """
    sites, bond, wide = w.shape
    batch = x.shape[2]
    y = np.empty((wide, batch), w.dtype)
    for i in range(sites):
        _outer(x, sites - 1 - i if reverse else i, h, i, y)
        product(blas, bond, batch, wide, w[i], PLAIN, y, PLAIN, h[i + 1])
        for b in range(batch):
            c[i, b] = _TINY
        for o in range(bond):
            for b in range(batch):
                c[i, b] = max(c[i, b], abs(h[i + 1, o, b]))
        for o in range(bond):
            for b in range(batch):
                h[i + 1, o, b] /= c[i, b]


@_jit
def sweep_backward(blas: Any, w: Any, x: Any, reverse: bool, kept: Any, g: Any, found: Any) -> None:
    """Fill the derivatives `found`: gw (as `w`) and gx (as `x`, or no sites: skipped).

    `kept` is the pair (h, c) that `sweep` filled; `g` (D, batch) holds the derivative with respect
    to h[sites] and is overwritten.
    """
    (h, c), (gw, gx) = kept, found
    sites, bond, wide = w.shape
    phys, batch = x.shape[1], x.shape[2]
    y, gy = np.empty((wide, batch), w.dtype), np.empty((wide, batch), w.dtype)
    for i in range(sites - 1, -1, -1):
        j = sites - 1 - i if reverse else i
        for o in range(bond):
            for b in range(batch):
                g[o, b] /= c[i, b]
        _outer(x, j, h, i, y)
        product(blas, bond, wide, batch, g, PLAIN, y, TRANSPOSE, gw[i])
        product(blas, wide, batch, bond, w[i], TRANSPOSE, g, PLAIN, gy)
        if gx.shape[0] > 0:
            for s in range(phys):
                for b in range(batch):
                    gx[j, s, b] = 0.0
                for a in range(bond):
                    for b in range(batch):
                        gx[j, s, b] += gy[s * bond + a, b] * h[i, a, b]
        for a in range(bond):
            for b in range(batch):
                g[a, b] = gy[a, b] * x[j, 0, b]
        for s in range(1, phys):
            for a in range(bond):
                for b in range(batch):
                    g[a, b] += gy[s * bond + a, b] * x[j, s, b]


@_inner
def _outer(x: Any, j: int, h: Any, i: int, y: Any) -> None:
    """y[(s, a)] = h[i, a] x[j, s]."""
    bond = h.shape[1]
    for s in range(x.shape[1]):
        for a in range(bond):
            for b in range(x.shape[2]):
                y[s * bond + a, b] = h[i, a, b] * x[j, s, b]


@_jit
def transfer(blas: Any, w: Any, e: Any, c: Any) -> None:
    """Fill the half norms `e` (sites+1, D, D): e[i+1] = Σ_s W_s e[i] W_sᵀ / c[i]; e[0] is given.

    `w` has shape (sites, phys, D, D), one matrix (out, inward) per value of the site.
    """
    sites, phys, bond = w.shape[0], w.shape[1], w.shape[2]
    half, term = np.empty((bond, bond), w.dtype), np.empty((bond, bond), w.dtype)
    for i in range(sites):
        for s in range(phys):
            product(blas, bond, bond, bond, w[i, s], PLAIN, e[i], PLAIN, half)
            product(blas, bond, bond, bond, half, PLAIN, w[i, s], TRANSPOSE, term)
            _added(e, i + 1, term, s)
        largest = w.dtype.type(_TINY)
        for o in range(bond):
            largest = max(largest, e[i + 1, o, o])
        c[i] = largest
        for o in range(bond):
            for p in range(bond):
                e[i + 1, o, p] /= largest


@_inner
def _added(sums: Any, i: int, term: Any, count: int) -> None:
    """Add a matrix to one of several; the first one, of count 0, replaces it."""
    for o in range(term.shape[0]):
        for p in range(term.shape[1]):
            sums[i, o, p] = term[o, p] + (sums[i, o, p] if count > 0 else 0.0)


@_jit
def transfer_backward(blas: Any, w: Any, e: Any, c: Any, g: Any, gw: Any) -> None:
    """Fill the derivative `gw` (as `w`) of a function of e[sites]; `g` (D, D) is overwritten."""
    sites, phys, bond = w.shape[0], w.shape[1], w.shape[2]
    half, term = np.empty((bond, bond), w.dtype), np.empty((bond, bond), w.dtype)
    back = np.empty((1, bond, bond), w.dtype)
    for i in range(sites - 1, -1, -1):
        for o in range(bond):
            for p in range(bond):
                g[o, p] /= c[i]
        for s in range(phys):
            product(blas, bond, bond, bond, g, TRANSPOSE, w[i, s], PLAIN, half)
            product(blas, bond, bond, bond, half, PLAIN, e[i], TRANSPOSE, gw[i, s])
            product(blas, bond, bond, bond, g, PLAIN, w[i, s], PLAIN, half)
            product(blas, bond, bond, bond, half, PLAIN, e[i], PLAIN, term)
            for o in range(bond):
                for p in range(bond):
                    gw[i, s, o, p] += term[o, p]
            # d/de[i]: W_sᵀ g W_s.
            product(blas, bond, bond, bond, w[i, s], TRANSPOSE, half, PLAIN, term)
            _added(back, 0, term, s)
        for o in range(bond):
            for p in range(bond):
                g[o, p] = back[0, o, p]
