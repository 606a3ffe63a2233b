"""Paired differences against enumeration, symmetry and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.errors import ArgumentError
from qtn.statistics import compare_errors, compare_hits, mcnemar


@given(st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_mcnemar_is_a_fair_coin(wins: int, losses: int) -> None:
    n, less = wins + losses, min(wins, losses)
    tail = sum(math.comb(n, k) for k in range(less + 1)) / 2**n
    assert mcnemar(wins, losses) == pytest.approx(min(1.0, 2 * tail))
    assert mcnemar(wins, losses) == mcnemar(losses, wins)


def hits(both: int, second: int, first: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    a = np.repeat([True, False, True, False], [both, second, first, neither])
    b = np.repeat([True, True, False, False], [both, second, first, neither])
    return a, b


def test_difference_of_hits() -> None:
    first, second = hits(80, 9, 1, 10)
    found, turned = compare_hits(first, second), compare_hits(second, first)
    assert (found.value, found.wins, found.losses) == (0.08, 9, 1)
    assert found.p_value == mcnemar(9, 1) == turned.p_value
    assert 0 < found.low < found.value < found.high
    assert turned.value == -found.value
    assert turned.low == pytest.approx(-found.high, abs=0.011)
    assert compare_hits(first, second) == found  # the same seed draws the same


def test_models_that_agree_everywhere_are_not_proven_equal() -> None:
    found = compare_hits([True] * 40, [True] * 40)
    assert found.value == 0
    assert found.p_value == 1
    assert -0.15 < found.low < 0 < found.high < 0.15


def test_what_both_get_right_or_wrong_says_nothing() -> None:
    one, other = compare_hits(*hits(80, 9, 1, 10)), compare_hits(*hits(10, 9, 1, 80))
    assert one == other


@pytest.mark.parametrize(("n", "b", "c"), [(50, 0.04, 0.02), (200, 0.05, 0.01), (360, 0.06, 0.06)])
def test_intervals_of_hits_cover(n: int, b: float, c: float) -> None:
    rng, covered = np.random.default_rng(3), 0
    for wins, losses, rest in rng.multinomial(n, [b, c, 1 - b - c], size=200):
        found = compare_hits(*hits(rest, wins, losses, 0))
        covered += found.low - 1e-9 <= b - c <= found.high + 1e-9
    assert covered / 200 > 0.91  # 95 %, less 2.6 standard errors of 200


def test_difference_of_errors() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=200)
    found = compare_errors((0.3 * noise) ** 2, (0.2 * noise) ** 2)
    assert found.value == pytest.approx(-0.1 * np.sqrt(np.mean(noise**2)))
    assert found.low < found.value < found.high < 0
    assert found.p_value < 0.001
    assert (found.wins, found.losses) == (200, 0)
    same = compare_errors(noise**2, noise**2)
    assert (same.value, same.low, same.high, same.p_value) == (0, 0, 0, 1)
    assert compare_errors([4.0, 4.0], [1.0, 1.0], figure=lambda v: -v).value == 3.0


def test_a_difference_by_chance_is_none() -> None:
    rng = np.random.default_rng(1)
    p = [compare_errors(*rng.chisquare(1, size=(2, 50)), seed=k).p_value for k in range(40)]
    assert 0.2 < np.mean(np.array(p) < 0.5) < 0.8


def test_bad_input() -> None:
    for compare in (compare_hits, compare_errors):
        with pytest.raises(ArgumentError, match="of the same rows, but have 2 and 1"):
            compare([1, 0], [1])
        with pytest.raises(ArgumentError, match="`confidence`"):
            compare([1, 0], [1, 1], confidence=2.0)
        with pytest.raises(ArgumentError, match="finite"):
            compare([1, np.nan], [1, 1])
    with pytest.raises(ArgumentError, match="`wins`"):
        mcnemar(-1, 2)
