"""Gates of a circuit gathered into blocks on pairs of qubits, each of which conserves the number.

All gates on the same pair between gates on other pairs make one core. What stands between two
cores on one qubit is a run of one-qubit gates, whose first part closes the former core and whose
rest opens the latter: a hop written in CX ends with rotations, and the next one begins with some.
Cores are closed in their order, with the shortest runs after which the block conserves the number
of ones. No later core needs other parts: two such choices differ by diagonal gates alone.

X gates that fill a qubit stand before its first core, and are split off there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.interop.circuits import first_major

__all__ = ["LEAKS", "NOUGHT", "Block", "NotConserved", "gather"]

Array = NDArray[Any]
NOUGHT = 1e-9
"""Entries of a gate, and phases, that count as zero: rounding of circuits from text."""
MOST_SPLITS = 1000
"""Ways to divide two runs that are tried: 30 gates on either qubit."""
FLIP = np.array([[0.0, 1.0], [1.0, 0.0]])
_CHARGE = np.array([0, 1, 1, 2])
LEAKS = _CHARGE[:, None] != _CHARGE


class NotConserved(Exception):
    """Gates on `qubits` do not conserve the number of ones."""

    def __init__(self, qubits: tuple[int, ...]) -> None:
        super().__init__(str(qubits))
        self.qubits = qubits


@dataclass(frozen=True, slots=True)
class Block:
    """Gates on an ascending pair as one matrix, the first qubit the most significant digit.

    Args:
        qubits: the pair.
        matrix: conserves the number of ones.
        flipped: qubits that an X fills before.
    """

    qubits: tuple[int, int]
    matrix: Array
    flipped: tuple[int, ...] = ()


@dataclass(slots=True)
class _Core:
    """Gates on a pair, and for either qubit the run that follows and whether a core does."""

    qubits: tuple[int, int]
    matrix: Array
    runs: list[list[Array]] = field(default_factory=lambda: [[], []])
    last: list[bool] = field(default_factory=lambda: [True, True])


def gather(
    n: int, gates: Iterable[tuple[tuple[int, ...], Array]]
) -> tuple[list[Block], dict[int, Array]]:
    """Return blocks in order, and the products of gates on qubits that no block touches.

    Args:
        n: number of qubits.
        gates: on one or two qubits, in Qiskit's order of digits.

    Raises:
        NotConserved: a block cannot be made to conserve the number of ones.
    """
    cores, opening = _cores(n, gates)
    touched = {q for core in cores for q in core.qubits}
    alone = {q: _product(run) for q, run in enumerate(opening) if q not in touched and run}
    return list(_closed(cores, opening)), alone


def _cores(
    n: int, gates: Iterable[tuple[tuple[int, ...], Array]]
) -> tuple[list[_Core], list[list[Array]]]:
    """Return cores with the runs behind them, and the runs before the first ones."""
    cores: list[_Core] = []
    latest: list[_Core | None] = [None] * n
    opening: list[list[Array]] = [[] for _ in range(n)]
    for where, given in gates:
        if len(where) == 1:
            core = latest[where[0]]
            run = opening[where[0]] if core is None else core.runs[core.qubits.index(where[0])]
            run.append(given)
            continue
        pair = (min(where), max(where))
        matrix = given if where[0] > where[1] else first_major(given)
        core = latest[pair[0]]
        if core is not None and core is latest[pair[1]]:
            core.matrix = matrix @ np.kron(*map(_product, core.runs)) @ core.matrix
            core.runs = [[], []]
            continue
        for qubit in pair:
            if (former := latest[qubit]) is not None:
                former.last[former.qubits.index(qubit)] = False
        latest[pair[0]] = latest[pair[1]] = fresh = _Core(pair, matrix)
        cores.append(fresh)
    return cores, opening


def _closed(cores: list[_Core], opening: list[list[Array]]) -> Iterator[Block]:
    """Yield blocks: cores with what opens and what closes them."""
    fresh, before = [True] * len(opening), list(opening)
    for core in cores:
        a, b = core.qubits
        opened = core.matrix @ np.kron(_product(before[a]), _product(before[b]))
        found = _split(core, opened, (fresh[a], fresh[b]))
        if found is None:
            raise NotConserved(core.qubits)
        block, (before[a], before[b]) = found
        fresh[a] = fresh[b] = False
        yield block


def _split(
    core: _Core, opened: Array, fresh: tuple[bool, bool]
) -> tuple[Block, list[list[Array]]] | None:
    """Return the block with the shortest closing runs, and what is left of them."""
    flips = list(itertools.product(*[(False, True) if new else (False,) for new in fresh]))
    firsts = [_firsts(run) for run in core.runs]
    lengths = [
        [len(run)] if last else range(len(run) + 1)
        for run, last in zip(core.runs, core.last, strict=True)
    ]
    if len(lengths[0]) * len(lengths[1]) > MOST_SPLITS:
        return None
    for i, j in itertools.product(*lengths):
        closed = np.kron(firsts[0][i], firsts[1][j]) @ opened
        for flip in flips:
            matrix = closed @ np.kron(*[FLIP if x else np.eye(2) for x in flip])
            if np.abs(matrix[LEAKS]).max() <= NOUGHT:
                flipped = tuple(q for q, x in zip(core.qubits, flip, strict=True) if x)
                return Block(core.qubits, matrix, flipped), [core.runs[0][i:], core.runs[1][j:]]
    return None


def _firsts(run: list[Array]) -> list[Array]:
    """Return the products of the first 0, 1, … gates of a run."""
    found: list[Array] = [np.eye(2)]
    for matrix in run:
        found.append(matrix @ found[-1])
    return found


def _product(run: list[Array]) -> Array:
    return _firsts(run)[-1]
