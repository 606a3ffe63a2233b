"""Words of bits against Qiskit's Pauli strings."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from qiskit.quantum_info import Pauli

from qtn.states.pauli_sums import bits


@njit
def _products(x, z, key, words):
    return bits.anticommute(key, x, z, words), bits.phase_power(x, z, key, words)


@njit
def _count(word):
    return bits.popcount(word)


def _words(flags: np.ndarray) -> np.ndarray:
    padded = np.zeros(64 * bits.words_of(len(flags)), np.uint8)
    padded[: len(flags)] = flags
    return np.packbits(padded, bitorder="little").view(np.uint64)


@pytest.mark.parametrize("n", [1, 5, 64, 65, 130])
def test_products_and_signs_are_those_of_qiskit(n):
    rng = np.random.default_rng(n)
    for _ in range(20):
        x, z, ox, oz = rng.integers(0, 2, (4, n)).astype(bool)
        one, other = Pauli((z, x)), Pauli((oz, ox))
        key = np.concatenate([_words(ox), _words(oz)])
        clash, power = _products(_words(x), _words(z), key, bits.words_of(n))
        product = one @ other  # (-i)^phase times a Hermitian string
        assert bool(clash) == one.anticommutes(other)
        assert (power + product.phase) % 4 == 0


def test_bits_are_counted():
    assert [_count(np.uint64(v)) for v in (0, 1, 2**64 - 1, 5)] == [0, 1, 64, 2]


def test_the_hash_of_a_product_is_that_of_its_factors():
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 2**64, (3, 4), dtype=np.uint64)
    keys[2] = keys[0] ^ keys[1]
    found = np.zeros(3, np.uint64)
    bits.hash_keys(keys, bits.bit_hashes(2), found)
    assert found[2] == found[0] ^ found[1]
    assert len(np.unique(bits.bit_hashes(2))) == 256
