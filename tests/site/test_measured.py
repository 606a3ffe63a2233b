"""Tables of measured rows are those of RESULTS.md."""

from __future__ import annotations

import pytest

from benchmarks import pages, report

RESULTS = report.RESULTS.read_text(encoding="utf-8")
ASKING = [p for p in sorted(pages.DOCS.rglob("*.md")) if pages.ASKED.search(p.read_text("utf-8"))]
ROWS = "<!-- begin learn -->\n| a | 1 | 2 s x | 3 | 4 | 5 | 6 |\n<!-- end learn -->"


@pytest.mark.parametrize("page", ASKING, ids=lambda path: path.stem)
def test_tables_are_those_of_the_results(page: pages.Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert pages.written(text, RESULTS) == text, "run `make readme`"


def test_rows_are_filled_in() -> None:
    found = pages.written("<!-- measured learn\na | x\n-->\nold\n<!-- end measured -->\n", ROWS)
    assert "| a | 1 | 2 s x | 6 |\n<!-- end measured -->" in found
    assert "old" not in found


def test_a_row_that_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="no row `b`"):
        pages.table(ROWS, "learn", ["b"])
