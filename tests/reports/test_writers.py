"""Cells in the languages of documents: aligned, and escaped where a language would read them."""

from __future__ import annotations

import pytest

from qtn.reports.writers import Grid, latex, latex_text, markdown, text_table

SMALL = Grid(("model", "x"), (("a_b | c", "-0.1 [-0.2, 0.3]"), ("<b>", "<0.0001")))


def test_text_is_aligned() -> None:
    text = text_table(("name", "value"), [("a", "1"), ("long name", "22")])
    assert text.splitlines()[2] == "a              1"


def test_markdown_keeps_its_cells() -> None:
    lines = markdown(SMALL).splitlines()
    assert lines[1] == "| --- | ---: |"
    assert lines[2] == r"| a\_b \| c | -0.1 [-0.2, 0.3] |"
    assert lines[3] == r"| \<b> | \<0.0001 |"
    assert r"\[x](y)" in markdown(Grid(("[x](y)",), ()))


def test_latex_is_a_tabular() -> None:
    lines = latex(SMALL).splitlines()
    assert lines[0] == r"\begin{tabular}{lr}"
    assert lines[4] == r"a\_b | c & $-$0.1 [$-$0.2, 0.3] \\"
    assert lines[-1] == r"\end{tabular}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("50 % & more", r"50 \% \& more"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("RBF-SVM", "RBF-SVM"),
        ("1e-05 ± 2", r"1e-05 $\pm$ 2"),
        ("a\nb", "a b"),
    ],
)
def test_latex_sets_text_as_it_stands(text: str, shown: str) -> None:
    assert latex_text(text) == shown
