r"""The hot loop of Pauli propagation: a sum of strings turned by one rotation after the other.

Under :math:`e^{-i\theta P/2}` in the Heisenberg picture a string Q that commutes with P stays, and
one that anticommutes becomes

.. math:: Q \to \cos\theta \, Q + \sin\theta \, iPQ .

As iPQ is a string up to its sign, strings come in pairs (Q, PQ), each found from the other by a
look-up in a hash table, and a pair turns by a rotation in the plane. A partner that is not there
yet is appended, or dropped where its coefficient is below the floor. Rows keep their place until
the sum is cut to its largest coefficients: then, and only then, the table is made anew. What is
dropped adds to two bounds: Σ|c| of an expectation value in any state, for |⟨P⟩| ≤ 1; and one
2-norm √(Σc²) per cut, of any trace Tr(A·)/2ⁿ with a normalised A, for strings are orthonormal.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtn._kernels import inner, kernel
from qtn.states.pauli_sums.bits import anticommute, phase_power

_compiled: Any = kernel()
_inner: Any = inner()
_inlined: Any = inner(inline="always")

ROTATION, DAMPING = 0, 1
__all__ = ["DAMPING", "ROTATION", "Allowed", "Rows", "Steps", "fill_table", "run"]

L1, L2, FLOOR, CUTS, PEAK, WORK = range(6)  # of the numbers that a run keeps
BINS = 1 << 15  # of magnitudes: the exponent and four bits of the mantissa
SHIFT = 48
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio
FADING = 0.97  # by which the floor falls per rotation after a cut


class Steps(NamedTuple):
    """Rotations and channels in the order of time.

    Args:
        x, z: (steps, words) their strings.
        hashes: of the strings.
        kinds: `ROTATION` or `DAMPING`.
        cosines, sines: of the angles; of damping the factor, and nothing.
    """

    x: NDArray[Any]
    z: NDArray[Any]
    hashes: NDArray[Any]
    kinds: NDArray[Any]
    cosines: NDArray[Any]
    sines: NDArray[Any]


class Rows(NamedTuple):
    """Terms, and how they are found.

    Args:
        keys: (room, 2 words).
        values: coefficients.
        hashes: of the keys.
        done: the last step that turned a term as the second of its pair.
        table: open hash table: 1 + index, 0 where there is none.
        bits: log2 of its size.
    """

    keys: NDArray[Any]
    values: NDArray[Any]
    hashes: NDArray[Any]
    done: NDArray[Any]
    table: NDArray[Any]
    bits: int


class Allowed(NamedTuple):
    """What a run may keep and do.

    Args:
        most: terms kept.
        cutoff: magnitude below which no term is made.
        work: terms times steps.
    """

    most: int
    cutoff: float
    work: float


@_inlined
def _slot(value, bits):
    return np.int64((value * MIX) >> np.uint64(64 - bits))


@_inlined
def _bin(magnitude):
    """Return the bin of a coefficient that is read as a whole number; its sign is left out."""
    return np.int64((magnitude << np.uint64(1)) >> np.uint64(SHIFT + 1))


@_inlined
def _find(there, row, x, z, rows):
    """Return the index of the string P(x, z) times that of a row, or -1."""
    mask, words = rows.table.shape[0] - 1, x.shape[0]
    slot = _slot(there, rows.bits)
    found = -1
    while rows.table[slot] != 0:
        j = rows.table[slot] - 1
        if rows.hashes[j] == there:
            same = True
            for w in range(words):
                same &= rows.keys[j, w] == rows.keys[row, w] ^ x[w]
                same &= rows.keys[j, words + w] == rows.keys[row, words + w] ^ z[w]
            if same:
                found = j
                break
        slot = (slot + 1) & mask
    return found


@_inlined
def _insert(value, index, table, bits):
    mask = table.shape[0] - 1
    slot = _slot(value, bits)
    while table[slot] != 0:
        slot = (slot + 1) & mask
    table[slot] = index + 1


@_compiled
def fill_table(rows, terms):
    """Enter all rows into the table, emptied first."""
    rows.table[:] = 0
    for i in range(terms):
        _insert(rows.hashes[i], i, rows.table, rows.bits)


@_inner
def _rotate(steps, step, rows, terms, floor, numbers):
    """Turn all terms by one rotation and return how many there are then."""
    keys, values, hashes, done = rows.keys, rows.values, rows.hashes, rows.done
    x, z, cosine, sine = steps.x[step], steps.z[step], steps.cosines[step], steps.sines[step]
    words, before, lost1, lost2 = x.shape[0], terms, 0.0, 0.0
    for i in range(before):
        row = keys[i]
        if not anticommute(row, x, z, words) or done[i] == step:
            continue
        sign = 1.0 if phase_power(x, z, row, words) == 3 else -1.0  # of iPQ
        there = hashes[i] ^ steps.hashes[step]
        j = _find(there, i, x, z, rows)
        mine = values[i]
        values[i] = cosine * mine
        new = sine * sign * mine
        if j >= 0:
            values[i] -= sine * sign * values[j]
            values[j] = cosine * values[j] + new
            done[j] = step
        elif abs(new) > floor:
            for w in range(words):
                keys[terms, w] = row[w] ^ x[w]
                keys[terms, words + w] = row[words + w] ^ z[w]
            values[terms], hashes[terms], done[terms] = new, there, step
            _insert(there, terms, rows.table, rows.bits)
            terms += 1
        else:
            lost1 += abs(new)
            lost2 += new * new
    numbers[L1] += lost1
    numbers[L2] += np.sqrt(lost2)
    return terms


@_inner
def _damp(steps, step, rows, terms):
    """Damp the terms that anticommute with the string of a channel."""
    x, z = steps.x[step], steps.z[step]
    for i in range(terms):
        if anticommute(rows.keys[i], x, z, x.shape[0]):
            rows.values[i] *= steps.cosines[step]


@_inner
def _threshold(magnitudes, terms, most, counts):
    """Return a bin of magnitudes of which some are kept, all above, and how many of it."""
    counts[:] = 0
    for i in range(terms):
        counts[_bin(magnitudes[i])] += 1
    kept, level = 0, BINS - 1
    while level > 0 and kept + counts[level] <= most:
        kept += counts[level]
        level -= 1
    return level, most - kept


@_inner
def _cut(level, of_level, rows, magnitudes, terms, numbers):
    """Drop the terms below a bin of magnitudes and all but the first `of_level` in it."""
    keys, values, hashes, done = rows.keys, rows.values, rows.hashes, rows.done
    kept, lost1, lost2, least = 0, 0.0, 0.0, np.inf
    for i in range(terms):
        mine = _bin(magnitudes[i])
        if mine > level or (mine == level and of_level > 0):
            of_level -= mine == level
            least = min(least, abs(values[i]))
            for w in range(keys.shape[1]):
                keys[kept, w] = keys[i, w]
            values[kept], hashes[kept], done[kept] = values[i], hashes[i], done[i]
            kept += 1
        else:
            lost1 += abs(values[i])
            lost2 += values[i] * values[i]
    numbers[L1] += lost1
    numbers[L2] += np.sqrt(lost2)
    numbers[CUTS] += 1.0
    numbers[FLOOR] = least
    fill_table(rows, kept)
    return kept


@_compiled
def run(steps, last, first, rows, terms, limits, numbers):
    """Carry a sum through steps `last`, `last` - 1, …, `first`.

    Args:
        steps: strings and angles in the order of time.
        last, first: the step that is done first, and the one that is done last.
        rows: the terms, and room for more; `done` holds no step to come.
        terms: number of terms at the start.
        limits: what may be kept and done.
        numbers: what the run keeps count of, see above.

    Returns:
        The step that comes next, and the number of terms: it stops early where there is no room
        for twice the terms, or where the work is done.
    """
    magnitudes = rows.values.view(np.uint64)
    counts = np.zeros(BINS, np.int64)
    for step in range(last, first - 1, -1):
        numbers[WORK] += terms
        if 2 * terms > rows.values.shape[0] or numbers[WORK] > limits.work:
            return step, terms
        if steps.kinds[step] == DAMPING:
            _damp(steps, step, rows, terms)
            continue
        floor = max(limits.cutoff, numbers[FLOOR])
        terms = _rotate(steps, step, rows, terms, floor, numbers)
        numbers[FLOOR] *= FADING
        numbers[PEAK] = max(numbers[PEAK], terms)
        if terms > limits.most:
            few = limits.most - limits.most // 8
            level, of_level = _threshold(magnitudes, terms, few, counts)
            terms = _cut(level, of_level, rows, magnitudes, terms, numbers)
    return first - 1, terms
