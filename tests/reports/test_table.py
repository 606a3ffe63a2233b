"""The tables of a comparison, as text, as HTML and as numbers."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace

import numpy as np
import pytest

import qtn
from qtn._html import display
from qtn.errors import ArgumentError, MissingExtraError
from qtn.reports.table import merits, probability_text, takes


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
    numbers = json.loads(json.dumps(comparison.to_dict()))
    assert [r["name"] for r in numbers["rows"]] == names
    text = str(comparison)
    assert all(name in text for name in names)
    assert "±" in text
    assert comparison.legend.split(":")[0] in text
    with pytest.raises(KeyError, match="No row 'best'"):
        comparison["best"]


def test_one_line_says_how_well_each_row_did(comparison) -> None:
    line = repr(comparison)
    assert "\n" not in line
    assert line.startswith("Comparison(12 inputs, accuracy: classical ")
    assert f"mitigated {float(comparison['mitigated'].accuracy):.4g})" in line


def test_a_row_has_a_cell_for_every_heading(comparison) -> None:
    results, costs = merits(comparison.rows), takes(comparison.rows)
    for grid in (results, costs):
        assert [line[0] for line in grid.lines] == [row.name for row in comparison.rows]
        assert {len(line) for line in grid.lines} == {len(grid.headings)}
    gates = costs.headings.index("2-qubit gates")
    assert [line[gates] == "–" for line in costs.lines] == [True] + [False] * 4
    assert "cost" not in costs.headings  # nobody has a price: no empty columns
    assert isinstance(comparison, qtn.Comparison)
    assert comparison._repr_html_().count("<tr") == 2 * (len(comparison.rows) + 1)


def test_intervals_stay_between_zero_and_one_and_differences_have_signs(comparison) -> None:
    for line in merits(comparison.rows).lines:
        low, high = map(float, re.findall(r"\[(.*), (.*)\]", line[1])[0])
        assert 0 <= low <= float(line[1].split()[0]) <= high <= 1
    assert all(re.match(r"[+-]\d", line[2]) for line in merits(comparison.rows).lines[1:])
    assert "-0.000 " not in str(comparison)


def test_prices_and_energies_have_columns_where_there_are_some(comparison) -> None:
    first, *others = comparison.rows
    costs = replace(others[-1].costs, predicted=12.5, money=3.0, currency="USD", energy=1234.5)
    grid = takes((first, replace(others[-1], costs=costs)))
    found = dict(zip(grid.headings, grid.lines[1], strict=True))
    assert (found["s predicted"], found["cost"], found["joules"]) == (
        "12.50",
        "3.00 USD",
        "1.23e+03",
    )


def test_a_fidelity_that_is_not_known_is_a_dash_and_no_number(comparison) -> None:
    row = comparison["noisy"]
    unknown = replace(row, costs=replace(row.costs, fidelity=float("nan")))
    grid = takes((comparison["quantum, ideal"], unknown))
    place = grid.headings.index("fidelity")
    assert grid.lines[1][place] == "–" != grid.lines[0][place]
    assert unknown.numbers()["fidelity"] is None


def test_legend_names_the_tests(comparison) -> None:
    assert "Wilson" in comparison.legend
    assert "Holm for 4 differences" in comparison.legend
    assert "12 test rows" in comparison.legend
    two = replace(comparison, rows=comparison.rows[:2])
    assert "Holm" not in two.legend
    assert "flipped signs" in replace(comparison, classes=None).legend
    assert "p:" not in replace(comparison, rows=comparison.rows[:1]).legend


def test_small_probabilities_are_said_to_be_small() -> None:
    shown = [probability_text(p) for p in (None, 1.0, 0.0312, 1e-7)]
    assert shown == ["–", "1", "0.031", "<0.0001"]


def test_other_languages(comparison) -> None:
    for name in ("results", "costs"):
        assert comparison.to_markdown(name).count("\n") == len(comparison.rows) + 1
        assert comparison.to_latex(name).count(r"\\") == len(comparison.rows) + 1
    for write in (comparison.to_markdown, comparison.to_latex):
        with pytest.raises(ArgumentError, match="`table` must be one of 'results', 'costs'"):
            write("both")


def test_frame_needs_pandas(comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"qtn-toolkit\[frames\]"):
        comparison.to_frame()


def test_frame(comparison) -> None:
    pytest.importorskip("pandas")
    frame = comparison.to_frame()
    assert list(frame.index) == [row.name for row in comparison.rows]
    assert frame.loc["noisy", "accuracy"] == float(comparison["noisy"].accuracy)
    assert frame["shots"].sum() == sum(row.shots for row in comparison.rows)


def test_tables_escape() -> None:
    assert re.search(r"<td>&lt;1&gt;</td>", display("", [("x", "<1>")]))
