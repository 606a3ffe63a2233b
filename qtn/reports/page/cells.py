"""Tables that a reader can sort: cells with the number that they are sorted by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qtn.reports.plots import colour
from qtn.reports.rows import Row
from qtn.reports.table import NOTHING
from qtn.reports.writers import Grid

_NUMBER = re.compile(r"[<+]?(-?[\d,]*\.?\d+(?:e[+-]?\d+)?)(?![\w:.])", re.IGNORECASE)
_WIDTH, _HEIGHT = 160, 16  # of a strip
_MARGIN = 6
# Kinds of characters that turn the direction of what follows them.
_TURNING = ("LRE", "LRO", "RLE", "RLO", "LRI", "RLI", "FSI", "R", "AL")


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a table, and the number by which it is sorted; None sorts it as text."""

    text: str
    key: float | None = None


@dataclass(frozen=True, slots=True)
class Strip:
    """An interval as a line with a dot, on the scale that all rows share; in pixels."""

    low: float
    value: float
    high: float
    first: float
    colour: str


@dataclass(frozen=True, slots=True)
class Sortable:
    """A table.

    Args:
        label: what it is.
        headings: of its columns; the first names the rows.
        rows: their cells.
        numeric: of every column, whether all that stands in it are numbers.
        strips: per row its interval; empty for a table without.
        strip_heading: over these.
    """

    label: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]
    strips: tuple[Strip, ...] = ()
    strip_heading: str = ""


def sortable(label: str, grid: Grid, rows: Sequence[Row] = (), confidence: float = 0.0) -> Sortable:
    """Return a table of text as one that sorts; with rows, their intervals are drawn beside it."""
    heading = f"{100 * confidence:g} % interval" if rows else ""
    found = listed(label, grid.headings, grid.lines)
    return replace(found, strips=tuple(_strips(rows)), strip_heading=heading)


def listed(label: str, headings: Iterable[str], rows: Iterable[Iterable[Any]]) -> Sortable:
    """Return a table of values that sorts: columns of numbers by these, others by their text."""
    names = tuple(headings)
    lines = [[cell(str(value)) for value in row] for row in rows]
    told = [[c for c in column if c.text != NOTHING] for column in zip(*lines, strict=True)]
    numeric = tuple(bool(c) and all(x.key is not None for x in c) for c in told)
    kept = tuple(
        tuple(c if number else Cell(c.text) for c, number in zip(line, numeric, strict=True))
        for line in lines
    )
    return Sortable(label, names, kept, numeric or (False,) * len(names))


def cell(text: str) -> Cell:
    """Return a cell; text that begins with a number sorts by it.

    Example:
        >>> cell("+0.050 [-0.010, +0.110]").key, cell("4,096").key, cell("RBF-SVM").key
        (0.05, 4096.0, None)
    """
    found = _NUMBER.match(text.replace("\N{MINUS SIGN}", "-"))
    return Cell(text, float(found[1].replace(",", "")) if found and text != NOTHING else None)


def isolated(text: str) -> str:
    """Return a text that cannot turn the direction of what follows it."""
    turns = any(unicodedata.bidirectional(c) in _TURNING for c in text)
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if turns else text


def _strips(rows: Sequence[Row]) -> list[Strip]:
    if not rows:
        return []
    measures = [row.measures[0] for row in rows]
    low, high = min(m.low for m in measures), max(m.high for m in measures)
    width = high - low

    def place(value: float) -> float:
        share = (value - low) / width if width > 0 else 0.5
        return round(_MARGIN + share * (_WIDTH - 2 * _MARGIN), 1)

    first = place(measures[0].value)
    return [
        Strip(place(m.low), place(m.value), place(m.high), first, colour(row))
        for m, row in zip(measures, rows, strict=True)
    ]
