"""Plain words, British spelling: what no docstring, comment or name of the package says."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import house
import pytest

# In docstrings and comments, code in backticks and names of arguments left out.
WORDS = re.compile(
    r"\b(unbidden|readied|renewed|devices of others|errs|centers?|centered|colors?|behaviors?"
    r"|neighbors?|(?:optim|normal|organ|factor|initial|minim|maxim|random|diagonal|canonical"
    r"|depolar|general|real|recogn)iz(?:e[sdr]?|ing|ations?)|analyz(?:e[sd]?|ing)|modeled|labeled)\b",
    re.IGNORECASE,
)
NAMES = {"unbidden"}


def prose(source: str) -> list[str]:
    """Return the docstrings and comments of a source, without code in backticks."""
    tree = ast.parse(source)
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [ast.get_docstring(n) or "" for n in ast.walk(tree) if isinstance(n, owners)]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found += [token.string for token in tokens if token.type == tokenize.COMMENT]
    return [_without_code(text) for text in found]


def _without_code(text: str) -> str:
    text = re.sub(r"(?s)\bReferences?:.*", "", text)  # titles of papers
    lines = [line for line in text.splitlines() if not line.lstrip().startswith((">>>", "..."))]
    plain = re.sub(r"`[^`]*`", "", "\n".join(lines))
    return re.sub(r"(?m)^\s+\w+(?:, \w+)*:", "", plain)  # the names of arguments and fields


def names(source: str) -> set[str]:
    """Return the names that a source defines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)}


@pytest.mark.parametrize("path", house.sources(), ids=lambda p: str(p.relative_to(house.PACKAGE)))
def test_words_are_plain_and_british(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert [found[0] for text in prose(source) for found in WORDS.finditer(text)] == []
    assert names(source) & NAMES == set()


def test_a_word_is_found() -> None:
    source = (
        '"""Say.\n\nArgs:\n    center: the `center`.\n"""\n# The center is here.\nx = "color"\n'
    )
    assert [found[0] for text in prose(source) for found in WORDS.finditer(text)] == ["center"]
    assert names("class A:\n    def readied(self): ...") == {"A", "readied"}
    assert WORDS.search("a second engine is asked unbidden")
    assert WORDS.search("The optimizer analyzes it")
    assert not WORDS.search("centred, optimised, realistic, size, realise")
