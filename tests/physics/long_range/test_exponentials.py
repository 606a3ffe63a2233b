"""Sums of exponentials: errors as stated, real rates, conjugate pairs, hostile couplings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qtn
from qtn.errors import ArgumentError
from qtn.physics.long_range.exponentials import PowerLaw, fit_exponentials, real_basis

POWERS = (0.5, 1.0, 2.0, 3.0, 6.0)


@pytest.mark.parametrize("exponent", POWERS)
@pytest.mark.parametrize("tolerance", [1e-6, 1e-10])
def test_power_laws(exponent: float, tolerance: float) -> None:
    for n in (2, 3, 4, 8, 11, 200):
        law = qtn.PowerLaw(exponent, -2.0)
        fit = qtn.fit_exponentials(law, n, tolerance=tolerance)
        r = np.arange(1.0, n)
        error = -2.0 / r**exponent - fit.values(r)
        assert fit.max_error <= 2.0 * tolerance
        np.testing.assert_allclose(fit.errors, error, atol=1e-13)
        assert fit.bound == pytest.approx(float((n - r) @ np.abs(fit.errors)))
        assert not np.iscomplexobj(fit.rates)
        assert fit.fewest <= fit.terms <= 14


def test_numbers_of_terms() -> None:
    found = [
        [qtn.fit_exponentials(PowerLaw(a), 300, tolerance=t).terms for a in POWERS]
        for t in (1e-6, 1e-10)
    ]
    assert found == [[10, 10, 9, 7, 3], [15, 14, 14, 12, 7]]


@settings(max_examples=20, deadline=None)
@given(
    rates=st.lists(st.floats(-0.95, 0.95), min_size=1, max_size=3, unique=True),
    n=st.integers(12, 40),
)
def test_sums_of_exponentials_are_found(rates: list[float], n: int) -> None:
    q = np.arange(n - 1)
    values = 10.0 * (q == 0) + sum(rate**q for rate in rates)
    fit = fit_exponentials(values, n, tolerance=1e-7)
    assert fit.terms <= len(rates) + 1
    np.testing.assert_allclose(fit.values(q + 1), values, atol=2e-6)


def test_oscillating_couplings_stay_real() -> None:
    r = np.arange(1.0, 60)
    values = 0.8**r * np.cos(1.1 * r + 0.3) + 0.1 * (-0.5) ** r
    fit = fit_exponentials(values, 60, tolerance=1e-12)
    assert fit.terms == 3
    assert np.iscomplexobj(fit.rates)
    np.testing.assert_allclose(fit.values(r), values, atol=1e-12)
    assert real_basis(fit.rates, 5).dtype == float
    assert repr(fit).startswith("ExponentialFit(3 exponentials, largest error")


def test_neighbours_only_and_nothing() -> None:
    fit = fit_exponentials([1.5, *[0.0] * 8], 10)
    assert (fit.terms, fit.max_error) == (1, pytest.approx(0.0, abs=1e-14))
    nothing = fit_exponentials(np.zeros(9), 10)
    assert (nothing.terms, nothing.max_error, nothing.bound) == (0, 0.0, 0.0)
    assert nothing.values([1, 2]).tolist() == [0.0, 0.0]
    assert qtn.long_range_mpo(10, {"ZZ": np.zeros(9)}, {"X": 1.0}).operator.max_bond == 2


def test_a_function_of_the_distances() -> None:
    fit = fit_exponentials(lambda r: np.exp(-r / 3) / r, 50, tolerance=1e-8)
    r = np.arange(1.0, 50)
    np.testing.assert_allclose(fit.values(r), np.exp(-r / 3) / r, atol=1e-8)


@pytest.mark.parametrize("exponent", [0.0, -1.0, np.nan, np.inf, "3", True])
def test_bad_exponents(exponent: Any) -> None:
    with pytest.raises(ArgumentError, match=r"`exponent` must be a finite number in \(0, inf\)"):
        PowerLaw(exponent)


@pytest.mark.parametrize(
    ("coupling", "text"),
    [
        (np.ones(9), "must be one that decays with distance"),
        ([0.0] * 8 + [1.0], "must be one that decays with distance"),
        (lambda r: r, "must be one that decays with distance"),
        (lambda r: np.log(1.0 - r), "must hold finite numbers only"),
        ([1.0, np.nan, *[0.0] * 7], "must hold finite numbers only"),
        ([1.0, 0.5], "must be 9 values, one per distance"),
        (lambda r: 1 / 0, "must be a function of an array of distances"),
        (3.0, "must be 9 values, one per distance"),
        ([1j] * 9, "real numbers"),
        ({"ZZ": 1.0}, "must be an array of numbers"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_bad_couplings(coupling: Any, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        fit_exponentials(coupling, 10)


def test_too_few_exponentials() -> None:
    with pytest.raises(
        ArgumentError, match=r"up to 3 exponentials reach .* \(with 3\); at least 10 are needed"
    ):
        fit_exponentials(PowerLaw(3.0), 100, max_terms=3)
    with pytest.raises(ArgumentError, match="Raise `tolerance` or `max_terms`, or give all pairs"):
        fit_exponentials(PowerLaw(1.0), 100, tolerance=1e-17)


def test_bad_distances() -> None:
    fit = fit_exponentials(PowerLaw(3.0), 10)
    for bad in ([0], [1.5], [np.nan], []):
        with pytest.raises(ArgumentError):
            fit.values(bad)
    assert PowerLaw(2.0, 3.0)(np.array([1.0, 2.0])) == pytest.approx([3.0, 0.75])
    with pytest.raises(ArgumentError, match="`distance` must be at least 1"):
        PowerLaw(3.0)(np.zeros(2))
