"""The directive `papers`: every reference in the docstrings of the package, with its place."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

PACKAGE = Path(__file__).resolve().parents[2] / "qtn"
SECTION = re.compile(r"^ *References?:\s*(.+?)(?:\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)
OWNERS = (ast.Module, ast.ClassDef, ast.FunctionDef)


def references() -> list[tuple[str, str]]:
    """Return all references as they are written, with the module and name that give them."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        place = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = ast.get_docstring(node) if isinstance(node, OWNERS) else None
            name = getattr(node, "name", "")
            for said in SECTION.findall(text or ""):
                found.append((" ".join(said.split()), f"{place}.{name}".rstrip(".")))
    return found


def table() -> str:
    """Return the references as a table of Markdown; equal ones stand in one row."""
    places: dict[str, list[str]] = {}
    for said, place in references():
        places.setdefault(said, []).append(place)
    lines = ["| reference, and what differs | where |", "|---|---|"]
    for said, where in places.items():
        text = said.replace("|", r"\|").replace("*", r"\*").replace("_", r"\_")
        text = re.sub(r":math:`([^`]*)`", r"`\1`", text)
        lines.append(f"| {text} | {', '.join(f'`{place}`' for place in where)} |")
    return "\n".join(lines) + "\n"


class Papers(SphinxDirective):
    """`{papers}`: the table."""

    def run(self) -> list[nodes.Node]:
        box = nodes.container()
        self.state.nested_parse(StringList(table().splitlines(), source="docstrings"), 0, box)
        return list(box.children)


def setup(app: Any) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("papers", Papers)
    return {"parallel_read_safe": True}
