"""The Markdown twins of the pages, and their list."""

from __future__ import annotations

import json
import sys

import house

sys.path.append(str(house.ROOT / "docs" / "_ext"))

import twins


def test_directives_of_the_site_are_resolved() -> None:
    found = twins.page(
        "# A\n\n```{toctree}\n:hidden:\n\nb.md\n```\n\n```{doors} verification\n```\n"
    )
    assert "- <b.md>" in found
    assert "## `qtn.verify(circuit, target=None" in found
    assert "{doors}" not in found
    assert "{toctree}" not in found


def test_a_notebook_keeps_texts_code_and_prints() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title"]},
        {"cell_type": "code", "source": ["1 + 1"], "outputs": [{"data": {"text/plain": ["2"]}}]},
    ]
    found = twins.notebook(json.dumps({"cells": cells}))
    assert found == "# Title\n\n```python\n1 + 1\n```\n\n```text\n2\n```\n"


def test_the_first_words_are_prose() -> None:
    text = "# Title\n\n```python\nx = 1\n\ny\n```\n\n<!-- a\n\nb -->\n\nSay `x`, [there](b.md).\n"
    assert twins.first_words(text) == "Say x, there."
    assert twins.first_words("# Title\n") == ""


def test_the_list_names_every_page() -> None:
    found = twins.listing({"docs/index": ("qtn", "What."), "docs/api/a": ("A", "")})
    assert found.splitlines()[:3] == ["# qtn", "", "> What."]
    assert "- [A](docs/api/a.md)" in found
