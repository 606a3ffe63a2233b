"""Three ways to split a block, against singular values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtn.states.kernels.split import (
    all_above,
    operator_factors,
    split_gram,
    split_sketch,
    split_svd,
)


def block(rng: np.random.Generator, rows: int, columns: int, decay: float) -> np.ndarray:
    rank = min(rows, columns)
    u, _ = np.linalg.qr(rng.normal(size=(rows, rank)) + 1j * rng.normal(size=(rows, rank)))
    v, _ = np.linalg.qr(rng.normal(size=(columns, rank)) + 1j * rng.normal(size=(columns, rank)))
    return (u * np.exp(-decay * np.arange(rank))) @ v.conj().T


@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.booleans(),
    st.sampled_from([split_svd, split_gram]),
    st.integers(1, 12),
    st.integers(0, 2**31),
)
def test_best_rank_and_isometry(rows, columns, rightwards, split, cap, seed) -> None:  # type: ignore[no-untyped-def]
    theta = block(np.random.default_rng(seed), rows, columns, 0.3)
    a, b, lost, total = split(theta, cap, 1e-14, rightwards)
    s = np.linalg.svd(theta, compute_uv=False)
    assert a.shape[1] == b.shape[0] <= min(cap, rows, columns)
    assert lost == pytest.approx((s[a.shape[1] :] ** 2).sum(), abs=1e-12)
    assert total == pytest.approx((s**2).sum())
    assert np.linalg.norm(theta - a @ b) ** 2 == pytest.approx(lost, abs=1e-12)
    iso = a.conj().T @ a if rightwards else b @ b.conj().T
    assert np.abs(iso - np.eye(len(iso))).max() < 1e-10


@pytest.mark.parametrize("rightwards", [True, False])
def test_sketch_measures_what_it_loses(rightwards: bool) -> None:
    theta = block(np.random.default_rng(0), 96, 80, 0.05)
    found = split_sketch(theta, 32, rightwards)
    assert found is not None
    a, b, lost, total = found
    best = (np.linalg.svd(theta, compute_uv=False)[32:] ** 2).sum()
    assert best <= lost * (1 + 1e-9)
    assert lost < 1.5 * best
    assert np.linalg.norm(theta - a @ b) ** 2 == pytest.approx(lost, rel=1e-6)
    assert total == pytest.approx(np.linalg.norm(theta) ** 2)
    iso = a.conj().T @ a if rightwards else b @ b.conj().T
    assert np.abs(iso - np.eye(32)).max() < 1e-12


@pytest.mark.parametrize("decay", [0.2, 0.27])
def test_sketch_is_near_the_best_where_little_is_lost(decay: float) -> None:
    theta = block(np.random.default_rng(3), 96, 96, decay)
    found = split_sketch(theta, 32, True)
    assert found is not None
    s = np.linalg.svd(theta, compute_uv=False)
    best = (s[32:] ** 2).sum()
    assert best < 1e-5 * (s**2).sum()
    assert best * (1 - 1e-5) <= found[2] < 1.5 * best


def test_sketch_declines_what_single_precision_cannot_see() -> None:
    theta = block(np.random.default_rng(1), 64, 64, 2.0)
    assert split_sketch(theta, 32, True) is None


def test_all_above_finds_small_eigenvalues() -> None:
    values = np.array([1.0, 1e-3, 1e-6])
    q, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)) + 0.3j)
    hermitian = (q * values) @ q.conj().T
    before = hermitian.copy()
    assert all_above(hermitian, 0.9e-6)
    assert not all_above(hermitian, 1.1e-6)
    assert all_above(np.diag(values), 0.9e-6)
    assert not all_above(np.diag(values), 1.1e-6)
    assert np.array_equal(hermitian, before)


@pytest.mark.parametrize("rightwards", [True, False])
def test_a_block_of_which_nothing_can_be_cut_stays_whole(rightwards: bool) -> None:
    rng = np.random.default_rng(2)
    full = block(rng, *((8, 20) if rightwards else (20, 8)), 0.1)
    a, b, lost, total = split_gram(full, None, 1e-10, rightwards, whole=True)
    assert (a if rightwards else b) is None
    assert (b if rightwards else a) is full
    assert lost == 0.0
    assert total == pytest.approx(np.linalg.norm(full) ** 2)
    for matrix, cap in ((full, 7), (block(rng, 12, 12, 3.0), None)):
        a, b, _, _ = split_gram(matrix, cap, 1e-10, rightwards, whole=True)
        assert a is not None
        assert b is not None
        assert a.shape[1] < 8
        assert np.linalg.norm(matrix - a @ b) < 1e-4 * np.linalg.norm(matrix) or cap == 7


@pytest.mark.parametrize(("phys", "seed"), [(2, 0), (4, 1)])
def test_operator_factors_rebuild_the_matrix(phys: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    side = phys**2
    product = np.kron(rng.normal(size=(phys, phys)), rng.normal(size=(phys, phys)))
    matrices = [rng.normal(size=(side, side)), product]
    ranks = []
    for matrix, (left, right) in zip(matrices, operator_factors(matrices, phys), strict=True):
        rebuilt = sum(np.kron(a, b) for a, b in zip(left, right, strict=True))
        assert np.abs(rebuilt - matrix).max() < 1e-12
        ranks.append(len(left))
    assert ranks == [side, 1]
    assert operator_factors([], phys) == []


@pytest.mark.parametrize("rightwards", [True, False])
def test_a_sketch_does_not_start_from_rows_of_zeros(rightwards) -> None:  # type: ignore[no-untyped-def]
    theta = np.zeros((16, 16))
    theta[7, 7], theta[9, 9] = 1.0, 0.5  # of a sparse operator: most rows are empty
    assert split_sketch(theta, 1, rightwards) is None


def test_a_sketch_does_not_miss_most_of_a_block() -> None:
    theta = np.diag([1e-2, *[0.0] * 14, 1e-2])
    theta[7, 7] = 1.0  # the first and the last row alone do not see it
    found = split_sketch(theta, 2, True)
    assert found is not None
    assert found[2] < 1.5e-4


@pytest.mark.parametrize("stride", [2, 3, 4])
def test_sketch_sees_every_sector_of_a_block_with_charges(stride: int) -> None:
    rng = np.random.default_rng(stride)
    theta = np.zeros((96, 96), complex)
    for sector in range(stride):  # the last ones weigh most, and no first row is theirs
        part = 10.0 ** (sector - stride) * block(rng, 96 // stride, 96 // stride, 0.2)
        theta[sector::stride, sector::stride] = part
    best = (np.linalg.svd(theta, compute_uv=False)[32:] ** 2).sum()
    found = split_sketch(theta, 32, True)
    assert found is not None
    assert found[2] < 2.0 * best


def test_sketch_declines_where_much_is_lost() -> None:
    assert split_sketch(np.eye(96, dtype=complex), 32, True) is None
