"""Lanczos against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from qtn.physics.krylov import exponential, lowest

rng = np.random.default_rng(2)


def _hermitian(size: int) -> np.ndarray:
    matrix = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    return matrix + matrix.conj().T


def test_lowest_eigenvector():
    matrix = _hermitian(30)
    value, vector = lowest(lambda v: matrix @ v, rng.normal(size=30) + 0j, dimension=30)
    values, vectors = np.linalg.eigh(matrix)
    assert value == pytest.approx(values[0], abs=1e-9)
    assert abs(np.vdot(vector, vectors[:, 0])) == pytest.approx(1.0, abs=1e-9)


def test_lowest_never_rises_above_the_start():
    matrix = _hermitian(40)
    start = rng.normal(size=40) + 0j
    before = np.vdot(start, matrix @ start).real / np.vdot(start, start).real
    value, vector = lowest(lambda v: matrix @ v, start, dimension=3)
    assert value < before
    assert np.vdot(vector, matrix @ vector).real == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("factor", [-0.3j, -3j, -0.5, 9j])
def test_exponential(factor):
    matrix = _hermitian(20) / 4
    start = rng.normal(size=20) + 1j * rng.normal(size=20)
    found = exponential(lambda v: matrix @ v, start, factor, dimension=12)
    assert np.allclose(found, expm(factor * matrix) @ start, atol=1e-9)


def test_exponential_of_an_eigenvector_and_of_zero():
    matrix = np.diag([1.0, 2.0, 3.0])
    start = np.array([0.0, 2.0, 0.0])
    assert np.allclose(exponential(lambda v: matrix @ v, start, -1.0), np.exp(-2.0) * start)
    assert not exponential(lambda v: matrix @ v, np.zeros(3), -1j).any()
