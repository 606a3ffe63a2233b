"""The documents name what is there: files, rooms and wings; the site shows every one of them."""

from __future__ import annotations

import ast
import re
import sys
import types
from pathlib import Path
from typing import Any

import house
import pytest

DOCUMENTS = sorted([*(house.ROOT / "docs").rglob("*.md"), house.ROOT / "CONTRIBUTING.md"])
PATH = re.compile(r"`((?:qtn|tests|benchmarks|docs|notebooks)/[\w./-]*)`|`(\w+\.toml)`")


def paths(text: str) -> list[str]:
    """Return the paths that a document names in backticks."""
    return [first or second for first, second in PATH.findall(text) if "<" not in first]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_paths_that_a_document_names_exist(document: Path) -> None:
    named = paths(document.read_text(encoding="utf-8"))
    assert [path for path in named if not (house.ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_of_a_document_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [x for x in re.findall(r"\]\(([^)#]+)\)", text) if not x.startswith("https://")]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_room_and_wing_has_a_line() -> None:
    text = (house.ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    lines = set(re.findall(r"^\| `(qtn/[\w/]+/)` \|", text, re.MULTILINE))
    folders = {f"qtn/{p.parent.relative_to(house.PACKAGE)}/" for p in house.sources()}
    assert lines == folders - {"qtn/./"}


def test_a_path_that_is_gone_is_found() -> None:
    assert paths("see `qtn/aqc/door.py` and `pyproject.toml`, `x.py`") == [
        "qtn/aqc/door.py",
        "pyproject.toml",
    ]


EXTENDING = (house.ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", EXTENDING, re.DOTALL)


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: re.findall(r"class (\w+)", code)[0])
def test_an_extension_is_short_and_runs(code: str, capsys: Any, monkeypatch: Any) -> None:
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 40
    module = types.ModuleType("example")  # dataclasses ask the module of their class
    monkeypatch.setitem(sys.modules, "example", module)
    exec(compile(code, "example", "exec"), vars(module))
    printed, shown = capsys.readouterr().out.strip(), code.splitlines()[-1].partition("  # ")[2]
    assert printed
    assert shown.startswith(printed) or not shown


@pytest.mark.parametrize("kind", ["method", "technique", "engine", "form"])
def test_the_example_is_the_one_that_is_tested(kind: str) -> None:
    test = house.ROOT / "tests" / "contracts" / f"test_extension_{kind}.py"
    text = test.read_text(encoding="utf-8")
    classes = [n for n in ast.parse(text).body if isinstance(n, ast.ClassDef)]
    assert ast.get_source_segment(text, classes[0]) in EXTENDING
