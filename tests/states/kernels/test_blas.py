"""Products through BLAS's addresses against numpy's."""

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from qtn.states.kernels.blas import ADJOINT, GEMM, PLAIN, TRANSPOSE, gemm, product

FORMS = {
    PLAIN: lambda matrix: matrix,
    TRANSPOSE: lambda matrix: np.array(matrix.T, order="C"),
    ADJOINT: lambda matrix: np.array(matrix.conj().T, order="C"),
}


@njit
def scaled(a, b, c, form, address, numbers):
    rows, columns = c.shape
    gemm(
        address, rows, columns, b.shape[0] if form == PLAIN else b.shape[1],
        numbers[0], a.ctypes.data, a.shape[1], form, b.ctypes.data, b.shape[1], form,
        numbers[1], c.ctypes.data, columns,
    )  # fmt: skip


@njit
def plain(a, b, c, a_form, b_form, inner, address):
    rows, columns = c.shape
    product(address, rows, columns, inner, a, a_form, b, b_form, c)


def matrices(kind):
    rng = np.random.default_rng(0)
    return [
        (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(kind)
        if kind[0] == "c"
        else rng.normal(size=shape).astype(kind)
        for shape in ((3, 5), (5, 4), (3, 4))
    ]


@pytest.mark.parametrize("keep", [0.0, 1.0])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["f4", "f8", "c8", "c16"])
def test_scaled_products_are_those_of_numpy(kind, form, keep):
    a, b, c = matrices(kind)
    wanted = 2 * a @ b + keep * c
    scaled(FORMS[form](a), FORMS[form](b), c, form, GEMM[c.dtype], np.array([2.0, keep], kind))
    assert np.allclose(c, wanted, atol=50 * np.finfo(kind).eps)


@pytest.mark.parametrize("a_form", FORMS)
@pytest.mark.parametrize("b_form", FORMS)
@pytest.mark.parametrize("kind", ["f4", "f8", "c8", "c16"])
def test_products_of_arrays_are_those_of_numpy(kind, a_form, b_form):
    a, b, c = matrices(kind)
    plain(FORMS[a_form](a), FORMS[b_form](b), c, a_form, b_form, 5, GEMM[c.dtype])
    assert np.allclose(c, a @ b, atol=50 * np.finfo(kind).eps)


def test_arrays_that_are_not_contiguous_or_of_another_type_are_refused():
    a, b, c = matrices("f8")
    for wrong in (a[:, ::-1], a.astype("f4")):
        with pytest.raises(TypingError, match="contiguous array"):
            plain(wrong, b, c, PLAIN, PLAIN, 5, GEMM[c.dtype])
