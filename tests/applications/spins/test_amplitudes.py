"""Paths as amplitudes: an isometry that turns swaps of paths into swaps of qubits."""

from __future__ import annotations

import numpy as np

from qtn.applications.spins.amplitudes import amplitudes_of, paths_of
from qtn.applications.spins.paths import singlet_paths, swap_matrix


def test_swaps_agree() -> None:
    paths, order, rng = singlet_paths(8), (2, 0, 1, 7, 6, 3, 4, 5), np.random.default_rng(0)
    state = rng.normal(size=len(paths)) + 1j * rng.normal(size=len(paths))
    dense = amplitudes_of(paths, order, state)
    assert abs(np.linalg.norm(dense) - np.linalg.norm(state)) < 1e-12
    for i, j in ((0, 1), (2, 5), (0, 7)):
        moved = amplitudes_of(paths, order, swap_matrix(paths, i, j) @ state)
        axes = list(range(8))
        a, b = 7 - order[i], 7 - order[j]
        axes[a], axes[b] = axes[b], axes[a]
        swapped = dense.reshape((2,) * 8).transpose(axes).reshape(-1)
        assert np.abs(moved - swapped).max() < 1e-12


def test_back_is_the_projection() -> None:
    paths, order, rng = singlet_paths(6), (0, 5, 1, 4, 2, 3), np.random.default_rng(1)
    vector = rng.normal(size=64)
    part = paths_of(paths, order, vector)
    again = paths_of(paths, order, amplitudes_of(paths, order, part))
    assert np.abs(again - part).max() < 1e-13
    assert np.linalg.norm(part) < np.linalg.norm(vector)
