"""Coefficients in Pauli matrices: gates from both sides, parities, traces."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from qtn.physics.matrix_elements.sectors import (
    BASIS,
    both_sides,
    identity,
    in_parities,
    largest_bond,
    letters_of,
    trace,
)


def hermitian(seed: int, *, real: bool) -> np.ndarray:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(4, 4)) + (0.0 if real else 1j * rng.normal(size=(4, 4)))
    return matrix + matrix.conj().T


@pytest.mark.parametrize("real", [True, False])
def test_a_gate_from_both_sides(real: bool) -> None:
    gate = expm(-0.3j * hermitian(0, real=real))
    coefficients = np.random.default_rng(1).normal(size=(4, 4)) + 0j
    operator = np.einsum("pq,pab,qcd->acbd", coefficients, BASIS, BASIS).reshape(4, 4)
    moved = np.einsum("pqrs,rs->pq", both_sides(gate[None])[0], coefficients)
    again = np.einsum("pq,pab,qcd->acbd", moved, BASIS, BASIS).reshape(4, 4)
    assert again == pytest.approx(gate @ operator @ gate, abs=1e-12)


def test_a_real_hamiltonian_keeps_the_parity_of_y() -> None:
    maps = both_sides(expm(-0.3j * hermitian(2, real=True))[None])
    blocks = in_parities(maps, letters_of(True))[0]
    assert {parity: len(block) for parity, block in blocks.items()} == {0: 10, 1: 6}
    assert sum((np.abs(b) ** 2).sum() for b in blocks.values()) == pytest.approx(
        (np.abs(maps) ** 2).sum()
    )
    assert len(in_parities(maps, letters_of(False))[0][0]) == 16


def test_the_identity() -> None:
    sites, weights = identity(3, letters_of(True))
    assert trace(sites) == 1.0
    assert largest_bond(sites) == 1
    assert len(weights) == 4
