"""Compiled kernels (numba) of the transverse contraction.

Complex numbers are kept as separate real and imaginary parts, so that inner loops run over
contiguous real numbers, and all boundaries of a contraction lie in one flat array `mem`, so that
the code stays small: it compiles in a few seconds once and is cached on disk between processes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from qtn.aqc.gate_kernels import FAST

GATE, PSI, FIXED = 0, 1, 2
FORWARD, GRADIENT, SWEEP_BACK, SWEEP_FORTH = 0, 1, 2, 3

_inner: Any = njit(  # type: ignore[call-overload]
    no_cpython_wrapper=True, no_cfunc_wrapper=True, **FAST
)
_outer: Any = njit(nogil=True, **FAST)


@_inner
def apply_group(mem, src, dst, parts, pre, m_in, m_out, post, m):  # type: ignore[no-untyped-def]
    """dst[p, a, j] = Σ_b m[a, b] src[p, b, j]; m[0] is the real, m[1] the imaginary part."""
    half_in, half_out = pre * m_in * post, pre * m_out * post
    for p in range(pre):
        for a in range(m_out):
            o = dst + (p * m_out + a) * post
            q = o + half_out
            i = src + p * m_in * post
            if parts == 2 and m_in == 4:
                r0, r1, r2, r3 = m[0, a, 0], m[0, a, 1], m[0, a, 2], m[0, a, 3]
                s0, s1, s2, s3 = m[1, a, 0], m[1, a, 1], m[1, a, 2], m[1, a, 3]
                i1, i2, i3, h = i + post, i + 2 * post, i + 3 * post, half_in
                for j in range(post):
                    x0, x1, x2, x3 = mem[i + j], mem[i1 + j], mem[i2 + j], mem[i3 + j]
                    y0, y1 = mem[h + i + j], mem[h + i1 + j]
                    y2, y3 = mem[h + i2 + j], mem[h + i3 + j]
                    mem[o + j] = (r0 * x0 + r1 * x1 + r2 * x2 + r3 * x3) - (
                        s0 * y0 + s1 * y1 + s2 * y2 + s3 * y3
                    )
                    mem[q + j] = (r0 * y0 + r1 * y1 + r2 * y2 + r3 * y3) + (
                        s0 * x0 + s1 * x1 + s2 * x2 + s3 * x3
                    )
            else:
                for c in range(parts):
                    for j in range(post):
                        mem[o + c * half_out + j] = 0.0
                for b in range(m_in):
                    r, s, k = m[0, a, b], m[1, a, b], i + b * post
                    if parts == 1:
                        for j in range(post):
                            mem[o + j] += r * mem[k + j]
                    else:
                        for j in range(post):
                            x, y = mem[k + j], mem[k + half_in + j]
                            mem[o + j] += r * x - s * y
                            mem[q + j] += r * y + s * x


@_inner
def group_environment(mem, v, w, parts, pre, m_in, m_out, post, e):  # type: ignore[no-untyped-def]
    """e[a, b] = Σ_{p, j} w[p, a, j] v[p, b, j] (bilinear, nothing conjugated)."""
    half_in, half_out = pre * m_in * post, pre * m_out * post
    for a in range(m_out):
        if parts == 2 and m_in == 4:
            # All four columns at once: short inner loops would drown in their own overhead.
            r0, r1, r2, r3 = 0.0, 0.0, 0.0, 0.0
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for p in range(pre):
                o, i = w + (p * m_out + a) * post, v + p * 4 * post
                q, k = o + half_out, i + half_in
                for j in range(post):
                    s, t = mem[o + j], mem[q + j]
                    x, y = mem[i + j], mem[k + j]
                    r0 += s * x - t * y
                    s0 += s * y + t * x
                    x, y = mem[i + post + j], mem[k + post + j]
                    r1 += s * x - t * y
                    s1 += s * y + t * x
                    x, y = mem[i + 2 * post + j], mem[k + 2 * post + j]
                    r2 += s * x - t * y
                    s2 += s * y + t * x
                    x, y = mem[i + 3 * post + j], mem[k + 3 * post + j]
                    r3 += s * x - t * y
                    s3 += s * y + t * x
            e[0, a, 0], e[0, a, 1], e[0, a, 2], e[0, a, 3] = r0, r1, r2, r3
            e[1, a, 0], e[1, a, 1], e[1, a, 2], e[1, a, 3] = s0, s1, s2, s3
            continue
        for b in range(m_in):
            real, imag = 0.0, 0.0
            for p in range(pre):
                i = v + (p * m_in + b) * post
                o = w + (p * m_out + a) * post
                if parts == 1:
                    for j in range(post):
                        real += mem[o + j] * mem[i + j]
                else:
                    for j in range(post):
                        x, y = mem[i + j], mem[i + half_in + j]
                        s, t = mem[o + j], mem[o + half_out + j]
                        real += s * x - t * y
                        imag += s * y + t * x
            e[0, a, b] = real
            e[1, a, b] = imag


@_inner
def apply_site(mem, src, dst, work, parts, rows, k, n, sites, first):  # type: ignore[no-untyped-def]
    """dst = src @ P for src (rows, k) and P (k, n), stored as [Re P | Im P] from `first` on."""
    left = mem[src : src + parts * rows * k].reshape((parts * rows, k))
    right = sites[first : first + k * parts * n].reshape((k, parts * n))
    product = work[: parts * parts * rows * n].reshape((parts * rows, parts * n))
    np.dot(left, right, product)
    half = rows * n
    for i in range(rows):
        for j in range(n):
            if parts == 1:
                mem[dst + i * n + j] = product[i, j]
            else:
                mem[dst + i * n + j] = product[i, j] - product[rows + i, n + j]
                mem[dst + half + i * n + j] = product[i, n + j] + product[rows + i, j]


@_inner
def exchange_gate(op, gate, m, store, transpose):  # type: ignore[no-untyped-def]
    """Copy between a gate (2, 4, 4) and its matrix [(ri, ro), (li, lo)] for the operation `op`.

    With `store` the matrix is written into `gate` (zero elsewhere), else the gate into `m`.
    """
    drop_left, drop_right = op[8], op[9]
    if store:
        for c in range(32):
            gate[c // 16, (c // 4) % 4, c % 4] = 0.0
    for code in range(16):
        ri, ro, li, lo = code // 8, (code // 4) % 2, (code // 2) % 2, code % 2
        if (ri == 1 and drop_right == 1) or (li == 1 and drop_left == 1):
            continue
        a, b = ri * 2 + ro, li * 2 + lo
        row, column = lo * 2 + ro, li * 2 + ri
        for c in range(2):
            if store:
                gate[c, row, column] = m[c, a, b]
            elif transpose:
                m[c, b, a] = gate[c, row, column]
            else:
                m[c, a, b] = gate[c, row, column]


@_inner
def step(op, mem, src, dst, work, parts, gates, sites, m, backwards, first):  # type: ignore[no-untyped-def]
    """Apply one operation of the program, or its transpose."""
    m_in, m_out = op[3], op[4]
    if backwards:
        m_in, m_out = m_out, m_in
    if op[0] == PSI:
        apply_site(mem, src, dst, work, parts, op[2], m_in, m_out, sites, first)
        return
    if op[0] == GATE:
        exchange_gate(op, gates[op[1]], m, False, backwards)
    else:
        # A bare wire: it joins two legs (1x4) or opens two (4x1).
        for code in range(16):
            m[0, code // 4, code % 4] = 0.0
            m[1, code // 4, code % 4] = 0.0
        m[0, 0, 0] = 1.0
        m[0, 3 if m_out == 4 else 0, 3 if m_in == 4 else 0] = 1.0
    apply_group(mem, src, dst, parts, op[2], m_in, m_out, op[5], m)


@_outer
def run(ops, back, gates, sites, mem, work, spare, parts, mode, environments, begin, here):  # type: ignore[no-untyped-def]
    """Run a contraction from operation `begin` on; return where it stopped and its boundary.

    A sweep stops at every gate, once its environment is known: the caller updates the gate and
    goes on with `begin` = -1 - (where it stopped).

    Args:
        ops: rows (kind, gate, pre, m_in, m_out, post, offset before, offset after, extra, extra).
        back: for each row where the transposed site matrix starts.
        gates: (gates, 2, 4, 4).
        sites: matrices of the target's sites, flat.
        mem: all boundaries, then two spare areas of `spare` numbers each.
        work: room for one matrix product.
        parts: 1 for real, 2 for complex problems.
        mode: FORWARD fills `mem` with forward boundaries; GRADIENT does so and comes back with
            all environments; SWEEP_BACK goes from the right, using forward boundaries and leaving
            backward ones; SWEEP_FORTH the other way round.
        environments: (gates, 2, 4, 4), written by GRADIENT and the sweeps.
        begin: 0, or -1 - t to go on at operation t with its gate updated.
        here: where the boundary starts that the last call returned.

    Returns:
        The operation it stopped at (their number at the end), and where the boundary starts in
        `mem`; at the end f is there.
    """
    count = ops.shape[0]
    m = np.empty((2, 4, 4))
    free = mem.shape[0] - 2 * spare
    total = 2 * count if mode == GRADIENT else count
    t, updated = begin, False
    if begin < 0:
        t, updated = -1 - begin, True
    while t < total:
        backwards = mode == SWEEP_BACK or t >= count
        moving = mode >= SWEEP_BACK or t >= count
        k = total - 1 - t if backwards else t
        op = ops[k]
        start, end = op[6], op[7]
        if not updated and (t == 0 or t == count):
            here = free if moving else 0
            mem[here] = 1.0
            mem[here + parts - 1] = 1.0 if parts == 1 else 0.0
        if moving and op[0] == GATE and not updated:
            v = start if backwards else here
            w = here if backwards else end
            group_environment(mem, v, w, parts, op[2], op[3], op[4], op[5], m)
            exchange_gate(op, environments[op[1]], m, True, False)
            if mode != GRADIENT:
                return t, here
        updated = False
        if moving and mode != GRADIENT:
            # The boundary that was used up makes room for the new one.
            place = end if backwards else start
            length = parts * op[2] * op[5] * (op[4] if backwards else op[3])
            for j in range(length):
                mem[place + j] = mem[here + j]
        there = end
        if moving:
            there = free + spare if here == free else free
        first = back[k] if backwards else op[8]
        step(op, mem, here, there, work, parts, gates, sites, m, backwards, first)
        here = there
        t += 1
    if mode >= SWEEP_BACK:
        place = 0 if mode == SWEEP_BACK else ops[count - 1, 7]
        for c in range(parts):
            mem[place + c] = mem[here + c]
    return t, here
