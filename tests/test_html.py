"""Every HTML output escapes what it shows, and no code but the template engine writes markup."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import pytest

from qtn._display import Table
from qtn._html import display, render
from qtn.devices.record.runs import COLUMNS, JobTable
from qtn.estimate import Estimate
from qtn.models import MPSClassifier
from qtn.verification.check import Check, Cost

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></tr></table></style><iframe>",
    "{{ 7 * 7 }}{% for x in y %}",
    "&lt;<!--",
)


class Tags(HTMLParser):
    """Collects the tags and attributes that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag}.{name}" for name, _ in attrs)}

    def handle_data(self, data: str) -> None:
        self.text += data


TABLE = {"table", "caption", "thead", "tbody", "tr", "th", "td", "th.scope", "th.style"}
DISPLAY = TABLE | {"div", "div.class", "style", "p", "strong", "details", "summary", "th.class"}
DISPLAY |= {"td.class"}


def shown(text: str, value: str, allowed: set[str]) -> None:
    """Check that a value is seen as it stands, and that it became no tag."""
    page = Tags(text)
    assert page.found <= allowed
    assert value in page.text


@pytest.mark.parametrize("value", HOSTILE)
def test_templates_escape_every_value(value: str) -> None:
    shown(render("<p>{{ a }}</p>", a=value), value, {"p"})
    rows = [(value, value)]
    tables = [Table((value, value), rows, value, folded=fold) for fold in (True, False)]
    cells = [(t.caption, t.headings, t.cut(9), [False, True], t.folded) for t in tables]
    shown(display(value, rows, cells, [value]), value, DISPLAY)
    with pytest.raises(jinja2.UndefinedError):
        render("{{ missing }}")


@pytest.mark.parametrize("value", HOSTILE)
def test_objects_in_a_notebook_escape(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(Check(0.5, 0.4, 0.6, value, Cost(0.1), value)._repr_html_(), value, DISPLAY)
    shown(Estimate(0.5, 0.1, 10, value)._repr_html_(), value, DISPLAY)
    monkeypatch.setattr(JobTable, "rows", lambda self: [dict.fromkeys(COLUMNS, value)])
    shown(JobTable.__new__(JobTable)._repr_html_(), value, DISPLAY)


def test_estimators_in_a_notebook_escape() -> None:
    # The representation is scikit-learn's own, which brings a script of its own.
    clean = MPSClassifier(checkpoint="x")._repr_html_()
    for value in HOSTILE[:2]:
        text = MPSClassifier(checkpoint=value)._repr_html_()
        assert text.count("<script>") == clean.count("<script>")
        assert Tags(text).found == Tags(clean).found


def strings_of(tree: ast.AST) -> list[ast.Constant]:
    """Return the string literals of a module, docstrings left out."""
    documented = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    nodes: list[Any] = [n for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    return [n for n in nodes if isinstance(n.value, str) and n not in documented]


def test_no_module_writes_markup_itself(root: Path) -> None:
    for path in sorted((root / "qtn").rglob("*.py")):
        for literal in strings_of(ast.parse(path.read_text(encoding="utf-8"))):
            # What `render` is given is a template.
            if re.search(r"</[a-z]+>", literal.value) and path.name != "_html.py":
                assert "{{" in literal.value, f"{path.name}, line {literal.lineno}"
