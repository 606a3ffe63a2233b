"""Canonical forms of chains."""

from __future__ import annotations

import numpy as np
import pytest
from states.kernels.test_truncate import chain

import qtn
from qtn.states.kernels.gauge import (
    canonicalise,
    normalise_chain,
    split_left,
    split_right,
    thin_qr,
)


def dense(tensors: list[np.ndarray]) -> np.ndarray:
    out = np.ones((1, 1))
    for tensor in tensors:
        out = np.tensordot(out, tensor, 1).reshape(-1, tensor.shape[2])
    return out[:, 0]


@pytest.mark.parametrize("centre", [0, 2, 5])
def test_the_state_stays_and_its_sides_are_orthonormal(centre: int) -> None:
    before = chain()
    after = canonicalise(before, centre)
    assert np.allclose(dense(after), dense(before))
    for site, tensor in enumerate(after):
        left, phys, right = tensor.shape
        if site < centre:
            matrix = tensor.reshape(left * phys, right)
            assert np.allclose(matrix.conj().T @ matrix, np.eye(right))
        if site > centre:
            matrix = tensor.reshape(left, phys * right)
            assert np.allclose(matrix @ matrix.conj().T, np.eye(left))
    assert np.isclose(np.linalg.norm(after[centre]), np.linalg.norm(dense(before)))


def test_a_centre_outside_the_chain() -> None:
    with pytest.raises(qtn.ArgumentError, match="`center`"):
        canonicalise(chain(), 6)


def test_normalising_neither_overflows_nor_vanishes() -> None:
    for scale in (1e100, 1e-100):
        found = normalise_chain([scale * t for t in chain()])
        assert np.isclose(np.linalg.norm(found[0]), 1.0)
    with pytest.raises(qtn.ArgumentError, match="zero state cannot be normalised"):
        normalise_chain([0 * t for t in chain()])


def test_splits_give_the_tensor_back() -> None:
    tensor = np.random.default_rng(2).normal(size=(3, 2, 4))
    q, r = split_left(tensor)
    assert np.allclose(np.tensordot(q, r, 1), tensor)
    r, q = split_right(tensor)
    assert np.allclose(np.tensordot(r, q, 1), tensor)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("shape", [(7, 3), (3, 7), (5, 5), (1, 1)])
def test_thin_qr(dtype: type, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    matrix = (
        (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype, copy=False)
        if (np.issubdtype(dtype, np.complexfloating))
        else rng.normal(size=shape).astype(dtype)
    )
    q, r = thin_qr(matrix)
    assert q.dtype == matrix.dtype
    tight = 1e-5 if matrix.real.dtype == np.float32 else 1e-12
    assert np.allclose(q @ r, matrix, atol=tight)
    assert np.allclose(q.conj().T @ q, np.eye(q.shape[1]), atol=tight)
