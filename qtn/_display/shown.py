"""What an object shows, and the base class that shows it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from qtn._display.cells import cell
from qtn._display.texts import WIDTH, numeric, one_line, printable, text_table
from qtn._html import display as html_display
from qtn._secrets import without_known

_TEXT_ROWS, _HTML_ROWS = 24, 200  # of all tables of an object together; of one
# What files and estimators call on an object, and nobody types.
_UNTYPED = frozenset({"kind", "pack", "unpack"})

Row = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, any values, below headings.

    Args:
        headings: one per column; columns of numbers are aligned to the right.
        rows: cells, turned into text by `cell`.
        caption: what the table is.
        most: rows that a text shows; None lets the tables of an object share some twenty.
        folded: whether it is a detail: folded in a notebook, and not in texts.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str = ""
    most: int | None = None
    folded: bool = False

    def cut(self, most: int) -> list[list[str]]:
        """Return the cells of the first rows as text, and a last row that says how many more."""
        most = most if self.most is None else self.most
        kept = len(self.rows) if len(self.rows) <= most else max(1, most - 1)
        cells = [[cell(value) for value in row] for row in self.rows[:kept]]
        if kept < len(self.rows):
            more = f"… {len(self.rows) - kept:,} more"
            cells.append([more, *[""] * (len(self.headings) - 1)])
        return cells


@dataclass(frozen=True, slots=True)
class Display:
    """All that an object shows.

    Args:
        title: what the object is, in a few words.
        rows: names and values, the most important first; None and "" are left out.
        tables: further tables.
        notes: sentences below.
    """

    title: str
    rows: Sequence[Row] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()

    def cells(self) -> list[tuple[str, str]]:
        """Return names and values as text."""
        kept = ((name, value) for name, value in self.rows if value is not None)
        return [(name, text) for name, value in kept if (text := cell(value))]

    def text(self) -> str:
        """Return everything as plain text; tables are cut to some twenty rows."""
        blocks = ["\n".join(filter(None, [self.title, text_table(self.cells())]))]
        tables = [table for table in self.tables if table.rows and not table.folded]
        for table in tables:
            shown = text_table(table.cut(_TEXT_ROWS // len(tables)), table.headings)
            blocks.append("\n".join(filter(None, [table.caption, shown])))
        if not (self.rows or any(table.caption for table in tables)):
            blocks[:2] = ["\n".join(blocks[:2])]
        if any(self.notes):
            blocks.append("\n".join(textwrap.fill(n, WIDTH) for n in self.notes if n))
        return printable(without_known("\n\n".join(blocks)))

    def html(self) -> str:
        """Return everything as HTML for a notebook."""
        tables = []
        for table in filter(lambda t: t.rows, self.tables):
            cells = table.cut(_HTML_ROWS)
            folded = table.folded or len(cells) > _TEXT_ROWS
            tables.append((table.caption, table.headings, cells, numeric(cells), folded))
        return html_display(self.title, self.cells(), tables, self.notes)


class Displayed:
    """Shows itself: `repr` in one line, `print` and notebooks as tables.

    A dataclass that inherits it is made with `repr=False`.
    """

    __slots__ = ()

    _hidden: ClassVar[frozenset[str]] = frozenset()
    """Public names that the house calls and no user: they do not complete."""

    def _brief(self) -> str:
        """Return what stands between the parentheses of the one-line `repr`, found at once."""
        raise NotImplementedError

    def _display(self) -> Display:
        """Return what there is to see; nothing that takes longer than a look at the fields."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return one_line(type(self).__name__, self._brief())

    def __str__(self) -> str:
        return self._display().text()

    def _repr_html_(self) -> str:
        return self._display().html()

    def __dir__(self) -> list[str]:
        """Return the names that complete: those that users type."""
        return sorted(set(object.__dir__(self)) - _UNTYPED - self._hidden)
