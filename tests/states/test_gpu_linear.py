"""Bases by Cholesky factors against Householder's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.states.gpu_linear import factored, orthonormal

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def steep(rows: int, count: int, decades: float) -> np.ndarray:
    """Return a complex matrix whose singular values fall over some decades."""
    rng = np.random.default_rng(0)
    left, right = (
        np.linalg.qr(rng.normal(size=(n, count)) + 1j * rng.normal(size=(n, count)))[0]
        for n in (rows, count)
    )
    return (left * np.logspace(0, -decades, count)) @ right


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("decades", [0.0, 6.0, 12.0])
def test_bases_span_the_columns(device: str, decades: float) -> None:
    matrix = torch.from_numpy(steep(40, 12, decades)).to(device)
    q, r = factored(matrix)
    one = torch.eye(12, dtype=matrix.dtype, device=device)
    assert torch.allclose(q.mH @ q, one, atol=1e-12)
    assert torch.allclose(q @ r, matrix, atol=1e-13)
    assert torch.allclose(r, r.triu(), atol=1e-14)


def test_padding_stays_zero_and_the_rest_orthonormal() -> None:
    columns = torch.from_numpy(np.stack([steep(30, 6, 5), steep(30, 6, 1)])).to(torch.complex64)
    mask = torch.tensor([[True] * 4 + [False] * 2, [True] * 6])[:, None]
    basis = orthonormal(columns * mask)
    wanted = torch.diag_embed(mask[:, 0].to(basis.dtype))
    assert basis.dtype == torch.complex64
    assert torch.allclose(basis.mH @ basis, wanted, atol=1e-5)


def test_what_cholesky_cannot_do_is_left_to_reflections() -> None:
    matrix = torch.ones(5, 3, dtype=torch.float64)
    matrix[:, 2] = 0.0
    q, r = factored(matrix)
    assert torch.allclose(q @ r, matrix)
    assert torch.allclose(q.mT @ q, torch.eye(3, dtype=torch.float64))
    wide, rest = factored(torch.ones(2, 4, dtype=torch.float64))
    assert torch.allclose(wide @ rest, torch.ones(2, 4, dtype=torch.float64))
