import numpy as np
import pytest
from numba import njit

from qtn.aqc.blas import DGEMM, multiply_into


@njit
def product(a, b, c, keep, dgemm):
    rows, inner = a.shape
    columns = b.shape[1]
    multiply_into(
        dgemm, c.reshape(-1), 0, a.reshape(-1), 0, b.reshape(-1), 0, rows, inner, columns, keep
    )


@pytest.mark.parametrize("keep", [0.0, 1.0])
def test_products_are_those_of_numpy(keep):
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 5)), rng.normal(size=(5, 4)), rng.normal(size=(3, 4))
    wanted = a @ b + keep * c
    product(a, b, c, keep, DGEMM)
    assert np.allclose(c, wanted, atol=1e-14)
