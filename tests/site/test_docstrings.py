"""Docstrings become reStructuredText without losing a character."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "docs" / "_ext"))

from docstrings import escaped, joined, process


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("χ**2 |ψ⟩ coef_ of `a*b_`", r"χ\*\*2 \|ψ⟩ coef\_ of `a*b_`"),
        (r"a \ b", r"a \\ b"),
        ("snake_case stays", "snake_case stays"),
    ],
)
def test_markup_is_escaped_outside_code(line: str, wanted: str) -> None:
    assert escaped([line]) == [wanted]


def test_examples_and_literal_blocks_stay() -> None:
    lines = ["    >>> 2**3", "    |8*", "", "    a*b::", "", "        c*d", "", "    e*f"]
    wanted = ["    >>> 2**3", "    |8*", "", r"    a\*b::", "", "        c*d", "", r"    e\*f"]
    assert escaped(lines) == wanted


def test_formulas_stay() -> None:
    lines = [".. math:: a_{b}* c", "   |d|", "", "So :math:`a_", "b*` and a*"]
    assert escaped(lines) == [*lines[:-1], r"b*` and a\*"]


def test_names_of_one_entry_are_joined() -> None:
    lines = ["Args:", "    a, b,", "    c: as there.", "    d: one, two,", "        three."]
    assert joined(lines) == [
        "Args:",
        "    a, b, c: as there.",
        "    d: one, two,",
        "        three.",
    ]


def test_a_colon_in_an_attribute_is_no_type() -> None:
    lines = ["The gate: one of three."]
    process(None, "attribute", "", None, None, lines)
    assert lines == ["The gate:", "one of three."]
