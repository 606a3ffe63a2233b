"""Intervals of proportions against their definitions."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from qtn.errors import ArgumentError
from qtn.statistics import proportion_error, proportion_interval


@pytest.mark.parametrize(("hits", "total"), [(1, 10), (7, 9), (180, 200)])
def test_wilson_is_where_the_score_is_the_quantile(hits: int, total: int) -> None:
    for p in proportion_interval(hits, total, 0.9):
        score = (hits / total - p) / math.sqrt(p * (1 - p) / total)
        assert abs(score) == pytest.approx(stats.norm.ppf(0.95), rel=1e-9)


@pytest.mark.parametrize(("hits", "total"), [(1, 10), (7, 9), (180, 200)])
def test_clopper_and_pearson_cut_equal_tails(hits: int, total: int) -> None:
    low, high = proportion_interval(hits, total, 0.9, "clopper-pearson")
    assert stats.binom.sf(hits - 1, total, low) == pytest.approx(0.05, rel=1e-6)
    assert stats.binom.cdf(hits, total, high) == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson"])
@pytest.mark.parametrize(("hits", "total"), [(0, 1), (1, 1), (0, 10**6), (360, 360), (359, 360)])
def test_no_interval_leaves_the_unit_or_its_proportion(method: str, hits: int, total: int) -> None:
    low, high = proportion_interval(hits, total, method=method)
    assert 0 <= low <= hits / total <= high <= 1
    assert low < high


def test_coverage_is_what_is_said() -> None:
    # Exactly, summed over all outcomes: at every p for the exact one, on average for the other.
    total, grid = 30, [0.02 * k for k in range(1, 50)]
    for method, least in (("wilson", 0.945), ("clopper-pearson", 0.95)):
        ends = [proportion_interval(k, total, method=method) for k in range(total + 1)]
        covered = [
            sum(stats.binom.pmf(k, total, p) for k, (a, b) in enumerate(ends) if a <= p <= b)
            for p in grid
        ]
        found = min(covered) if method == "clopper-pearson" else sum(covered) / len(covered)
        assert found >= least


def test_error_of_a_proportion_is_never_zero() -> None:
    assert proportion_error(0, 10) == pytest.approx(proportion_error(10, 10))
    assert proportion_error(0, 10) > 0.05
    assert proportion_error(5000, 10000) == pytest.approx(0.005, rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hits": 3, "total": 2}, "`hits` must be an integer of at least 0 and at most 2"),
        ({"hits": -1, "total": 2}, "`hits` must be"),
        ({"hits": 0, "total": 0}, "`total` must be a positive integer"),
        ({"hits": 1, "total": 2, "confidence": 1.0}, "`confidence` must be"),
        ({"hits": 1, "total": 2, "confidence": 0.0}, "`confidence` must be"),
        ({"hits": 1, "total": 2, "method": "wald"}, "one of 'wilson', 'clopper-pearson'"),
    ],
)
def test_bad_input(arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        proportion_interval(**arguments)
    if "total" in message or "hits" in message:
        with pytest.raises(ArgumentError, match=message):
            proportion_error(arguments["hits"], arguments["total"])
