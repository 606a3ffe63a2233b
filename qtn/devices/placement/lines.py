"""Long lines on a device, one or several beside each other: ways that leave little behind.

A beam that ranks ways by their cost alone winds through the best couplings and runs into dead ends
long before it has walked over most of a device. Here one way walks over all lines, one after the
other. It is given up as soon as what is left has no room for the rest of its line and for the lines
to come, and ranks lower for every qubit that no line will walk over any more: those in pieces that
are too small, and dead ends, as a line ends in two of them at most. Of ways that used the same
qubits and end in the same place the cheapest stays.

A broken coupling counts as a pair of qubits that is lost, once for all gates on it; lines over as
few of them as possible are returned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.devices.placement.walks import steps

BEAM = 1000
WEIGHTS = (3.0, 10.0, 30.0)  # usual costs of a qubit that a qubit left behind counts as
LOST = math.log(16.0)  # cost of two qubits of which nothing is known

Floats = NDArray[np.float64]
Lines = tuple[tuple[int, ...], ...]


def long_lines(
    counts: Sequence[Sequence[int]],
    couplings: Floats,
    readout: Floats,
    broken: NDArray[np.bool_] | None = None,
) -> Lines | None:
    """Return the qubits of lines in order, of least cost among those found; None without any.

    Args:
        counts: per line, the number of gates between each site and the next.
        couplings: costs of a gate (qubits, qubits), infinite where there is none to use.
        readout: costs of a measurement (qubits,).
        broken: couplings (qubits, qubits) that are used only where nothing fits without; their
            entry in `couplings` does not count.

    Cost: some tenths of a second for a hundred sites.

    Example:
        >>> couplings = np.full((6, 6), np.inf)
        >>> for a, b in ((0, 1), (1, 2), (2, 3), (1, 4), (4, 5)):
        ...     couplings[a, b] = couplings[b, a] = 0.01
        >>> sorted(sorted(line) for line in long_lines([[1], [1], [1]], couplings, np.zeros(6)))
        [[0, 1], [2, 3], [4, 5]]
    """
    avoided = np.zeros_like(couplings, bool) if broken is None else broken
    usable = np.where(avoided, np.inf, couplings)
    found = _best(counts, usable, np.zeros_like(usable), readout)
    if found is None and avoided.any():
        found = _best(
            counts, np.where(avoided, 0.0, couplings), np.where(avoided, LOST, 0.0), readout
        )
    return found


def _best(
    counts: Sequence[Sequence[int]], couplings: Floats, flat: Floats, readout: Floats
) -> Lines | None:
    """Return the lines of least cost that beams of several penalties find.

    Args:
        counts: as of `long_lines`.
        couplings: costs of each gate, infinite where there is no coupling.
        flat: costs of using a coupling at all.
        readout: costs of a measurement.
    """
    finite = couplings[np.isfinite(couplings)]
    gates = [c for row in counts for c in row]
    if not finite.size or not gates:
        return None
    usual = float(np.median(finite) * np.mean(gates) + np.median(readout))
    walked = [_walked(counts, couplings, flat, readout, w * usual) for w in WEIGHTS]

    def cost(lines: Lines) -> tuple[int, float]:
        lost = [bool(flat[pair]) for line in lines for pair in pairwise(line)]
        return sum(lost), _cost(lines, counts, couplings, readout)

    return min((lines for lines in walked if lines is not None), key=cost, default=None)


def _walked(
    counts: Sequence[Sequence[int]],
    couplings: Floats,
    flat: Floats,
    readout: Floats,
    penalty: float,
) -> Lines | None:
    """Return the cheapest lines that a beam with this penalty for qubits left behind finds."""
    size, near = len(readout), _near(couplings)
    keys = np.random.default_rng(0).integers(1, 2**62, size)  # of a set of qubits: all xored
    lengths = [len(row) + 1 for row in counts]
    used, ends = np.zeros((1, size), bool), np.zeros(1, np.int64)
    costs, sets, ways = np.zeros(1), np.zeros(1, np.int64), np.zeros((1, 0), np.int64)
    for line, row in enumerate(counts):
        later = lengths[line + 1 :]
        for step in range(lengths[line]):
            gates = row[step - 1] * couplings + flat if step else couplings
            room = len(ends) * (near.shape[1] if step else size)
            found, values = np.empty((room, 3), np.int64), np.empty(room)
            todo = (step, lengths[line] - step - 1, len(later), min(later, default=0))
            number = steps((used, ends, costs), near, gates, readout, todo, found, values)
            way, qubit, left = found[:number].T
            marks = sets[way] ^ keys[qubit]
            kept = _ranked(marks, qubit, values[:number], penalty * left)
            if not kept.size:
                return None
            way, ends, costs, sets = way[kept], qubit[kept], values[kept], marks[kept]
            used = used[way]
            used[np.arange(len(way)), ends] = True
            ways = np.hstack([ways[way], ends[:, None]])
    best = ways[int(np.argmin(costs))]
    cuts = np.cumsum(lengths)[:-1]
    return tuple(tuple(int(q) for q in line) for line in np.split(best, cuts))


def _ranked(
    marks: NDArray[np.int64], ends: NDArray[np.int64], costs: Floats, penalties: Floats
) -> NDArray[Any]:
    """Return which steps stay: the cheapest of those alike, at most `BEAM` of the best."""
    order = np.lexsort((costs, ends, marks))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(marks[order]) != 0) | (np.diff(ends[order]) != 0)
    order = order[first]
    return order[np.argsort((costs + penalties)[order], kind="stable")[:BEAM]]


def _near(couplings: Floats) -> NDArray[np.int64]:
    """Return the coupled qubits of every qubit, -1 behind them."""
    rows = [np.flatnonzero(np.isfinite(row)) for row in couplings]
    near = np.full((len(rows), max(1, *map(len, rows))), -1)
    for qubit, row in enumerate(rows):
        near[qubit, : len(row)] = row
    return near


def _cost(
    lines: Lines, counts: Sequence[Sequence[int]], couplings: Floats, readout: Floats
) -> float:
    total = 0.0
    for line, row in zip(lines, counts, strict=True):
        total += sum(c * couplings[a, b] for c, (a, b) in zip(row, pairwise(line), strict=True))
        total += readout[list(line)].sum()
    return float(total)
