r"""The singlets of N spins 1/2 as paths: the sector in which equivariant circuits live.

Spins are coupled one by one; a state of total spin 0 is a sum over paths of intermediate spins
:math:`2j_0 = 0, 2j_1, …, 2j_N = 0` with steps ±1 that stay at 0 or above. There are

.. math:: \binom{N}{N/2} - \binom{N}{N/2 + 1}

of them: 16,796 for 20 spins, where the register has 1,048,576 amplitudes. What commutes with all
rotations acts on paths by permutations alone (Schur and Weyl). The swap of places i, i + 1 changes
the one spin between them; where both neighbours are a = 2j it is, on the paths by way of a + 1 and
a - 1,

.. math:: \frac{1}{d}\begin{pmatrix} -1 & \sqrt{d^2 - 1} \\ \sqrt{d^2 - 1} & 1 \end{pmatrix},
   \quad d = a + 1,

and 1 where the path rises or falls twice. An operation on w neighbouring places has blocks of the
paths that agree elsewhere: at most 3 for three places.

Reference: Young's orthogonal form; Sagan, The Symmetric Group, 2nd ed. (2001), section 2.10, with
spins in place of tableaux.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Heights = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """The blocks of one size of operations on neighbouring places, grouped by their kind.

    Args:
        members: (blocks, size) numbers of the paths.
        starts: (kinds + 1,) where the blocks of every kind begin.
        around: per kind the heights before and behind the places.
    """

    members: NDArray[np.int32]
    starts: Ints
    around: tuple[tuple[int, int], ...]


def singlet_paths(n: int) -> NDArray[np.int8]:
    """Return all paths of `n` spins to total spin 0, (paths, n + 1), in lexicographic order.

    Cost: their number.

    Example:
        >>> singlet_paths(4).tolist()
        [[0, 1, 2, 1, 0], [0, 1, 0, 1, 0]]
    """
    paths = np.zeros((1, 1), dtype=np.int8)
    for place in range(1, n + 1):
        last = paths[:, -1]
        both = np.repeat(paths, 2, axis=0)
        new = np.stack([last + 1, last - 1], axis=1).reshape(-1, 1)
        good = ((new >= 0) & (new <= n - place)).reshape(-1)
        paths = np.hstack([both, new])[good].astype(np.int8)
    return paths


def blocks_of(paths: NDArray[np.int8], place: int, width: int) -> list[Bundle]:
    """Return the blocks of operations on the places `place` … `place + width` - 1, by size.

    Args:
        paths: as `singlet_paths` gives them; those of a block stand in lexicographic order.
        place: the first place, from 0.
        width: how many.

    Cost: paths × their length, and a sort.
    """
    n = paths.shape[1] - 1
    before, behind = (paths[:, k].astype(np.int64) for k in (place, place + width))
    downs = (paths[:, 1:] < paths[:, :-1]).astype(np.int64)
    downs[:, place : place + width] = 0
    outside = downs @ (1 << np.arange(n))
    # Lexicographic order is kept among the paths that agree outside.
    order = np.lexsort((outside, behind, before))
    keys = np.column_stack([before, behind, outside])[order]
    first = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)])
    sizes = np.diff(np.r_[first, len(paths)])
    found = []
    for size in np.unique(sizes):
        chosen = first[sizes == size]
        members = order[chosen[:, None] + np.arange(size)].astype(np.int32)
        pairs, starts = np.unique(keys[chosen, :2], axis=0, return_index=True)
        ends = np.r_[starts, len(chosen)]
        found.append(Bundle(members, ends, tuple((int(a), int(b)) for a, b in pairs)))
    return found


@lru_cache(maxsize=4096)
def local_paths(a: int, b: int, width: int) -> tuple[Heights, ...]:
    """Return the paths of `width` steps from height a to height b, in lexicographic order."""
    if width == 0:
        return ((a,),) if a == b else ()
    steps = [a + 1, a - 1] if a else [a + 1]
    return tuple((a, *rest) for nxt in steps for rest in local_paths(nxt, b, width - 1))


@lru_cache(maxsize=4096)
def local_swap(a: int, b: int, width: int, k: int) -> Floats:
    """Return the swap of the places k and k + 1 of `width` on the paths from a to b."""
    known = local_paths(a, b, width)
    number = {path: i for i, path in enumerate(known)}
    out = np.zeros((len(known), len(known)))
    for i, path in enumerate(known):
        low, high = path[k], path[k + 2]
        if low != high:
            out[i, i] = 1.0
            continue
        d = low + 1.0
        out[i, i] = (-1.0 if path[k + 1] > low else 1.0) / d
        if low:
            other = (*path[: k + 1], 2 * low - path[k + 1], *path[k + 2 :])
            out[number[other], i] = np.sqrt(1.0 - 1.0 / d**2)
    return out


def swap_matrix(paths: NDArray[np.int8], one: int, other: int) -> csr_array:
    """Return the swap of any two places on all paths.

    Cost: paths × the largest number of paths between two heights over the distance.
    """
    low, high = sorted((one, other))
    out = _neighbours(paths, low)
    for place in range(low + 1, high):
        turn = _neighbours(paths, place)
        out = turn @ out @ turn
    return out


def _neighbours(paths: NDArray[np.int8], place: int) -> csr_array:
    rows: list[Any] = []
    columns: list[Any] = []
    values: list[Any] = []
    for part in blocks_of(paths, place, 2):
        for kind, (a, b) in enumerate(part.around):
            members = part.members[part.starts[kind] : part.starts[kind + 1]]
            matrix = local_swap(a, b, 2, 0)
            for i in range(len(matrix)):
                for j in range(len(matrix)):
                    rows.append(members[:, i])
                    columns.append(members[:, j])
                    values.append(np.full(len(members), matrix[i, j]))
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return csr_array(entries, shape=(len(paths), len(paths)))
