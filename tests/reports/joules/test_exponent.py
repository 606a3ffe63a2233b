"""Power laws of Schmidt values, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qtn
from qtn.reports.joules.exponent import schmidt_exponent


@given(st.floats(0.2, 4.0), st.integers(8, 200), st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_an_exact_law_is_found_whatever_the_norm(alpha: float, count: int, norm: float) -> None:
    fit = schmidt_exponent(norm * np.arange(1, count + 1) ** -alpha)
    assert fit.alpha == pytest.approx(alpha, rel=1e-6)
    assert fit.low <= fit.alpha <= fit.high
    assert fit.explained > 0.999999


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_the_interval_holds_the_exponent_of_noisy_laws(memory: float) -> None:
    """Sorting hides scatter of neighbours, so that the values are spread where they lie apart."""
    held = 0
    for seed in range(200):
        rng, noise = np.random.default_rng(seed), np.zeros(64)
        for k in range(64):
            fresh = rng.normal(scale=0.1 * (1 - memory**2) ** 0.5)
            noise[k] = memory * noise[k - 1] + fresh if k else rng.normal(scale=0.1)
        fit = schmidt_exponent(np.arange(1, 65) ** -1.2 * np.exp(noise))
        held += fit.low <= 1.2 <= fit.high
    assert held >= 180


def test_what_follows_no_power_law_has_no_exponent() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"follow no power law.*an exponential 1\.00"):
        schmidt_exponent(np.exp(-0.5 * np.arange(30)))
    with pytest.raises(qtn.ArgumentError, match="has 4 Schmidt values above rounding"):
        schmidt_exponent([0.9, 0.3, 0.2, 0.1, 1e-12, 1e-13, 0, 0, 0])
    with pytest.raises(qtn.ArgumentError, match="follow no power law"):
        schmidt_exponent(np.ones(20))
    with pytest.raises(qtn.ArgumentError, match="values"):
        schmidt_exponent([])
    with pytest.raises(qtn.ArgumentError, match="values"):
        schmidt_exponent([[1.0]])


def test_it_prints_itself() -> None:
    text = repr(schmidt_exponent(np.arange(1, 30) ** -2.0))
    assert text.startswith("SchmidtFit(alpha = 2 [2, 2], 29 values")
