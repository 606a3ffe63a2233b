"""Products of small matrices against numpy, for vectors of every width."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit

from qtn.aqc.kernels.tiles.products import product, product_of
from qtn.aqc.kernels.tiles.writer import Machine

# Fewer columns than a vector, whole tiles, tiles that overlap; rows that are left over.
SHAPES = ((1, 1, 1), (5, 3, 3), (8, 5, 10), (7, 9, 18), (4, 2, 36), (9, 2, 2), (3, 1, 4), (6, 4, 8))


def check(parts: int, multiplied: Callable[..., Any], least: int = 1) -> None:
    """Compare a function of the addresses x, u, re, im and of sizes with numpy."""
    rng = np.random.default_rng(parts)
    for rows, inner, columns in SHAPES:
        if rows < least:
            continue
        x, matrix = rng.normal(size=(parts, rows, inner)), rng.normal(size=(2, inner, columns))
        out = np.full(parts * rows * columns + 1, 7.0)
        places = [array.ctypes.data for array in (x, out, matrix[0], matrix[1])]
        multiplied(*places, rows, inner, columns)
        found = out[:-1].reshape(parts, rows, columns)
        wanted = (
            (x[0] + 1j * x[1]) @ (matrix[0] + 1j * matrix[1]) if parts == 2 else x[0] @ matrix[0]
        )
        assert np.allclose(found[0], wanted.real, atol=1e-13)
        assert parts == 1 or np.allclose(found[1], wanted.imag, atol=1e-13)
        assert out[-1] == 7.0


@pytest.mark.parametrize("parts", [1, 2])
def test_products(parts: int) -> None:
    def multiplied(x: int, u: int, re: int, im: int, rows: int, inner: int, columns: int) -> None:
        product(x, u, (re, im), (parts, rows, inner, columns))

    check(parts, multiplied)


@pytest.mark.parametrize("machine", [Machine(2, 2, 2), Machine(4, 1, 2), Machine(8, 2, 4)])
def test_vectors_of_every_width(machine: Machine) -> None:
    inner = product_of(machine, 2)

    @njit
    def outer(a: int, b: int, c: int, d: int, e: int, f: int, g: int) -> None:
        inner((a, b, c, d, e, f, g))

    check(2, outer, machine.rows)
