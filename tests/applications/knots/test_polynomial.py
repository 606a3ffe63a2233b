"""Polynomials with whole coefficients."""

from __future__ import annotations

import cmath
from fractions import Fraction

import numpy as np

from qtn.applications.knots.polynomial import Polynomial


def test_values_and_text() -> None:
    one = Polynomial.of({1: -1, 5: -1, 3: 0})
    assert repr(one) == "-t^(1/2) - t^(5/2)"
    assert one._repr_latex_() == "$-t^{1/2} - t^{5/2}$"
    assert one(1) == -2
    assert one.span == 2
    assert repr(Polynomial.of({-2: 3, 0: -1, 2: 2})) == "3t^-1 - 1 + 2t"
    assert Polynomial.of({-2: 1})._repr_latex_() == "$t^{-1}$"
    assert repr(Polynomial.of({})) == "0"
    assert Polynomial.of({}).span == Fraction(0)


def test_the_value_at_a_fifth_root_is_exact() -> None:
    t = cmath.exp(2j * cmath.pi / 5)
    rng = np.random.default_rng(0)
    for _ in range(20):
        terms = {int(k): int(a) for k, a in zip(rng.integers(-30, 30, 8), rng.integers(-9, 9, 8),
                                                strict=True)}  # fmt: skip
        found = Polynomial.of(terms)
        assert abs(found.at_fifth_root() - found(t)) < 1e-12
    # 1 + t + t² + t³ + t⁴ = 0: large coefficients cancel, and nothing is lost.
    big = 10**30
    cancels = Polynomial.of({0: big + 1, 2: big, 4: big, 6: big, 8: big})
    assert cancels.at_fifth_root() == 1
