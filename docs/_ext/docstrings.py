"""Docstrings as reStructuredText: what is no code is taken literally.

The docstrings are plain text with code in backticks. `|ψ⟩`, `χ**2` and `coef_` are formulas and
names in it, not markup; so these characters are escaped outside code before docutils reads them.
"""

from __future__ import annotations

import re
from typing import Any

CODE = re.compile(r"(`+(?:(?!\n\s*\n)[^`])+`+)")
# A backslash, a star, a bar, and an underscore that ends a word.
MARKUP = re.compile(r"\\|\*|\||_(?=\W|$)")
NAMES = re.compile(r"\s+(\w+, )*\w+,")


def joined(lines: list[str]) -> list[str]:
    """Return the lines with the names of one entry of `Args:` in one line, as napoleon reads it."""
    found: list[str] = []
    for line in lines:
        if found and NAMES.fullmatch(found[-1]):
            found[-1] += " " + line.strip()
        else:
            found.append(line)
    return found


def escaped(lines: list[str]) -> list[str]:
    """Return the lines with their markup escaped, but for examples and literal blocks."""
    found: list[str] = []
    prose: list[str] = []  # lines up to here that are no code
    example, margin = False, None  # inside an example; the margin of the text above a block
    for line in lines:
        indent = len(line) - len(line.lstrip())
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>>"))
        if margin is not None and line.strip() and indent <= margin:
            margin = None
        if margin is None and line.lstrip().startswith(".. "):  # a directive, with its block
            margin = indent
        if example or margin is not None:
            found += [*_text(prose), line]
            prose = []
            continue
        prose.append(line)
        if line.rstrip().endswith("::"):
            margin = indent
    return found + _text(prose)


def _text(lines: list[str]) -> list[str]:
    """Escape lines that are prose; code in backticks may go on in the next line."""
    if not lines:
        return []
    parts = CODE.split("\n".join(lines))
    parts[::2] = [MARKUP.sub(lambda found: "\\" + found[0], part) for part in parts[::2]]
    return "".join(parts).split("\n")


def process(_app: Any, what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Escape a docstring before napoleon reads its sections."""
    lines[:] = escaped(joined(lines))
    if what == "attribute" and ": " in lines[0]:
        lines[:1] = lines[0].replace(": ", ":\n", 1).split("\n")  # else napoleon reads a type


def setup(app: Any) -> dict[str, Any]:
    """Connect to autodoc, before napoleon."""
    app.connect("autodoc-process-docstring", process, priority=100)
    return {"parallel_read_safe": True}
