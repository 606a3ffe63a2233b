"""A table of text cells in the languages of documents: plain, Markdown, LaTeX, a data frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtn._optional import require

if TYPE_CHECKING:
    import pandas as pd

# What LaTeX reads as a command, and what stands for it in text.
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "±": r"$\pm$",
    "²": r"\textsuperscript{2}",
    "–": "--",
}


@dataclass(frozen=True, slots=True)
class Grid:
    """A table ready to be written: headings, and one line of cells per row."""

    headings: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned text table, first column left, the others right."""
    lines = [list(headings), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
    rule = "  ".join("─" * w for w in widths)

    def render(line: Sequence[str]) -> str:
        first = line[0].ljust(widths[0])
        rest = (cell.rjust(w) for cell, w in zip(line[1:], widths[1:], strict=True))
        return "  ".join([first, *rest]).rstrip()

    return "\n".join([render(lines[0]), rule, *map(render, lines[1:])])


def markdown(grid: Grid) -> str:
    """Return a table in GitHub's Markdown; what would end a cell is escaped."""
    lines = [grid.headings, ("---", *["---:"] * (len(grid.headings) - 1)), *grid.lines]
    safe = [[_plain(cell) if k != 1 else cell for cell in line] for k, line in enumerate(lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in safe)


def latex(grid: Grid) -> str:
    """Return a `tabular` with the rules of the package booktabs."""
    body = [" & ".join(map(latex_text, line)) + r" \\" for line in (grid.headings, *grid.lines)]
    parts = [
        rf"\begin{{tabular}}{{l{'r' * (len(grid.headings) - 1)}}}",
        r"\toprule",
        body[0],
        r"\midrule",
        *body[1:],
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(parts)


def latex_text(text: str) -> str:
    """Return text that LaTeX sets as it stands, a minus before a number as a minus."""
    parts = re.split(r"(?<![\w.])-(?=\d)", " ".join(text.split()))
    return "$-$".join("".join(_LATEX.get(c, c) for c in part) for part in parts)


def frame(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Return records as a data frame, by the name of the row.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    found: Any = require("pandas", "frames").DataFrame.from_records(records, index="name")
    return found


def _plain(cell: str) -> str:
    """Escape what Markdown would take for its own: ends of cells, emphasis, code, HTML."""
    flat = " ".join(cell.split())
    for character in ("\\", "|", "*", "_", "`", "<", "["):
        if character != "[" or "](" in flat:
            flat = flat.replace(character, "\\" + character)
    return flat
