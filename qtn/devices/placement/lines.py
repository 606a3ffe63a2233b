"""Long lines on a device: ways that leave little behind.

A beam that ranks ways by their cost alone winds through the best couplings and runs into dead ends
long before it has walked over most of a device. Here a way is given up as soon as too few qubits
can still be reached from its end, and ranks lower for every qubit that it leaves behind. Of all
qubits that can be reached, dead ends count once: a line ends in one of them at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BEAM = 300
WEIGHTS = (3.0, 30.0)  # usual costs of a qubit that a qubit left behind counts as


def long_line(
    counts: Sequence[int], couplings: NDArray[np.float64], readout: NDArray[np.float64]
) -> tuple[int, ...] | None:
    """Return the qubits of a line in order, of least cost among those found; None without one.

    Args:
        counts: number of gates between each site and the next.
        couplings: costs of a gate (qubits, qubits), infinite where there is none to use.
        readout: costs of a measurement (qubits,).

    Cost: about a second for a hundred sites.

    Example:
        >>> couplings = np.full((5, 5), np.inf)
        >>> for a, b in ((0, 1), (1, 2), (2, 3), (1, 4)):
        ...     couplings[a, b] = couplings[b, a] = 0.01
        >>> sorted(long_line([1, 1, 1], couplings, np.zeros(5))[1:3])
        [1, 2]
    """
    finite = couplings[np.isfinite(couplings)]
    if not finite.size:
        return None
    usual = float(np.median(finite) * np.mean(counts) + np.median(readout))
    lines = [_walked(counts, couplings, readout, weight * usual) for weight in WEIGHTS]
    found = [line for line in lines if line is not None]
    return min(found, key=lambda line: _cost(line, counts, couplings, readout), default=None)


def _walked(
    counts: Sequence[int],
    couplings: NDArray[np.float64],
    readout: NDArray[np.float64],
    penalty: float,
) -> tuple[int, ...] | None:
    """Return the cheapest line that a beam with this penalty for qubits left behind finds."""
    size, sites = len(readout), len(counts) + 1
    near = [[int(v) for v in np.flatnonzero(np.isfinite(couplings[u]))] for u in range(size)]
    masks = [sum(1 << v for v in row) for row in near]
    # cost, qubits walked over as bits, the way
    ways: list[tuple[float, int, tuple[int, ...]]]
    ways = [(float(readout[u]), 1 << u, (u,)) for u in range(size)]
    for step, count in enumerate(counts):
        longer: dict[tuple[int, int], tuple[float, int, tuple[int, ...]]] = {}
        for cost, used, way in ways:
            for v in near[way[-1]]:
                if used >> v & 1:
                    continue
                now = used | 1 << v
                value = cost + count * float(couplings[way[-1], v]) + float(readout[v])
                known = longer.get((v, now))
                if known is None or value < known[0]:
                    longer[v, now] = value, now, (*way, v)
        ranked = []
        for value, used, way in longer.values():
            ahead = _ahead(way[-1], used, masks)
            if ahead >= sites - step - 2:
                left = size - step - 2 - ahead
                ranked.append((value + penalty * left, value, used, way))
        ways = [(value, used, way) for _, value, used, way in sorted(ranked)[:BEAM]]
    return min(ways)[2] if ways else None


def _ahead(end: int, used: int, masks: Sequence[int]) -> int:
    """Return how many more qubits a way may walk over at most, dead ends counted once."""
    seen = todo = masks[end] & ~used
    while todo:
        low = todo & -todo
        todo ^= low
        new = masks[low.bit_length() - 1] & ~used & ~seen
        seen |= new
        todo |= new
    ends, rest, around = 0, seen, seen | 1 << end
    while rest:
        low = rest & -rest
        rest ^= low
        ends += (masks[low.bit_length() - 1] & around).bit_count() <= 1
    return seen.bit_count() - max(0, ends - 1)


def _cost(
    line: Sequence[int],
    counts: Sequence[int],
    couplings: NDArray[np.float64],
    readout: NDArray[np.float64],
) -> float:
    gates = sum(c * couplings[a, b] for c, (a, b) in zip(counts, pairwise(line), strict=True))
    return float(gates + readout[list(line)].sum())
