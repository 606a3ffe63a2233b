"""Products through BLAS's addresses against numpy's."""

import numpy as np
import pytest
from numba import njit

from qtn.states.blas import GEMM, gemm


@njit
def product(a, b, c, adjoint, address, numbers):
    rows, columns = c.shape
    gemm(
        address, rows, columns, b.shape[1] if adjoint else b.shape[0],
        numbers[0], a.ctypes.data, a.shape[1], adjoint, b.ctypes.data, b.shape[1], adjoint,
        numbers[1], c.ctypes.data, columns,
    )  # fmt: skip


@pytest.mark.parametrize("keep", [0.0, 1.0])
@pytest.mark.parametrize("adjoint", [0, 1])
@pytest.mark.parametrize("kind", ["f4", "f8", "c8", "c16"])
def test_products_are_those_of_numpy(kind, adjoint, keep):
    rng = np.random.default_rng(0)
    a, b, c = (
        (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(kind)
        if kind[0] == "c"
        else rng.normal(size=shape).astype(kind)
        for shape in ((3, 5), (5, 4), (3, 4))
    )
    wanted = 2 * a @ b + keep * c
    if adjoint:
        a, b = np.array(a.conj().T, order="C"), np.array(b.conj().T, order="C")
    product(a, b, c, adjoint, GEMM[c.dtype], np.array([2.0, keep], kind))
    assert np.allclose(c, wanted, atol=50 * np.finfo(kind).eps)
