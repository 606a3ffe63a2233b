"""Compiled loops of `nodes`: gates on registers, their environments, the contraction of the tree.

Registers are pairs of real arrays, so that the inner loops are products of vectors of numbers; what
joins registers is small matrix products. A row of a network's `table` holds what the loops know of
a node: first and last gate, wires, memory wires, shift of the memory in the row index, wires of the
left child, bonds left, right and up, where the matrices of its two children and its own begin in
`bonds` (-1 for a single site), where its tensor, its isometry and its half-contracted isometry
begin.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from qtn._kernels import FAST, kernel
from qtn.aqc.kernels.tiles.turns import environment, turn
from qtn.states.kernels.blas import PLAIN, TRANSPOSE, gemm

_compiled: Any = kernel(**FAST)
FIRST, LAST, WIRES, MEMORY, SHIFT, CUT, LEFT, RIGHT, UP = range(9)
LEFT_AT, RIGHT_AT, OWN_AT, TENSOR_AT, ISOMETRY_AT, HALF_AT = range(9, 15)
COLUMNS = 15
ONE, ZERO = complex(1.0), complex(0.0)


class Network(NamedTuple):
    """What stays the same: wires of every gate, the table, the target's tensors (conjugate)."""

    pairs: np.ndarray
    table: np.ndarray
    tensors: np.ndarray


class Room(NamedTuple):
    """What is written: matrices below and above bonds, isometries, and room for one node."""

    bonds: np.ndarray
    above: np.ndarray
    isometries: np.ndarray
    halves: np.ndarray
    work: np.ndarray
    register: np.ndarray
    back: np.ndarray


@_compiled
def _turn(gate, register, high, low, out):  # type: ignore[no-untyped-def]
    """out = gate on the middle of (high, 4, low); gate (2, 4, 4), registers (2, …) in parts."""
    x, u, part = register.ctypes.data, out.ctypes.data, 8 * register.shape[1]
    turn((x, x + part), (u, u + part), (2, high, 4, low), gate.ctypes.data)


@_compiled
def _isometry(k, gates, network, room):  # type: ignore[no-untyped-def]
    """Write a node's isometry: its gates on its memory and |0⟩."""
    row, register = network.table[k], room.register
    columns = 1 << row[MEMORY]
    size = (1 << row[WIRES]) * columns
    for part in range(2):
        for t in range(size):
            register[0, part, t] = 0.0
    for c in range(columns):
        register[0, 0, (c << row[SHIFT]) * columns + c] = 1.0
    at = 0
    for j in range(row[FIRST], row[LAST]):
        b = network.pairs[j]
        low = (1 << (row[WIRES] - b - 2)) * columns
        _turn(gates[j], register[at], 1 << b, low, register[1 - at])
        at = 1 - at
    for t in range(size):
        room.isometries[row[ISOMETRY_AT] + t] = complex(register[at, 0, t], register[at, 1, t])


@_compiled
def _start(array, offset):  # type: ignore[no-untyped-def]
    """Return where an entry of a complex array lies in memory."""
    return np.int64(array.ctypes.data) + 16 * offset


@_compiled
def overlap(zgemm, gates, network, room):  # type: ignore[no-untyped-def]
    """Contract the tree from the sites up; return its value, keep what `environments` needs."""
    for k in range(network.table.shape[0] - 1, -1, -1):
        _isometry(k, gates, network, room)
        row = network.table[k]
        left, right, up = row[LEFT], row[RIGHT], row[UP]
        columns, below, before = 1 << row[MEMORY], 1 << (row[WIRES] - row[CUT]), 1 << row[CUT]
        inner = below * columns
        half = _start(room.isometries, row[ISOMETRY_AT])
        if row[LEFT_AT] >= 0:
            whole, half = half, _start(room.halves, row[HALF_AT])
            gemm(
                zgemm, left, inner, before, ONE, _start(room.bonds, row[LEFT_AT]), before, PLAIN,
                whole, inner, PLAIN, ZERO, half, inner,
            )  # fmt: skip
        done = half
        if row[RIGHT_AT] >= 0:
            done = _start(room.work, 0)
            for s in range(left):
                gemm(
                    zgemm, right, columns, below, ONE, _start(room.bonds, row[RIGHT_AT]), below,
                    PLAIN, half + 16 * s * inner, columns, PLAIN, ZERO,
                    done + 16 * s * right * columns, columns,
                )  # fmt: skip
        gemm(
            zgemm, up, columns, left * right, ONE, _start(network.tensors, row[TENSOR_AT]), up,
            TRANSPOSE, done, columns, PLAIN, ZERO, _start(room.bonds, row[OWN_AT]), columns,
        )  # fmt: skip
    return room.bonds[network.table[0, OWN_AT]]


