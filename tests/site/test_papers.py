"""Every reference of the docstrings is in the list of papers."""

from __future__ import annotations

import re
import sys

import house

sys.path.append(str(house.ROOT / "docs" / "_ext"))

import papers

CITED = re.compile(r"arXiv:\s?([a-z-]*/?\d[\d.]{3,}\d)")


def test_every_reference_is_found() -> None:
    listed = papers.table()
    assert "Wilson, J. Am. Stat. Assoc." in listed
    assert len(papers.references()) > 150
    for path in papers.PACKAGE.rglob("*.py"):
        for number in CITED.findall(path.read_text(encoding="utf-8")):
            assert number in listed or path.name == "__init__.py", (path, number)


def test_a_cell_stays_a_cell() -> None:
    rows = papers.table().splitlines()
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}
