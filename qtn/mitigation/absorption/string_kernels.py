"""What channels do to many Pauli strings at once."""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._kernels import inner, kernel
from qtn.states.pauli_sums.bits import phase_power, popcount

_compiled: Any = kernel()
_inner: Any = inner()
_inlined: Any = inner(inline="always")
SQUARED = 160  # terms of a sum that is squared
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio


@_inlined
def _clash(x, z, other_x, other_z):
    """Whether two strings anticommute."""
    clashes = np.uint64(0)
    for w in range(x.shape[0]):
        clashes += popcount((x[w] & other_z[w]) ^ (z[w] & other_x[w]))
    return clashes & np.uint64(1) == np.uint64(1)


@_compiled
def exponents(xs, zs, noise_x, noise_z, logs):
    """Return Σ of the logarithms of all channels whose string anticommutes, for every term."""
    out = np.zeros(xs.shape[0])
    for i in range(xs.shape[0]):
        for k in range(noise_x.shape[0]):
            if _clash(xs[i], zs[i], noise_x[k], noise_z[k]):
                out[i] += logs[k]
    return out


@_compiled
def clashing_norms(keys, values, hashes, noise_keys, depth):
    """Bound the operator norm of the part of a sum that anticommutes with each of some strings.

    ‖A‖ ≤ Σ|c|, and ‖A‖ ≤ ‖A²‖^(1/2): the square of the largest terms, in which equal products are
    added up, is bounded in the same way, `depth` times over; Σ|c| of the terms that are left out is
    added. With depth the bound of a sum whose terms are all taken tends to the norm.

    Args:
        keys: strings of the sum (terms, 2 words), largest first.
        values: coefficients.
        hashes: of the strings, linear in XOR.
        noise_keys: the strings (strings, 2 words).
        depth: squares taken.
    """
    words = keys.shape[1] // 2
    out = np.zeros(noise_keys.shape[0])
    own, sizes = np.zeros((SQUARED, 2 * words), np.uint64), np.zeros(SQUARED)
    marks, rests, totals = np.zeros(SQUARED, np.uint64), np.zeros(depth + 1), np.zeros(depth + 1)
    table = np.zeros(4 * SQUARED * SQUARED, np.int64)
    products = np.zeros((SQUARED * SQUARED, 2 * words), np.uint64)
    sums, names = np.zeros(SQUARED * SQUARED), np.zeros(SQUARED * SQUARED, np.uint64)
    for k in range(noise_keys.shape[0]):
        count, rests[0], totals[0] = 0, 0.0, 0.0
        for i in range(keys.shape[0]):
            key, noise = keys[i], noise_keys[k]
            if _clash(key[:words], key[words:], noise[:words], noise[words:]):
                totals[0] += abs(values[i])
                if count < SQUARED:
                    own[count], sizes[count], marks[count] = keys[i], values[i], hashes[i]
                    count += 1
                else:
                    rests[0] += abs(values[i])
        deep = 0
        while deep < depth and count > 1:
            rests[deep] /= totals[deep]
            sizes[:count] /= totals[deep]  # so that no power leaves the range of numbers
            made = _square(own[:count], sizes, marks, products, sums, names, table)
            order = np.argsort(-np.abs(sums[:made]))
            deep, count = deep + 1, min(made, SQUARED)
            for i in range(count):
                j = order[i]
                own[i], sizes[i], marks[i] = products[j], sums[j], names[j]
            totals[deep] = np.abs(sums[:made]).sum()
            rests[deep] = totals[deep] - np.abs(sizes[:count]).sum()
        bound = totals[deep]
        for level in range(deep - 1, -1, -1):
            bound = totals[level] * min(1.0, np.sqrt(bound) + rests[level])
        out[k] = bound
    return out


@_inner
def _square(keys, values, hashes, products, sums, names, table):
    """Write the square of a sum, and return how many strings it has."""
    words, count, size, made = keys.shape[1] // 2, keys.shape[0], 4, 0
    while size < 2 * count * count:
        size *= 2
    mask = size - 1
    table[:size] = 0
    for i in range(count):
        for j in range(i + 1):
            x, z, other = keys[i, :words], keys[i, words:], keys[j]
            if _clash(x, z, other[:words], other[words:]):
                continue
            sign = 1.0 if phase_power(x, z, other, words) == 0 else -1.0
            term = values[i] * values[j] * sign * (1.0 if i == j else 2.0)
            name = hashes[i] ^ hashes[j]
            slot = np.int64((name * MIX) >> np.uint64(40)) & mask
            found = -1
            while table[slot] != 0:
                at = table[slot] - 1
                if names[at] == name:
                    same = True
                    for w in range(2 * words):
                        same &= products[at, w] == keys[i, w] ^ other[w]
                    if same:
                        found = at
                        break
                slot = (slot + 1) & mask
            if found >= 0:
                sums[found] += term
                continue
            for w in range(2 * words):
                products[made, w] = keys[i, w] ^ other[w]
            sums[made], names[made] = term, name
            made += 1
            table[slot] = made
    return made
