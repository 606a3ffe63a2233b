"""Bases of symmetric maps: counts, orthonormality, equivariance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from qtn.applications.spins import equivariant_count, equivariant_maps, invariants
from qtn.applications.spins.maps import clebsch_gordan
from qtn.errors import ArgumentError


def spin_matrices(j: float) -> list[np.ndarray]:
    m = np.arange(j, -j - 1, -1)
    up = np.diag(np.sqrt(j * (j + 1) - m[1:] * (m[1:] + 1)), 1)
    return [(up + up.T) / 2, (up - up.T) / 2j, np.diag(m)]


def rotation(j: float, axis: np.ndarray) -> np.ndarray:
    return expm(-1j * sum(a * s for a, s in zip(axis, spin_matrices(j), strict=True)))


@pytest.mark.parametrize(
    ("inputs", "outputs", "count"),
    [
        ([0.5] * 2, [0.5] * 2, 2),
        ([0.5] * 3, [0.5] * 3, 5),
        ([1], [1], 1),
        ([1, 1], [1], 1),
        ([0.5, 1, 1.5], [1, 2], 5),
        ([], [0.5] * 6, 5),
        ([1.5, 2], [0.5, 3, 1], None),
        ([0.5], [1], 0),
        ([], [], 1),
        ([0, 1], [1, 0], 1),
    ],
)
def test_maps(inputs: list[float], outputs: list[float], count: int | None) -> None:
    found = equivariant_maps(inputs, outputs)
    assert len(found) == equivariant_count(inputs, outputs)
    if count is not None:
        assert len(found) == count
    flat = found.reshape(len(found), -1) if len(found) else np.zeros((0, 1))
    assert np.abs(flat @ flat.T - np.eye(len(found))).max(initial=0.0) < 1e-12
    axis = np.array([0.3, -1.1, 0.7])
    turned = found.astype(complex)
    for k, j in enumerate([*outputs, *inputs]):
        matrix = rotation(j, axis) if k < len(outputs) else rotation(j, axis).conj()
        turned = np.moveaxis(np.tensordot(matrix, turned, (1, k + 1)), 0, k + 1)
    assert np.abs(turned - found).max(initial=0.0) < 1e-12


def test_the_basis_is_complete() -> None:
    """The projector on all maps that commute with three generators has the same rank."""
    total = [
        sum(
            np.kron(np.kron(np.eye(2**k), s), np.eye(2 ** (2 - k)))
            for k in range(3)
        )
        for s in spin_matrices(0.5)
    ]  # fmt: skip
    one = np.eye(8)
    rows = np.vstack([np.kron(s, one) - np.kron(one, s.T) for s in total])
    assert 64 - np.linalg.matrix_rank(rows, tol=1e-9) == equivariant_count([0.5] * 3, [0.5] * 3)


def test_coefficients_of_large_spins() -> None:
    table = clebsch_gordan(80, 60, 40)
    rows = table.reshape(-1, 41)
    assert np.abs(rows.T @ rows - np.eye(41)).max() < 1e-12
    assert clebsch_gordan(1, 1, 0)[0, 1, 0] == pytest.approx(2**-0.5)


def test_invariants_and_bad_spins() -> None:
    assert invariants([1, 1, 1]).shape == (1, 3, 3, 3)
    assert len(invariants([0.5] * 3)) == 0
    with pytest.raises(ArgumentError, match="spins 0, 1/2, 1"):
        invariants([0.3])
    with pytest.raises(ArgumentError, match="`inputs"):
        equivariant_maps([-1], [1])
    with pytest.raises(ArgumentError, match="more than 16777216 numbers"):
        invariants([0.5] * 24)
