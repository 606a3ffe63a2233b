"""Text without colours, in one line or as a table."""

from __future__ import annotations

import pytest

from qtn._display.texts import numeric, one_line, printable, text_table


def test_columns_of_numbers() -> None:
    assert numeric([("1", "", "a"), ("2", "-3", "4")]) == [False, True, False]
    assert numeric([]) == [False]


def test_one_line() -> None:
    assert one_line("A", "") == "A()"
    assert one_line("A", "b\n\tc") == "A(b c)"
    assert len(one_line("A", "b" * 500)) == 163


def test_a_table_is_no_markup_and_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("[red]b[/red]", ":smile:"), ("c", "\x1b[31m")]
    plain = text_table(rows)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    assert text_table(rows) == plain == "[red]b[/red]  :smile:\nc             \\x1b[31m"
    assert text_table([]) == ""


def test_words_are_aligned_to_the_left_and_numbers_to_the_right() -> None:
    rows = [("a", "Auto()", "1"), ("b", "Tree", "23")]
    assert text_table(rows, ("", "how", "gates")).splitlines() == [
        "   how     gates",
        "────────────────",
        "a  Auto()      1",
        "b  Tree       23",
    ]


def test_control_characters_are_written_out() -> None:
    assert printable("a\x1b[2J\r\n⟨ψ⟩") == "a\\x1b[2J\\r\n⟨ψ⟩"
