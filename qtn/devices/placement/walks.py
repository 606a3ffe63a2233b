"""The steps of a beam of ways over a device: compiled loops.

A way walks line after line over coupled qubits that no line has used. For every step that a way
can take, the loops count the qubits that no line will ever walk over any more: those in pieces too
small for the lines to come, and dead ends beyond the two that a line can end in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._kernels import inner, kernel

__all__ = ["steps"]

Array = NDArray[Any]


@inner()
def _piece(used: Array, end: int, near: Array, seen: Array, todo: Array, top: int) -> Any:
    """Return the size and the dead ends of the piece of unused qubits around those in `todo`."""
    size, dead = 0, 0
    while top:
        top -= 1
        qubit, around = todo[top], 0
        size += 1
        for k in range(near.shape[1]):
            other = near[qubit, k]
            if other < 0:
                continue
            if not used[other]:
                around += 1
                if not seen[other]:
                    seen[other] = True
                    todo[top] = other
                    top += 1
            elif other == end:
                around += 1
        dead += around <= 1
    return size, dead


@inner()
def _left(
    used: Array, end: int, near: Array, seen: Array, todo: Array, lines: tuple[int, int, int, int]
) -> int:
    """Return how many unused qubits stay unused for certain; -1 where the lines do not fit."""
    _, rest, others, least = lines
    seen[:] = False
    top = 0
    for k in range(near.shape[1]):
        qubit = near[end, k]
        if qubit >= 0 and not used[qubit]:
            seen[qubit] = True
            todo[top] = qubit
            top += 1
    size, dead = _piece(used, end, near, seen, todo, top)
    if size - max(0, dead - 1) < rest:
        return -1
    room = others > 0 and size >= least
    useful = size - max(0, dead - 1 - 2 * others) if rest > 0 or room else 0
    free, fits = size, others == 0 or room
    for qubit in range(len(used)):
        if used[qubit] or seen[qubit]:
            continue
        seen[qubit] = True
        todo[0] = qubit
        size, dead = _piece(used, end, near, seen, todo, 1)
        free += size
        if others > 0 and size >= least:
            useful += size - max(0, dead - 2 * others)
            fits = True
    return free - useful if fits else -1


@kernel()
def steps(
    ways: tuple[Array, Array, Array],
    near: Array,
    gates: Array,
    readout: Array,
    lines: tuple[int, int, int, int],
    found: Array,
    values: Array,
) -> int:
    """Write all steps of all ways that leave room for the rest; return their number.

    Args:
        ways: qubits walked over (ways, qubits), where they are (ways,), costs so far (ways,).
        near: (qubits, most) coupled qubits, -1 where there are fewer.
        gates: (qubits, qubits) costs of the step's gates.
        readout: (qubits,) costs of a measurement.
        lines: qubits of this line walked over, its qubits after this step, lines to come, qubits
            of the shortest of these.
        found: (steps, 3) way, qubit and qubits left behind of every step, written.
        values: (steps,) costs with the step, written.
    """
    used, ends, costs = ways
    done = lines[0]
    count, n = 0, len(readout)
    seen, todo = np.zeros(n, np.bool_), np.zeros(n, np.int64)
    for way in range(len(ends)):
        for k in range(near.shape[1] if done else n):
            qubit = near[ends[way], k] if done else k
            if qubit < 0 or used[way, qubit]:
                continue
            used[way, qubit] = True
            left = _left(used[way], qubit, near, seen, todo, lines)
            used[way, qubit] = False
            if left < 0:
                continue
            found[count, 0], found[count, 1], found[count, 2] = way, qubit, left
            values[count] = costs[way] + readout[qubit]
            if done:
                values[count] += gates[ends[way], qubit]
            count += 1
    return count
