"""One variable: polynomials exactly, kinks and singularities by few channels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.applications.loading.multiscale import NODES, lagrange, multiscale_cores, polynomial_step
from qtn.errors import ArgumentError


def dense(tensors: tuple[np.ndarray, ...]) -> np.ndarray:
    out = np.ones((1, 1))
    for tensor in tensors:
        out = np.einsum("xl,lbr->xbr", out, tensor).reshape(-1, tensor.shape[2])
    return out[:, 0] * 2 ** (len(tensors) / 2)


def middles(low: float, high: float, digits: int) -> np.ndarray:
    return low + (high - low) * (np.arange(2**digits) + 0.5) / 2**digits


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=1, max_size=6), st.integers(1, 9))
def test_polynomials_are_exact(coefficients: list[float], digits: int) -> None:
    polynomial = np.polynomial.Polynomial([1.0, *coefficients])
    cores = multiscale_cores(polynomial, -1.0, 2.0, digits, 1e-6)
    exact = polynomial(middles(-1.0, 2.0, digits))
    assert np.abs(dense(cores.tensors) - exact).max() < 1e-10 * np.abs(exact).max()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.exp(-x * x),
        lambda x: np.abs(x - 0.3),
        lambda x: np.where(x > 0.7, 1.0, 0.0),
        lambda x: (x + 2.0) ** -0.4,
        lambda x: np.exp(-((x - 0.123) ** 2) / 1e-4),
        lambda x: np.sin(20 * x),
    ],
)
def test_functions_within_the_tolerance(function: object) -> None:
    digits = 12
    cores = multiscale_cores(function, -2.0, 3.0, digits, 1e-5)  # type: ignore[arg-type]
    exact = function(middles(-2.0, 3.0, digits))  # type: ignore[operator]
    assert np.linalg.norm(dense(cores.tensors) - exact) < 2e-5 * np.linalg.norm(exact)
    assert cores.evaluations < 12_000


def test_a_thousand_digits() -> None:
    cores = multiscale_cores(lambda x: 1 / np.sqrt(x), 0.0, 1.0, 1000, 1e-4)
    assert len(cores.tensors) == 1000
    assert max(t.shape[0] for t in cores.tensors) < 40


def test_interpolation() -> None:
    nodes, step, middle = polynomial_step(NODES)
    values = nodes**5
    assert np.abs(values @ step[:, 1] - ((nodes + 1) / 2) ** 5).max() < 1e-14
    assert np.abs(values @ middle - np.array([0.25, 0.75]) ** 5).max() < 1e-14
    assert np.array_equal(lagrange(nodes, nodes), np.eye(NODES))


def test_bad_functions() -> None:
    with pytest.raises(ArgumentError, match="is 0 at 1,024 places"):
        multiscale_cores(np.zeros_like, 0.0, 1.0, 8, 1e-4)
    with (
        np.errstate(divide="ignore"),
        pytest.raises(ArgumentError, match=r"finite real values .* not at -0.0009"),
    ):
        multiscale_cores(lambda x: 1 / np.where(np.abs(x) < 1e-3, 0.0, x), -1.0, 1.0, 8, 1e-4)
    with pytest.raises(ArgumentError, match="they are complex"):
        multiscale_cores(lambda x: 1j * x, 0.0, 1.0, 8, 1e-4)
    with pytest.raises(ArgumentError, match="one value per place"):
        multiscale_cores(lambda _: 1.0, 0.0, 1.0, 8, 1e-4)  # type: ignore[arg-type,return-value]
    with pytest.raises(ArgumentError, match="oscillates or is noise"):
        multiscale_cores(lambda x: np.sin(1e6 * x), 0.0, 1.0, 30, 1e-4)
