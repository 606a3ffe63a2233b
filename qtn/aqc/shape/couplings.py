"""Which qubits a two-qubit gate may act on: lines, heavy hexagons, what a Qiskit device says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit.transpiler import CouplingMap, Target

from qtn._checks import bounded_int, fail, items
from qtn.errors import ArgumentError

EXPECTED = '"line", "heavy-hex", pairs of qubits, or a Qiskit backend, target or coupling map'

KNOWN = ("line", "heavy-hex")


@dataclass(frozen=True, slots=True)
class Couplings:
    """Which qubits of a device are coupled, in any direction.

    Args:
        size: number of qubits.
        pairs: the couplings, lower number first, ascending.
    """

    size: int
    pairs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, size: int, pairs: Iterable[tuple[int, int]]) -> Couplings:
        """Return the couplings that pairs in any order stand for."""
        return cls(size, tuple(sorted({(min(pair), max(pair)) for pair in pairs})))

    def neighbours(self) -> list[list[int]]:
        """Return the neighbours of every qubit, ascending."""
        found: list[list[int]] = [[] for _ in range(self.size)]
        for a, b in self.pairs:
            found[a].append(b)
            found[b].append(a)
        return [sorted(near) for near in found]

    def steps(self) -> list[list[int]]:
        """Return the steps between any two qubits; `size` where there is no way.

        Cost: n² for n qubits of few neighbours.
        """
        near, out = self.neighbours(), []
        for start in range(self.size):
            row, ring, count = [self.size] * self.size, [start], 0
            while ring:
                for qubit in ring:
                    row[qubit] = count
                count += 1
                ahead = (b for a in ring for b in near[a] if row[b] == self.size)
                ring = list(dict.fromkeys(ahead))
            out.append(row)
        return out

    def connected(self) -> list[int]:
        """Return the largest set of qubits that are connected, ascending."""
        near, left, best = self.neighbours(), set(range(self.size)), set[int]()
        while left:
            part, stack = set[int](), [min(left)]
            while stack:
                qubit = stack.pop()
                if qubit not in part:
                    part.add(qubit)
                    stack += near[qubit]
            left -= part
            best = part if len(part) > len(best) else best
        return sorted(best)

    def among(self, qubits: list[int]) -> Couplings:
        """Return the couplings among some qubits, which are numbered anew in their order."""
        number = {qubit: k for k, qubit in enumerate(qubits)}
        inner = [(number[a], number[b]) for a, b in self.pairs if a in number and b in number]
        return Couplings.of(len(qubits), inner)


def line(n: int) -> Couplings:
    """Return n qubits on a line.

    Example:
        >>> line(3).pairs
        ((0, 1), (1, 2))
    """
    return Couplings(n, tuple((k, k + 1) for k in range(n - 1)))


def heavy_hex(n: int) -> Couplings:
    """Return the smallest heavy-hexagon lattice of odd code distance that has n qubits.

    Reference: Chamberland et al., Phys. Rev. X 10, 011022 (2020); Qiskit's numbering.
    """
    distance = 1
    while (5 * distance**2 - 2 * distance - 1) // 2 < n:
        distance += 2
    lattice = CouplingMap.from_heavy_hex(distance)
    return Couplings.of(lattice.size(), lattice.get_edges())


def read_couplings(device: Any, n: int) -> Couplings:
    """Return the couplings that a device has, for n sites.

    Args:
        device: "line", "heavy-hex", pairs of qubits, or a Qiskit backend, target or coupling map.
        n: qubits needed.

    Raises:
        ArgumentError: nothing of these, a device that couples all qubits alike, or one with fewer
            than n connected qubits.
    """
    if isinstance(device, str):
        if device not in KNOWN:
            raise fail("device", EXPECTED, device)
        return line(n) if device == "line" else heavy_hex(n)
    found = _of_qiskit(device) or _of_pairs(device)
    if len(found.connected()) < n:
        raise ArgumentError(
            f"Argument `device` must have {n} connected qubits, but has {len(found.connected())} "
            "of them. Take a larger device, or sample on fewer qubits with .reused()."
        )
    return found


def _of_qiskit(device: Any) -> Couplings | None:
    lattice = device
    target = getattr(device, "target", device)
    if isinstance(target, Target):
        lattice = target.build_coupling_map()
        if lattice is None:
            raise ArgumentError(
                "Argument `device` must couple some qubits and others not, but the one given "
                "couples all: there is nothing to route, run the circuit as it is."
            )
    if not isinstance(lattice, CouplingMap):
        return None
    return Couplings.of(lattice.size(), lattice.get_edges())


def _of_pairs(device: Any) -> Couplings:
    pairs = []
    for pair in items("device", device, EXPECTED):
        if not isinstance(pair, tuple | list | np.ndarray) or len(pair) != 2:
            raise fail("device", EXPECTED, device)
        a, b = (bounded_int("device", qubit, 0, 100_000) for qubit in pair)
        if a == b:
            raise fail("device", "pairs of different qubits", pair)
        pairs.append((a, b))
    if not pairs:
        raise fail("device", EXPECTED, device)
    return Couplings.of(1 + max(map(max, pairs)), pairs)
