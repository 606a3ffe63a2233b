"""The rows of a comparison, as text, as HTML and as numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

import qtn
from qtn._html import table
from qtn.reports.table import HEADINGS, text_table


def test_rows_and_columns(comparison) -> None:
    names = [row.name for row in comparison.rows]
    assert names == ["classical", "quantum, ideal", "quantum, shots", "noisy", "mitigated"]
    assert float(comparison["classical"].score_error) == 0.0
    assert comparison["noisy"].shots == 2000 * 12 * 2
    assert comparison["mitigated"].shots > comparison["noisy"].shots
    for row in comparison.rows:
        hits = row.predictions == comparison.labels
        assert float(row.accuracy) == np.mean(hits)
        assert row.accuracy.stderr > 0
    table = comparison.to_dict()
    assert [r["name"] for r in table["rows"]] == names
    text = str(comparison)
    assert all(name in text for name in names)
    assert "±" in text
    with pytest.raises(KeyError, match="No row 'best'"):
        comparison["best"]


def test_one_line_says_how_well_each_row_did(comparison) -> None:
    line = repr(comparison)
    assert "\n" not in line
    assert line.startswith("Comparison(12 inputs, accuracy: classical ")
    assert f"mitigated {float(comparison['mitigated'].accuracy):.4g})" in line


def test_a_row_has_a_cell_for_every_heading(comparison) -> None:
    for row in comparison.rows:
        cells = row.cells()
        assert len(cells) == len(HEADINGS)
        assert repr(row) == f"Row({', '.join(cells)})"
        assert (cells[3] == "–") is (row.name == "classical")
    assert isinstance(comparison, qtn.Comparison)
    assert comparison._repr_html_().count("<tr") == len(comparison.rows) + 1


def test_tables_align_and_escape() -> None:
    text = text_table(("name", "value"), [("a", "1"), ("long name", "22")])
    assert text.splitlines()[2] == "a              1"
    assert re.search(r"<td>&lt;1&gt;</td>", table([("x", "<1>")], ("a", "b")))
