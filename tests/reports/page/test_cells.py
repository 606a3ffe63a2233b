"""Cells sort by the number that they begin with, columns by numbers or as text."""

from __future__ import annotations

import pytest

from qtn.reports.page.cells import cell, isolated, listed, sortable
from qtn.reports.table import merits


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("0.880 [0.802, 0.930]", 0.88),
        ("+0.050 [-0.010, +0.110]", 0.05),
        ("-0.04", -0.04),
        ("−0.04", -0.04),
        ("4,096,000", 4096000.0),
        ("2.56e+07", 2.56e7),
        ("<0.0001", 0.0001),
        ("12 EUR", 12.0),
        ("0.1.0", None),
        ("2nd", None),
        ("4057407ee205", None),
        ("RBF-SVM", None),
        ("–", None),
        ("", None),
    ],
)
def test_text_that_begins_with_a_number_sorts_by_it(text: str, key: float | None) -> None:
    assert cell(text).key == key
    assert cell(text).text == text


def test_a_column_sorts_by_numbers_or_as_text() -> None:
    table = listed("x", ("name", "a", "b", "c"), [("r", 1, "2", "–"), ("s", "–", "two", "–")])
    assert table.numeric == (False, True, False, False)
    assert [c.key for c in table.rows[0]] == [None, 1.0, None, None]
    assert listed("x", ("name", "a"), []).numeric == (False, False)


def test_strips_share_a_scale(comparison) -> None:
    table = sortable("Results", merits(comparison.rows), comparison.rows, 0.95)
    assert len(table.strips) == len(comparison.rows)
    for strip, row in zip(table.strips, comparison.rows, strict=True):
        assert 0 <= strip.low <= strip.value <= strip.high <= 160
        assert strip.first == table.strips[0].value
        assert (strip.value > table.strips[0].value) == (
            row.measures[0].value > comparison.rows[0].measures[0].value
        )
    assert table.strip_heading == "95 % interval"


def test_a_name_cannot_turn_what_follows_it() -> None:
    assert isolated("plain") == "plain"
    turned = isolated("\u202ename")
    assert turned == "\u2068\u202ename\u2069"
