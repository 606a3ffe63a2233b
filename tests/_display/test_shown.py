"""What objects show: one line, a text table without colours, HTML that escapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qtn
from qtn._display.shown import Display, Displayed, Table


@dataclass(frozen=True, slots=True, repr=False)
class Shown(Displayed):
    rows: list[Any] = field(default_factory=list)
    brief: str = ""
    tables: tuple[Table, ...] = ()
    kind = "shown"

    def _brief(self) -> str:
        return self.brief

    def _display(self) -> Display:
        return Display("Title", self.rows, self.tables, ["A note.", ""])


@given(st.text(), st.text())
def test_any_text_is_one_printable_line(name: str, value: str) -> None:
    line = repr(Shown(brief=value))
    assert line.isprintable()
    assert len(line) < 200
    printed = str(Shown([(name, value)]))
    assert all(letter.isprintable() or letter == "\n" for letter in printed)


def test_a_long_table_is_cut() -> None:
    rows = [(f"row {k}", k) for k in range(1000)]
    shown = Shown(tables=(Table(("row", "value"), rows), Table(("row", "value"), rows)))
    assert len(str(shown).splitlines()) <= 40
    assert str(shown).count("… 989 more") == 2
    assert shown._repr_html_().count("<details>") == 2
    assert "… 801 more" in shown._repr_html_()
    whole = Shown(tables=(Table(("row", "value"), rows, most=1000),))
    assert "row 999" in str(whole)


def test_details_are_folded_in_a_notebook_and_not_printed() -> None:
    shown = Shown(tables=(Table(("name", "value"), [("seed", 5)], "details", folded=True),))
    assert "seed" not in str(shown)
    assert "<summary>details, 1 rows</summary>" in shown._repr_html_()


def test_what_is_unknown_has_no_row() -> None:
    assert str(Shown([("a", None), ("b", ""), ("c", 0)])) == "Title\nc  0\n\nA note."


def test_credentials_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "hunter2-hunter2")
    shown = Shown([("a", "key hunter2-hunter2")], "key hunter2-hunter2")
    for text in (repr(shown), str(shown), shown._repr_html_()):
        assert "hunter2" not in text


def test_long_cells_are_wrapped_within_the_width() -> None:
    shown = Shown([("a", "word " * 60), ("b", "x" * 300)])
    assert max(map(len, str(shown).splitlines())) <= 100


def test_names_that_complete_are_those_that_users_type() -> None:
    names = dir(Shown())
    assert {"rows", "tables"} <= set(names)
    assert "kind" not in names
    assert not {"solve", "operators"} & set(dir(qtn.Auto()))
