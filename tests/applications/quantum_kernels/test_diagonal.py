"""The recurrence of two numbers: against a sum over bits, tiles that are not full, many sites."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.applications.quantum_kernels import IQPMap, RotationMap, ZZMap
from qtn.applications.quantum_kernels.batched import chain_kernel, chains
from qtn.applications.quantum_kernels.diagonal import STRIDE, TILE, Diagonal, diagonal_kernel

MAPS = (RotationMap(), ZZMap(repeats=1), IQPMap(repeats=1), IQPMap(repeats=1, bandwidth=3.0))


def dense(rows: Diagonal) -> np.ndarray:
    """Return the amplitudes that the definition gives."""
    n = rows.ratio.shape[1]
    bits = np.arange(2**n)[:, None] >> np.arange(n) & 1
    turns = bits ^ np.pad(bits[:, :-1], ((0, 0), (1, 0)))
    t, e, w = rows.ratio[:, None], rows.phase[:, None], rows.length[:, None]
    return np.prod(w * np.where(turns, t, 1) * np.where(bits, e, 1), axis=2)


@pytest.mark.parametrize("n", [1, 2, 9])
def test_it_is_the_sum_over_bits(n: int) -> None:
    rng = np.random.default_rng(n)
    modulus = rng.uniform(0.5, 2, (5, n))
    t = modulus * np.exp(1j * rng.uniform(0, 7, (5, n)))
    x = Diagonal(t, np.exp(1j * rng.uniform(0, 7, (5, n))), 1 / np.sqrt(1 + modulus**2))
    amplitudes = dense(x)
    expected = np.abs(amplitudes.conj() @ amplitudes.T) ** 2
    assert np.diag(expected) == pytest.approx(1)
    np.testing.assert_allclose(diagonal_kernel(x), expected, atol=1e-14)
    np.testing.assert_allclose(diagonal_kernel(x, x), expected, atol=1e-14)


@pytest.mark.parametrize("known", MAPS, ids=repr)
def test_it_is_the_chain_of_the_map(known: object) -> None:
    rng = np.random.default_rng(2)
    sites = 2 * STRIDE + 5
    x, y = rng.uniform(-1, 1, (TILE + 3, sites)), rng.uniform(-1, 1, (40, sites))
    mine, theirs = known.diagonal(x), known.diagonal(y)
    first, second = (chains(known.gates(r), sites) for r in (x, y))
    found = diagonal_kernel(mine)
    np.testing.assert_allclose(found, chain_kernel(first), atol=1e-13)
    assert np.array_equal(found, found.T)
    np.testing.assert_allclose(
        diagonal_kernel(mine, theirs), chain_kernel(first, second), atol=1e-13
    )
    np.testing.assert_allclose(
        diagonal_kernel(theirs, mine), chain_kernel(second, first), atol=1e-13
    )


def test_thousands_of_sites_stay_in_range() -> None:
    x = np.random.default_rng(3).uniform(-1, 1, (3, 5000))
    found = diagonal_kernel(RotationMap(bandwidth=0.01).diagonal(x), RotationMap(
        bandwidth=0.01).diagonal(x))  # fmt: skip
    assert np.diag(found) == pytest.approx(1, abs=1e-11)
    assert 0 < found[0, 1] < 1
    assert diagonal_kernel(RotationMap().diagonal(x))[0, 1] < 1e-100
