"""Kernels on blocks against dense matrices, real and complex."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.applications.spins.paths import blocks_of, singlet_paths
from qtn.applications.spins.sweeps import correlate, turn


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("width", [2, 3])
def test_blocks_as_a_matrix(kind: type, width: int) -> None:
    paths, rng = singlet_paths(8), np.random.default_rng(width)
    state, bra = (
        (rng.normal(size=len(paths)) + 1j * rng.normal(size=len(paths))).astype(complex)
        for _ in range(2)
    )
    if kind is float:
        state, bra = state.real.copy(), bra.real.copy()
    expected = np.zeros_like(state)
    moved = state.copy()
    for bundle in blocks_of(paths, 2, width):
        size = bundle.members.shape[1]
        matrices = rng.normal(size=(len(bundle.around), size, size)).astype(kind)
        found = np.zeros_like(matrices)
        correlate(bra, state, bundle.members, bundle.starts, found)
        turn(moved, bundle.members, bundle.starts, matrices)
        for number in range(len(bundle.around)):
            rows = bundle.members[bundle.starts[number] : bundle.starts[number + 1]]
            expected[rows] = state[rows] @ matrices[number].T
            outer = np.einsum("ka,kb->ab", bra[rows].conj(), state[rows])
            assert np.abs(found[number] - outer).max() < 1e-12
    assert np.abs(moved - expected).max() < 1e-12
