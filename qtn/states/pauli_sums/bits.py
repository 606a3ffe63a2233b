r"""Pauli strings in machine words: what every kernel of this wing is made of.

A string of n qubits is two bit vectors of ⌈n/64⌉ words,

.. math:: P(x, z) = i^{|x \wedge z|} \prod_q X_q^{x_q} Z_q^{z_q} ,

which is Hermitian, with Y where both bits are set. Two strings commute if the symplectic product
:math:`x \cdot z' + z \cdot x'` is even, and

.. math:: P(x, z) P(x', z') = i^k P(x \oplus x', z \oplus z'), \quad
          k = |x \wedge z| + |x' \wedge z'| + 2 |z \wedge x'|
              - |(x \oplus x') \wedge (z \oplus z')| \pmod 4 .

A key is one row of 2w words, first x, then z. Its hash is linear over XOR, so that the hash of a
product is that of one factor XOR that of the other and never has to be computed again.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from qtn._kernels import inner, kernel

__all__ = [
    "WORD",
    "anticommute",
    "bit_hashes",
    "hash_keys",
    "phase_power",
    "popcount",
    "words_of",
]

WORD = 64
_intrinsic: Any = intrinsic
_inlined: Any = inner(inline="always")
_compiled: Any = kernel()
Array = NDArray[Any]


@_intrinsic
def popcount(typing, word):
    """Return the number of bits that are set: one instruction."""

    def generate(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


def words_of(n: int) -> int:
    """Return the words that a bit per qubit takes.

    Example:
        >>> words_of(64), words_of(65)
        (1, 2)
    """
    return max(1, -(-n // WORD))


def bit_hashes(words: int) -> Array:
    """Return a random number of 64 bits for every bit of a key: always the same ones."""
    made = np.random.Generator(np.random.PCG64(20_240_527)).bytes(8 * WORD * 2 * words)
    return np.frombuffer(made, np.uint64).reshape(2 * words, WORD)


@_inlined
def anticommute(key, x, z, words):
    """Return whether a key and the string (x, z) anticommute."""
    folded = np.uint64(0)
    for w in range(words):
        folded ^= (key[w] & z[w]) ^ (key[words + w] & x[w])
    return popcount(folded) & np.uint64(1)


@_inlined
def phase_power(x, z, key, words):
    """Return k of the product P(x, z) times the key, modulo 4."""
    k = np.uint64(0)
    for w in range(words):
        kx, kz = key[w], key[words + w]
        k += popcount(x[w] & z[w]) + popcount(kx & kz) + np.uint64(2) * popcount(z[w] & kx)
        k -= popcount((x[w] ^ kx) & (z[w] ^ kz))
    return k & np.uint64(3)


@_compiled
def hash_keys(keys, table, hashes):
    """Write the hash of every key: XOR of the numbers of its bits."""
    for i in range(keys.shape[0]):
        found = np.uint64(0)
        for w in range(keys.shape[1]):
            word = keys[i, w]
            bit = 0
            while word:
                if word & np.uint64(1):
                    found ^= table[w, bit]
                word >>= np.uint64(1)
                bit += 1
        hashes[i] = found
