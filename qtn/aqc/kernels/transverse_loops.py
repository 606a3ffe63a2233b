"""Compiled kernel (numba) of the transverse contraction.

Complex numbers are kept as separate real and imaginary parts, so that inner loops run over
contiguous real numbers, and all boundaries of a contraction lie in one flat array `mem`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._kernels import FAST, inner, kernel
from qtn.aqc.kernels.tiles import turns
from qtn.aqc.kernels.tiles.products import product

GATE, PSI, WIRE = 0, 1, 2
FORWARD, GRADIENT, SWEEP_BACK, SWEEP_FORTH = 0, 1, 2, 3

_outer: Any = kernel(**FAST)
_inlined: Any = inner(inline="always", **FAST)  # compiled within `run` alone


def _orders() -> np.ndarray:
    """Where the entries [(ri, ro), (li, lo)] of a gate's matrix lie in [(lo, ro), (li, ri)].

    The second row is for the transposed matrix.
    """
    places = np.arange(16).reshape(2, 2, 2, 2).transpose(3, 1, 2, 0).reshape(4, 4)
    return np.concatenate([places.reshape(-1), places.T.reshape(-1)])


ORDERS = _orders()
# What joins two legs or opens two, in place of a gate.
BARE = np.zeros((1, 2, 4, 4))
BARE[0, 0, [0, 1, 2], [0, 1, 2]] = 1.0


@_inlined
def turn(src, dst, parts, shape, m):  # type: ignore[no-untyped-def]
    """dst[p, a, j] = Σ_b m[a, b] src[p, b, j] ; m lies flat, real parts first.

    `shape` holds the numbers of p, b, a and j.
    """
    pre, m_in, m_out, post = shape
    if m_in == m_out:
        x, u, part = src.ctypes.data, dst.ctypes.data, 8 * pre * m_in * post
        turns.turn((x, x + part), (u, u + part), (parts, pre, m_in, post), m.ctypes.data)
        return
    for a in range(m_out):
        for p in range(pre):
            o = (p * m_out + a) * post
            for c in range(parts):
                for j in range(post):
                    dst[c * pre * m_out * post + o + j] = 0.0
            for b in range(m_in):
                i, r, s = (p * m_in + b) * post, m[4 * a + b], m[16 + 4 * a + b]
                q, h = o + pre * m_out * post, i + pre * m_in * post
                for j in range(post):
                    dst[o + j] += r * src[i + j]
                if parts == 2:
                    for j in range(post):
                        dst[o + j] -= s * src[h + j]
                    for j in range(post):
                        dst[q + j] += r * src[h + j] + s * src[i + j]


@_inlined
def environment(v, w, parts, shape, m):  # type: ignore[no-untyped-def]
    """m[a, b] = Σ_{p, j} w[p, a, j] v[p, b, j] (bilinear, nothing conjugated)."""
    pre, m_in, m_out, post = shape
    if m_in == m_out:
        x, u, part = w.ctypes.data, v.ctypes.data, 8 * pre * m_in * post
        turns.environment((x, x + part), (u, u + part), (parts, pre, m_in, post), m.ctypes.data)
        return
    for a in range(m_out):
        for b in range(m_in):
            r, s = 0.0, 0.0
            for p in range(pre):
                i, o = (p * m_in + b) * post, (p * m_out + a) * post
                h, q = i + pre * m_in * post, o + pre * m_out * post
                for j in range(post):
                    r += w[o + j] * v[i + j]
                if parts == 2:
                    for j in range(post):
                        r -= w[q + j] * v[h + j]
                    for j in range(post):
                        s += w[o + j] * v[h + j] + w[q + j] * v[i + j]
            m[4 * a + b], m[16 + 4 * a + b] = r, s


@_outer
def run(ops, gates, sites, mem, spare, parts, mode, environments, begin, here, orders, m):  # type: ignore[no-untyped-def]
    """Run a contraction from operation `begin` on; return where it stopped and its boundary.

    A sweep stops at every gate, once its environment is known: the caller updates the gate and
    goes on with `begin` = -1 - (where it stopped).

    Args:
        ops: rows (kind, number, pre, m_in, m_out, post, offset before, offset after, and where
            the matrix of a site and its transpose start in `sites`).
        gates: (gates, 2, 4, 4), flat; bare wires are gates at the end.
        sites: matrices of the target's sites, real and imaginary parts, flat.
        mem: all boundaries, then two spare areas of `spare` numbers each.
        parts: 1 for real, 2 for complex problems.
        mode: FORWARD fills `mem` with forward boundaries; GRADIENT does so and comes back with
            all environments; SWEEP_BACK goes from the right, using forward boundaries and leaving
            backward ones; SWEEP_FORTH the other way round.
        environments: like gates, zero; written by GRADIENT and the sweeps.
        begin: 0, or -1 - t to go on at operation t with its gate updated.
        here: where the boundary starts that the last call returned.
        orders: `ORDERS`.
        m: room for 32 numbers.

    Returns:
        The operation it stopped at (their number at the end), and where the boundary starts in
        `mem`; at the end f is there.
    """
    count, free = ops.shape[0], mem.size - 2 * spare
    memory, matrices = mem.ctypes.data, sites.ctypes.data
    total = 2 * count if mode == GRADIENT else count
    t, updated = begin, False
    if begin < 0:
        t, updated = -1 - begin, True
    while t < total:
        back = 1 if mode == SWEEP_BACK or t >= count else 0
        moving = mode >= SWEEP_BACK or t >= count
        k = total - 1 - t if back == 1 else t
        kind, number, pre, post = ops[k, 0], ops[k, 1], ops[k, 2], ops[k, 5]
        m_in, m_out, first = ops[k, 3 + back], ops[k, 4 - back], ops[k, 8 + back]
        start, end = ops[k, 6], ops[k, 7]
        if not updated and (t == 0 or t == count):
            here = free if moving else 0
            mem[here + parts - 1] = 0.0
            mem[here] = 1.0
        if kind == GATE and moving and not updated:
            v, w = (start, here) if back == 1 else (here, end)
            for j in range(32):
                m[j] = 0.0
            environment(mem[v:], mem[w:], parts, (pre, ops[k, 3], ops[k, 4], post), m)
            for j in range(32):
                environments[32 * number + j // 16 * 16 + orders[j % 16]] = m[j]
            if mode != GRADIENT:
                return t, here
        updated = False
        if moving and mode != GRADIENT:
            # The boundary that was used up makes room for the new one.
            place = end if back == 1 else start
            for j in range(parts * pre * post * m_in):
                mem[place + j] = mem[here + j]
        there = end
        if moving:
            there = free + spare if here == free else free
        if kind == PSI:
            matrix = matrices + 8 * first
            product(
                memory + 8 * here, memory + 8 * there, (matrix, matrix + 8 * m_in * m_out),
                (parts, pre, m_in, m_out),
            )  # fmt: skip
        else:
            for j in range(32):
                m[j] = gates[32 * number + j // 16 * 16 + orders[16 * back + j % 16]]
            turn(mem[here:], mem[there:], parts, (pre, m_in, m_out, post), m)
        here = there
        t += 1
    if mode >= SWEEP_BACK:
        place = 0 if mode == SWEEP_BACK else ops[count - 1, 7]
        for c in range(parts):
            mem[place + c] = mem[here + c]
    return t, here
