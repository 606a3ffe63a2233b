"""Qubits to sites, and the gates of a circuit to few gates between sites.

Two qubits on one site of four levels make gates between them local and bring their neighbours
nearer: two species of particles on qubits i0, o0, i1, o1, … hop between neighbouring sites, without
a swap. Gates between the same two sites become one wherever those in between commute with the later
of them, because they act on other qubits or because both are diagonal. Fewer truncations are then
left: one per pair of sites and layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from qtn.states.blocks.gate_charges import LEAK
from qtn.states.blocks.sites import Array
from qtn.states.kernels.circuit import fuse_gates

__all__ = ["Gate", "Groups", "grouped", "local_gates", "merged", "starting_levels"]

Gate = tuple[tuple[int, ...], Array]
Groups = tuple[tuple[int, ...], ...]

SHARP = 1e-14
"""Amplitude of the other level that a qubit prepared in one level may have."""
FOUR_LEVELS = 4.0
"""What an update of two sites of four levels costs beside one of two qubits."""


def starting_levels(gates: Sequence[Gate], n: int) -> tuple[list[int], complex, list[Gate]]:
    """Return the levels that first gates on single qubits prepare, their phase, the other gates.

    Of the gates on a qubit before its first on two, as many go as leave it in one level.

    Example:
        >>> x, h = np.eye(2)[::-1], np.array([[1, 1], [1, -1]]) / 2**0.5
        >>> levels, phase, rest = starting_levels([((1,), x), ((1,), h), ((0, 1), np.eye(4))], 2)
        >>> levels, phase, len(rest)
        ([0, 1], (1+0j), 2)
    """
    first: list[list[int]] = [[] for _ in range(n)]
    closed = [False] * n
    for k, (qubits, _) in enumerate(gates):
        if len(qubits) == 1 and not closed[qubits[0]]:
            first[qubits[0]].append(k)
        elif len(qubits) == 2:
            closed[qubits[0]] = closed[qubits[1]] = True
    levels, phase, gone = [0] * n, 1.0 + 0.0j, set[int]()
    for qubit, numbers in enumerate(first):
        vector: Array = np.array([1.0, 0.0], complex)
        taken, level, factor = 0, 0, 1.0 + 0.0j
        for count, k in enumerate(numbers, start=1):
            vector = gates[k][1] @ vector
            if np.abs(vector).min() <= SHARP:
                level = int(np.argmax(np.abs(vector)))
                taken, factor = count, complex(vector[level])
        levels[qubit] = level
        phase *= factor
        gone.update(numbers[:taken])
    return levels, phase, [gate for k, gate in enumerate(gates) if k not in gone]


def local_gates(gates: Sequence[Gate]) -> list[Gate]:
    """Merge gates on qubits: single ones into pairs, repeated pairs into one; qubits ascending.

    A hop that was taken apart begins with rotations of single qubits, which merging puts into the
    pair before. They are handed on to the next pair where what is left conserves the number.
    """
    ascending: list[Gate] = []
    for qubits, matrix in gates:
        if len(qubits) == 2 and qubits[0] > qubits[1]:
            turned = np.asarray(matrix).reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
            ascending.append((qubits[::-1], turned))
        else:
            ascending.append((tuple(qubits), np.asarray(matrix)))
    single, pairs = fuse_gates(ascending, 2)
    out: list[Gate] = [((q,), m) for q, m in single.items()]
    handed: dict[int, Array] = {}
    for (a, b), matrix in pairs:
        if a in handed or b in handed:
            matrix = matrix @ np.kron(handed.pop(a, np.eye(2)), handed.pop(b, np.eye(2)))
        matrix, rotations = _undressed(matrix)
        if rotations is not None:
            handed[a], handed[b] = rotations
        out.append(((a, b), matrix))
    return [*out, *(((q,), m) for q, m in handed.items())]


def _undressed(matrix: Array) -> tuple[Array, tuple[Array, Array] | None]:
    """Return C, (A, B) with the gate (A ⊗ B) C where C conserves the number and the gate does not.

    C keeps |00⟩, so the gate takes it to a product, whose factors are A|0⟩ and B|0⟩.
    """
    if _keeps_number(matrix):
        return matrix, None
    u, s, vh = np.linalg.svd(matrix[:, 0].reshape(2, 2))
    if s[1] > LEAK * s[0]:
        return matrix, None
    rest = np.kron(u, vh.T).conj().T @ matrix
    return (rest, (u, vh.T)) if _keeps_number(rest) else (matrix, None)


def _keeps_number(matrix: Array) -> bool:
    number = np.array([0, 1, 1, 2])
    return bool(np.abs(matrix[number[:, None] != number]).max() <= LEAK * np.abs(matrix).max())


def grouped(gates: Sequence[Gate], n: int) -> Groups:
    """Return which qubits share a site: none, or neighbours where that saves work.

    The work is the number of updates of two sites, swaps included, times their cost.

    Example:
        >>> hop = np.eye(4)[[0, 2, 1, 3]]
        >>> grouped([((q, q + 2), hop) for q in range(4)], 6)
        ((0, 1), (2, 3), (4, 5))
    """
    options: list[Groups] = [tuple((q,) for q in range(n))]
    for first in (0, 1):
        starts = [*range(first, 0, -1), *range(first, n, 2), n]
        cuts = sorted({0, *starts})
        options.append(tuple(tuple(range(a, b)) for a, b in pairwise(cuts)))
    costs = [
        _updates(gates, groups) * (FOUR_LEVELS if max(map(len, groups)) > 1 else 1.0)
        for groups in options
    ]
    return options[int(np.argmin(costs))]


def _updates(gates: Sequence[Gate], groups: Groups) -> int:
    """Return the updates of two sites that gates take, with the swaps of distant ones."""
    wheres = [sites for sites, _ in _clusters(gates, groups) if len(sites) == 2]
    return sum(1 + 2 * (sites[1] - sites[0] - 1) for sites in wheres)


def merged(gates: Sequence[Gate], groups: Groups) -> list[Gate]:
    """Return gates between sites that do the same as gates on qubits, as few as easily found.

    Args:
        gates: pairs (qubits, matrix), the first qubit most significant.
        groups: the qubits of every site, the most significant digit of its level first.

    Returns:
        Pairs (sites, matrix), sites ascending.

    Cost: O(gates · 4^q) for q qubits on two sites.
    """
    out = []
    for sites, parts in _clusters(gates, groups):
        qubits = [q for site in sites for q in groups[site]]
        whole: Array = np.eye(2 ** len(qubits), dtype=complex)
        for where, matrix in parts:
            whole = _onto(matrix, [qubits.index(q) for q in where], whole, len(qubits))
        out.append((sites, whole))
    return out


def _clusters(gates: Sequence[Gate], groups: Groups) -> list[tuple[tuple[int, ...], list[Gate]]]:
    """Return which gates go together, in an order in which they may act.

    A gate joins a cluster on its sites if all later clusters act on other qubits, or if it is
    diagonal and they are on the qubits in common.
    """
    home = {q: site for site, qubits in enumerate(groups) for q in qubits}
    out: list[tuple[tuple[int, ...], list[Gate]]] = []
    newest: dict[tuple[int, ...], int] = {}  # of two sites, and of any that holds a single one
    touched, moved = dict.fromkeys(home, -1), dict.fromkeys(home, -1)
    for qubits, matrix in gates:
        sites = tuple(sorted({home[q] for q in qubits}))
        diagonal = not (matrix - np.diag(np.diag(matrix))).any()
        floor = max((moved if diagonal else touched)[q] for q in qubits)
        place = newest.get(sites, -1)
        if place < max(floor, 0):
            place = len(out)
            out.append((sites, []))
            newest[sites] = place
            newest.update({(site,): place for site in sites})
        out[place][1].append((qubits, matrix))
        for q in qubits:
            touched[q] = max(touched[q], place)
            if not diagonal:
                moved[q] = max(moved[q], place)
    return out


def _onto(matrix: Array, axes: list[int], whole: Array, count: int) -> Array:
    """Return a gate on some qubits times the matrix of all."""
    legs = matrix.reshape((2,) * (2 * len(axes)))
    rows = whole.reshape((2,) * count + (-1,))
    moved = np.tensordot(legs, rows, (range(len(axes), 2 * len(axes)), axes))
    return np.moveaxis(moved, range(len(axes)), axes).reshape(whole.shape)
