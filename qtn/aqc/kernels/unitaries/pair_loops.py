"""Compiled loops (numba) of the contraction across an operator: gates on neighbouring leg pairs.

A boundary has one leg pair per gate of its bond, each of dimension four, then real and imaginary
part, then the bond of the target: `[4] * L + [2, χ]`. Gates of the same bond act on different
pairs, so that they are applied in groups of up to three to blocks of the boundary that fit the
cache: the pairs of a group stand in front of the block, pieces of length χ for some values of all
other legs side by side behind them, which makes the inner loops long.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._kernels import FAST, kernel
from qtn.aqc.kernels.tiles import turns

WIDTH = 96  # numbers in a row of a block, at least
_compiled: Any = kernel(**FAST)


@_compiled
def turned(src, dst, behind, m):  # type: ignore[no-untyped-def]
    """dst[p, a, q] = Σ_b m[a, b] src[p, b, q] for blocks (2, rows, width), q < behind."""
    _, rows, width = src.shape
    x, u, part = src.ctypes.data, dst.ctypes.data, 8 * rows * width
    shape = (2, rows // (4 * behind), 4, behind * width)
    turns.turn((x, x + part), (u, u + part), shape, m.ctypes.data)


@_compiled
def environment(src, dst, behind, e, room):  # type: ignore[no-untyped-def]
    """e[a, b] += Σ dst[p, a, q] src[p, b, q] (bilinear, nothing conjugated), e in parts."""
    _, rows, width = src.shape
    x, u, part = src.ctypes.data, dst.ctypes.data, 8 * rows * width
    shape = (2, rows // (4 * behind), 4, behind * width)
    turns.environment((u, u + part), (x, x + part), shape, room.ctypes.data)
    e += room


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
            row = block[c, r]
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
    pieces, size, room = blocks.shape[3] // chi, len(gates), np.empty((2, 4, 4))
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
            environment(blocks[k], blocks[here], behind, found[k], room)
            turned(blocks[here], blocks[7 - here], behind, back[k])
            here, behind = 7 - here, behind * 4
        move(after, blocks[here], first, count, shape, True)
