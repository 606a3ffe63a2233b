"""Compiled loops (numba) of the contraction across an operator: gates on neighbouring leg pairs.

A boundary has one leg pair per gate of its bond, each of dimension four, then real and imaginary
part, then the bond of the target: `[4] * L + [2, χ]`. Gates of the same bond act on different
pairs, so that they are applied in groups of up to three to blocks of the boundary that fit the
cache: the pairs of a group stand in front of the block, pieces of length χ for some values of all
other legs side by side behind them, which makes the inner loops long.

Loops are written on views of two axes with constant rows, which compilers turn into vector code.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from qtn.aqc.kernels.tiles.writer import FAST

WIDTH = 96  # numbers in a row of a block, at least
_compiled: Any = njit(nogil=True, **FAST)


@_compiled
def turned(src, dst, behind, m):  # type: ignore[no-untyped-def]
    """dst[p, a, q] = Σ_b m[a, b] src[p, b, q] for blocks (rows, 2, width), q < behind."""
    rows, _, width = src.shape
    step = behind * 2 * width
    x, y = src.reshape(rows * 2 * width), dst.reshape(rows * 2 * width)
    for p in range(rows // (4 * behind)):
        for q in range(behind):
            at = (p * 4 * behind + q) * 2 * width
            end = at + 3 * step + 2 * width
            u = x[at:end]
            v = y[at:end]
            u0, u1 = u[:width], u[width : 2 * width]
            u2, u3 = u[step : step + width], u[step + width : step + 2 * width]
            u4, u5 = u[2 * step : 2 * step + width], u[2 * step + width : 2 * step + 2 * width]
            u6, u7 = u[3 * step : 3 * step + width], u[3 * step + width : 3 * step + 2 * width]
            for a in range(4):
                r0, r1, r2, r3 = m[0, a, 0], m[0, a, 1], m[0, a, 2], m[0, a, 3]
                s0, s1, s2, s3 = m[1, a, 0], m[1, a, 1], m[1, a, 2], m[1, a, 3]
                w = v[a * step : a * step + width]
                for j in range(width):
                    w[j] = (r0 * u0[j] + r1 * u2[j] + r2 * u4[j] + r3 * u6[j]) - (
                        s0 * u1[j] + s1 * u3[j] + s2 * u5[j] + s3 * u7[j]
                    )
                w = v[a * step + width : a * step + 2 * width]
                for j in range(width):
                    w[j] = (r0 * u1[j] + r1 * u3[j] + r2 * u5[j] + r3 * u7[j]) + (
                        s0 * u0[j] + s1 * u2[j] + s2 * u4[j] + s3 * u6[j]
                    )


@_compiled
def environment(src, dst, behind, e):  # type: ignore[no-untyped-def]
    """e[a, b] += Σ dst[p, a, q] src[p, b, q] (bilinear, nothing conjugated), e in parts."""
    rows, _, width = src.shape
    step = behind * 2 * width
    x, y = src.reshape(rows * 2 * width), dst.reshape(rows * 2 * width)
    for p in range(rows // (4 * behind)):
        for q in range(behind):
            at = (p * 4 * behind + q) * 2 * width
            end = at + 3 * step + 2 * width
            u = x[at:end]
            v = y[at:end]
            u0, u1 = u[:width], u[width : 2 * width]
            u2, u3 = u[step : step + width], u[step + width : step + 2 * width]
            u4, u5 = u[2 * step : 2 * step + width], u[2 * step + width : 2 * step + 2 * width]
            u6, u7 = u[3 * step : 3 * step + width], u[3 * step + width : 3 * step + 2 * width]
            for a in range(4):
                w0 = v[a * step : a * step + width]
                w1 = v[a * step + width : a * step + 2 * width]
                r0, r1, r2, r3 = 0.0, 0.0, 0.0, 0.0
                s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
                for j in range(width):
                    s, t = w0[j], w1[j]
                    r0 += s * u0[j] - t * u1[j]
                    s0 += s * u1[j] + t * u0[j]
                    r1 += s * u2[j] - t * u3[j]
                    s1 += s * u3[j] + t * u2[j]
                    r2 += s * u4[j] - t * u5[j]
                    s2 += s * u5[j] + t * u4[j]
                    r3 += s * u6[j] - t * u7[j]
                    s3 += s * u7[j] + t * u6[j]
                e[0, a, 0] += r0
                e[0, a, 1] += r1
                e[0, a, 2] += r2
                e[0, a, 3] += r3
                e[1, a, 0] += s0
                e[1, a, 1] += s1
                e[1, a, 2] += s2
                e[1, a, 3] += s3


@_compiled
def move(boundary, block, first, count, shape, back):  # type: ignore[no-untyped-def]
    """Copy `count` pieces from number `first` on from a boundary to a block, or back.

    `shape` holds the numbers of values of the legs before, of the group and behind it, and χ. What
    a block has beyond the pieces is zero.
    """
    _, rows, post, chi = shape
    used, width = count * chi, block.shape[2]
    for r in range(rows):
        for c in range(2):
            row = block[r, c]
            for k in range(count):
                p, q = divmod(first + k, post)
                at = (((p * rows + r) * post + q) * 2 + c) * chi
                one, other = boundary[at : at + chi], row[k * chi : (k + 1) * chi]
                if back:
                    for j in range(chi):
                        one[j] = other[j]
                else:
                    for j in range(chi):
                        other[j] = one[j]
            if not back:
                for j in range(used, width):
                    row[j] = 0.0


@_compiled
def apply_group(boundary, gates, shape, blocks):  # type: ignore[no-untyped-def]
    """Apply the gates (group, 2, 4, 4) of one group to a boundary, in place."""
    pre, rows, post, chi = shape
    pieces = blocks.shape[3] // chi
    for first in range(0, pre * post, pieces):
        count = min(pieces, pre * post - first)
        move(boundary, blocks[0], first, count, shape, False)
        behind, here = rows, 0
        for k in range(len(gates)):
            behind //= 4
            turned(blocks[here], blocks[1 - here], behind, gates[k])
            here = 1 - here
        move(boundary, blocks[here], first, count, shape, True)


@_compiled
def return_group(before, after, gates, back, found, shape, blocks):  # type: ignore[no-untyped-def]
    """Add the environments of one group to `found`; take `after` back through its gates.

    Args:
        before: the boundary before the group, from the left.
        after: the boundary behind it, from the right; replaced by that before it.
        gates, back: the group's gates and their transposes, (group, 2, 4, 4).
        found: environments of the gates.
        shape: see `move`.
        blocks: room for five blocks.
    """
    pre, rows, post, chi = shape
    pieces, size = blocks.shape[3] // chi, len(gates)
    for first in range(0, pre * post, pieces):
        count = min(pieces, pre * post - first)
        move(before, blocks[0], first, count, shape, False)
        behind = rows
        for k in range(size - 1):
            behind //= 4
            turned(blocks[k], blocks[k + 1], behind, gates[k])
        here = 3
        move(after, blocks[here], first, count, shape, False)
        behind = 1
        for k in range(size - 1, -1, -1):
            environment(blocks[k], blocks[here], behind, found[k])
            turned(blocks[here], blocks[7 - here], behind, back[k])
            here, behind = 7 - here, behind * 4
        move(after, blocks[here], first, count, shape, True)
