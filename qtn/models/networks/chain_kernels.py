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

from qtn._kernels import FAST, kernel

_TINY = 1e-30
# Division by numpy's rules: a test for zero inside the loops would keep them from vector form.
_jit: Any = kernel(**FAST)


@_jit
def sweep(w: Any, x: Any, reverse: bool, h: Any, c: Any) -> None:
    """Fill the vectors `h` (sites+1, D, batch) and scales `c` (sites, batch); h[0] is given.

    `w` has shape (sites, D, phys*D), `x` (sites, phys, batch); `reverse` reads `x` from its end.
    """
    sites, bond, wide = w.shape
    phys, batch = x.shape[1], x.shape[2]
    y = np.empty((wide, batch), w.dtype)
    for i in range(sites):
        xi = x[sites - 1 - i] if reverse else x[i]
        _outer(xi, h[i], y, phys, bond, batch)
        out = h[i + 1]
        np.dot(w[i], y, out)
        ci = c[i]
        for b in range(batch):
            ci[b] = _TINY
        for o in range(bond):
            for b in range(batch):
                ci[b] = max(ci[b], abs(out[o, b]))
        for o in range(bond):
            for b in range(batch):
                out[o, b] /= ci[b]


@_jit
def sweep_backward(w: Any, x: Any, reverse: bool, kept: Any, g: Any, gw: Any, gx: Any) -> None:
    """Fill the derivatives `gw` (as `w`) and `gx` (as `x`, or no sites: skipped).

    `kept` is the pair (h, c) that `sweep` filled; `g` (D, batch) holds the derivative with respect
    to h[sites] and is overwritten.
    """
    h, c = kept
    sites, bond, wide = w.shape
    phys, batch = x.shape[1], x.shape[2]
    y = np.empty((wide, batch), w.dtype)
    gy = np.empty((wide, batch), w.dtype)
    for i in range(sites - 1, -1, -1):
        j = sites - 1 - i if reverse else i
        xi, hi, ci = x[j], h[i], c[i]
        for o in range(bond):
            for b in range(batch):
                g[o, b] /= ci[b]
        _outer(xi, hi, y, phys, bond, batch)
        np.dot(g, y.T, gw[i])
        np.dot(w[i].T, g, gy)
        if gx.shape[0] > 0:
            for s in range(phys):
                for b in range(batch):
                    gx[j, s, b] = 0.0
                for a in range(bond):
                    for b in range(batch):
                        gx[j, s, b] += gy[s * bond + a, b] * hi[a, b]
        for a in range(bond):
            for b in range(batch):
                g[a, b] = gy[a, b] * xi[0, b]
        for s in range(1, phys):
            for a in range(bond):
                for b in range(batch):
                    g[a, b] += gy[s * bond + a, b] * xi[s, b]


@_jit
def _outer(xi: Any, hi: Any, y: Any, phys: int, bond: int, batch: int) -> None:
    for s in range(phys):
        for a in range(bond):
            for b in range(batch):
                y[s * bond + a, b] = hi[a, b] * xi[s, b]


@_jit
def transfer(w: Any, e: Any, c: Any) -> None:
    """Fill the half norms `e` (sites+1, D, D): e[i+1] = Σ_s W_s e[i] W_sᵀ / c[i]; e[0] is given.

    `w` has shape (sites, phys, D, D), one matrix (out, inward) per value of the site.
    """
    sites, phys, bond = w.shape[0], w.shape[1], w.shape[2]
    half = np.empty((bond, bond), w.dtype)
    term = np.empty((bond, bond), w.dtype)
    for i in range(sites):
        out = e[i + 1]
        out[:] = 0.0
        for s in range(phys):
            np.dot(w[i, s], e[i], half)
            np.dot(half, w[i, s].T, term)
            out += term
        largest = w.dtype.type(_TINY)
        for o in range(bond):
            largest = max(largest, out[o, o])
        c[i] = largest
        out /= largest


@_jit
def transfer_backward(w: Any, e: Any, c: Any, g: Any, gw: Any) -> None:
    """Fill the derivative `gw` (as `w`) of a function of e[sites]; `g` (D, D) is overwritten."""
    sites, phys, bond = w.shape[0], w.shape[1], w.shape[2]
    half = np.empty((bond, bond), w.dtype)
    term = np.empty((bond, bond), w.dtype)
    back = np.empty((bond, bond), w.dtype)
    for i in range(sites - 1, -1, -1):
        g /= c[i]
        back[:] = 0.0
        for s in range(phys):
            np.dot(g, w[i, s], half)
            np.dot(half, e[i], term)
            gw[i, s] = term
            np.dot(g.T, w[i, s], half)
            np.dot(half, e[i].T, term)
            gw[i, s] += term
            # d/de[i]: W_sᵀ g W_s.
            np.dot(g, w[i, s], half)
            np.dot(w[i, s].T, half, term)
            back += term
        g[:] = back
