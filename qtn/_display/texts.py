"""Text without colours: one line, and tables by rich, the same in a terminal, a log and a test."""

from __future__ import annotations

import io
from collections.abc import Sequence

from qtn._secrets import without_known

WIDTH = 100  # of a text table without headings, and of notes
_WIDE = 120  # of one with headings
_LINE = 160  # of a one-line repr
_BEGINS = frozenset("0123456789+-–−.(≥≤±<>")  # of a number's text


def one_line(name: str, brief: str) -> str:
    """Return `name(brief)` in one line of printable letters.

    Example:
        >>> one_line("Check", "a\\nb")
        'Check(a b)'
    """
    text = printable(" ".join(without_known(brief).split()))
    return f"{name}({text if len(text) <= _LINE else text[: _LINE - 1] + '…'})"


def text_table(rows: Sequence[Sequence[str]], headings: Sequence[str] = ()) -> str:
    """Return an aligned text table without colours.

    Columns of numbers are aligned to the right if they have headings, the first never; long cells
    are wrapped.

    Example:
        >>> print(text_table([("bond", "4"), ("norm", "1.0")], ("name", "value")))
        name  value
        ───────────
        bond      4
        norm    1.0
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    if not rows:
        return ""
    grid = Grid(
        box=SIMPLE_HEAD if headings else None,
        show_header=bool(headings),
        show_edge=False,
        pad_edge=False,
        padding=(0, 1 if headings else 2, 0, 0),
    )
    right = numeric(rows)
    for k, heading in enumerate(headings or rows[0]):
        grid.add_column(
            Text(heading),
            justify="right" if headings and right[k] else "left",
            overflow="fold",
            no_wrap=k == 0 and not headings,
        )
    for row in rows:
        grid.add_row(*[Text(printable(text)) for text in row])
    page = io.StringIO()
    console = Console(
        file=page,
        width=_WIDE if headings else WIDTH,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        legacy_windows=False,
        _environ={},
    )
    console.print(grid)
    return "\n".join(line.rstrip() for line in page.getvalue().rstrip().splitlines())


def numeric(rows: Sequence[Sequence[str]]) -> list[bool]:
    """Return which columns hold numbers; the first never does, being what a row is called.

    Example:
        >>> numeric([("0", "Auto()", "1.5 ± 0.2"), ("1", "Tree", "–")])
        [False, False, True]
    """
    columns = list(zip(*rows, strict=True))[1:]
    return [False, *(all(c[:1] in _BEGINS for c in column if c) for column in columns)]


def printable(text: str) -> str:
    """Return a text whose control characters, which move a terminal's cursor, are written out."""
    if all(c.isprintable() or c == "\n" for c in text):
        return text
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
