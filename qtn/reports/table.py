"""The table of a comparison as text."""

from __future__ import annotations

from collections.abc import Sequence

HEADINGS = (
    "model",
    "accuracy",
    "score error",
    "2-qubit gates",
    "2-qubit depth",
    "fidelity",
    "shots",
    "seconds",
)


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
