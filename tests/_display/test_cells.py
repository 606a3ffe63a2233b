"""Values as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qtn._display.cells import cell, number, with_error


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-12 / 3, "3.3333e-13"),
        (1 + 2j, "1+2j"),
        (float("inf"), "inf"),
        (float("nan"), "unknown"),
        (np.float64(2.5), "2.5"),
        (np.int64(12345), "12,345"),
        (np.bool_(False), "no"),
        (np.arange(3), "0, 1, 2"),
        (np.zeros(()), "float64 array, one number"),
        (np.zeros((2, 3), complex), "complex128 array, 2 × 3"),
        ({"a": 1.0}, "a: 1"),
        (tuple(range(100)), "0, 1, 2, …, 97, 98, 99 (100)"),
        (None, "–"),
    ],
)
def test_cells(value: Any, text: str) -> None:
    assert cell(value) == text


def test_errors_have_two_digits() -> None:
    assert with_error(0.123456, 0.0123) == "0.123 ± 0.012"
    assert with_error(12.3456, 3.2) == "12.3 ± 3.2"
    assert with_error(0.5, 0.0996) == "0.50 ± 0.10"
    assert with_error(1.5, 0) == "1.5"
    assert with_error(0.5, np.inf) == "0.5 ± inf"
    assert with_error(1e-9 + 0j, 1e-10) == "(1.00+0.00j ± 0.10)e-09"
    assert with_error(np.nan, 0.1) == "unknown ± 0.1"
    assert with_error(-np.inf, np.float32(0.1)) == "-inf ± 0.1"
    assert with_error(1e300, 1e290) == "(1.00000000000 ± 0.00000000010)e+300"
    assert with_error(1e-323, 1e-323) == "(9.9 ± 9.9)e-324"  # 1e-324 is no number
    assert with_error(-0.0, 1e-3) == "-0.0000 ± 0.0010"
    assert number(0.1 + 0.2, 3) == "0.3"
