"""Singlet paths: their number, swaps as a representation of the permutations."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from qtn.applications.spins.paths import (
    blocks_of,
    local_paths,
    local_swap,
    singlet_paths,
    swap_matrix,
)


@pytest.mark.parametrize("n", [2, 4, 8, 14])
def test_as_many_paths_as_singlets(n: int) -> None:
    assert len(singlet_paths(n)) == comb(n, n // 2) - comb(n, n // 2 + 1)


def test_swaps_are_permutations() -> None:
    paths = singlet_paths(8)
    swap = {(i, j): swap_matrix(paths, i, j).toarray() for i in range(8) for j in range(i + 1, 8)}
    one = np.eye(len(paths))
    for matrix in swap.values():
        assert np.abs(matrix - matrix.T).max() < 1e-14
        assert np.abs(matrix @ matrix - one).max() < 1e-13
    assert np.abs(swap[0, 1] @ swap[1, 5] @ swap[0, 1] - swap[0, 5]).max() < 1e-13
    assert np.abs(swap[0, 7] @ swap[2, 5] - swap[2, 5] @ swap[0, 7]).max() < 1e-13


def test_the_total_spin_is_zero() -> None:
    """Σ S_i·S_j over all pairs is -3n/8: S² = 0."""
    paths = singlet_paths(6)
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    total = sum(swap_matrix(paths, i, j).toarray() / 2 - np.eye(5) / 4 for i, j in pairs)
    assert np.abs(total + 18 / 8 * np.eye(5)).max() < 1e-13


def test_blocks_hold_every_path_once() -> None:
    paths = singlet_paths(10)
    for place, width in ((0, 3), (4, 3), (7, 3), (3, 2)):
        found = blocks_of(paths, place, width)
        members = np.concatenate([b.members.reshape(-1) for b in found])
        assert sorted(members) == list(range(len(paths)))
        assert all(b.members.shape[1] <= 3 for b in found)
        for bundle in found:
            sizes = {len(local_paths(a, b, width)) for a, b in bundle.around}
            assert sizes == {bundle.members.shape[1]}


def test_local_swaps_braid() -> None:
    for a, b in ((0, 1), (1, 2), (4, 3), (2, 5)):
        first, second = (local_swap(a, b, 3, k) for k in (0, 1))
        assert np.abs(first @ second @ first - second @ first @ second).max() < 1e-14