@_compiled
def environments(zgemm, gates, network, room, out):  # type: ignore[no-untyped-def]
    """Go from the root down: derivatives by the matrices on bonds, by isometries, by gates."""
    room.above[network.table[0, OWN_AT]] = ONE
    for k in range(network.table.shape[0]):
        found = _by_isometry(zgemm, k, network, room)
        row = network.table[k]
        for t in range(1 << (row[WIRES] + row[MEMORY])):
            room.back[0, 0, t] = room.work[found, t].real
            room.back[0, 1, t] = room.work[found, t].imag
            whole = room.isometries[row[ISOMETRY_AT] + t]
            room.register[0, 0, t] = whole.real
            room.register[0, 1, t] = whole.imag
        _by_gates(k, gates, network, room, out)


@_compiled
def _by_isometry(zgemm, k, network, room):  # type: ignore[no-untyped-def]
    """Write the derivatives by a node's isometry and by its children; return in which `work`."""
    row = network.table[k]
    left, right = row[LEFT], row[RIGHT]
    columns, below, before = 1 << row[MEMORY], 1 << (row[WIRES] - row[CUT]), 1 << row[CUT]
    inner = below * columns
    whole, at, found = _start(room.isometries, row[ISOMETRY_AT]), _start(room.work[0], 0), 0
    gemm(
        zgemm, left * right, columns, row[UP], ONE, _start(network.tensors, row[TENSOR_AT]),
        row[UP], PLAIN, _start(room.above, row[OWN_AT]), columns, PLAIN, ZERO, at, columns,
    )  # fmt: skip
    if row[RIGHT_AT] >= 0:
        half = _start(room.halves, row[HALF_AT]) if row[LEFT_AT] >= 0 else whole
        first, at, found = at, _start(room.work[1], 0), 1
        for s in range(left):
            part = first + 16 * s * right * columns
            gemm(
                zgemm, below, columns, right, ONE, _start(room.bonds, row[RIGHT_AT]), below,
                TRANSPOSE, part, columns, PLAIN, ZERO, at + 16 * s * inner, columns,
            )  # fmt: skip
            gemm(
                zgemm, right, below, columns, ONE, part, columns, PLAIN, half + 16 * s * inner,
                columns, TRANSPOSE, ZERO if s == 0 else ONE, _start(room.above, row[RIGHT_AT]),
                below,
            )  # fmt: skip
    if row[LEFT_AT] >= 0:
        gemm(
            zgemm, before, inner, left, ONE, _start(room.bonds, row[LEFT_AT]), before, TRANSPOSE,
            at, inner, PLAIN, ZERO, _start(room.work[2], 0), inner,
        )  # fmt: skip
        gemm(
            zgemm, left, before, inner, ONE, at, inner, PLAIN, whole, inner, TRANSPOSE, ZERO,
            _start(room.above, row[LEFT_AT]), before,
        )  # fmt: skip
        found = 2
    return found


@_compiled
def _by_gates(k, gates, network, room, out):  # type: ignore[no-untyped-def]
    """Write the derivatives by a node's gates, last one first.

    What a register was before a gate is found by undoing it: the register stays in the cache.
    """
    row, register, back = network.table[k], room.register, room.back
    turned, undone = np.empty((2, 4, 4)), np.empty((2, 4, 4))
    now, was, part = 0, 0, 8 * register.shape[2]
    for j in range(row[LAST] - 1, row[FIRST] - 1, -1):
        b = network.pairs[j]
        high, low = 1 << b, (1 << (row[WIRES] - b - 2 + row[MEMORY]))
        for r in range(4):
            for c in range(4):
                turned[0, r, c] = undone[0, r, c] = gates[j, 0, c, r]
                turned[1, r, c] = gates[j, 1, c, r]
                undone[1, r, c] = -gates[j, 1, c, r]
        _turn(undone, register[was], high, low, register[1 - was])
        was = 1 - was
        x, u = back[now].ctypes.data, register[was].ctypes.data
        environment((x, x + part), (u, u + part), (2, high, 4, low), out[j].ctypes.data)
        if j > row[FIRST]:
            _turn(turned, back[now], high, low, back[1 - now])
            now = 1 - now
