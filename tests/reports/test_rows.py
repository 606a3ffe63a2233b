"""One row: its figure with an interval, and its numbers."""

from __future__ import annotations

import pytest

from qtn.reports.rows import Measure, digits_of


def test_a_measure_shows_two_digits_of_its_interval() -> None:
    assert str(Measure("accuracy", 1.0, 0.01, 0.981, 1.0)) == "1.000 [0.981, 1.000]"
    assert str(Measure("accuracy", 0.95, 0.03, 0.86, 0.98)) == "0.95 [0.86, 0.98]"
    assert Measure("RMSE", 12.3, 1.0, 8.0, 15.0).shown(1) == "12.3 [8.0, 15.0]"


@pytest.mark.parametrize(("width", "digits"), [(0.0, 3), (float("nan"), 3), (0.2, 2), (300.0, 0)])
def test_digits(width: float, digits: int) -> None:
    assert digits_of(width) == digits


def test_a_row_says_its_measure_and_gives_plain_numbers(comparison) -> None:
    row = comparison["noisy"]
    assert repr(row) == f"Row(noisy, accuracy {row.measures[0]})"
    assert row.seconds == row.costs.seconds > 0
    found, first = row.numbers(), comparison["classical"].numbers()
    assert found["accuracy_low"] <= found["accuracy"] <= found["accuracy_high"]
    assert found["difference"] == pytest.approx(found["accuracy"] - first["accuracy"])
    assert found["wins"] - found["losses"] == pytest.approx(12 * found["difference"])
    assert found["p_adjusted"] >= found["p_value"]
    assert first["difference"] is None
    assert set(found) == set(first)
