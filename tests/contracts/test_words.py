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
NAMES = {"book", "dressed", "enough", "readied", "renewed", "said", "unbidden"}


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
    """Return the names that a source defines: of functions, classes, arguments and variables."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


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
    assert names("class A:\n    def readied(self): ...") == {"A", "readied", "self"}
    assert names("def f(x):\n    said = x") == {"f", "x", "said"}
    assert WORDS.search("a second engine is asked unbidden")
    assert WORDS.search("The optimizer analyzes it")
    assert not WORDS.search("centred, optimised, realistic, size, realise")


# ------------------------------------------------------------------------ entries of docstrings

SECTION = re.compile(r"^(\s*)(Args|Attributes|Raises|Returns|Cost|Example|References?|Yields):")
ENTRY = re.compile(r"^\s+[\w`*]+(?:, [\w`*]+)*: ([A-Z][a-z]*)\b")
PROPER = re.compile(
    "Aer|Bell|Born|Clifford|Euler|Fock|Fubini|Gaussian|Gram|Haar|Hadamard|Hamiltonian|Heisenberg"
    "|Hermitian|Hessian|Hilbert|Ising|Jacobian|Jeffreys|Jordan|Kraus|Krylov|Lanczos|Lindblad|None"
    "|Paulis?|Python|Qiskit|Schmidt|Student|True|False|Toffoli|Trotter|Weyl"
)


def capitalised(text: str) -> list[int]:
    """Return the lines whose entry (`name: The thing`) starts with a capital letter."""
    found, inside, margin = [], False, 0
    for number, line in enumerate(text.splitlines()):
        heading = SECTION.match(line)
        if heading:
            inside = heading[2] in ("Args", "Attributes", "Raises")
            margin = len(heading[1])
        elif line.strip() and len(line) - len(line.lstrip()) <= margin:
            inside = False
        entry = ENTRY.match(line)
        deep = len(line) - len(line.lstrip()) == margin + 4
        if (
            inside
            and deep
            and entry
            and not PROPER.fullmatch(entry[1])
            and not _symbol(line, entry)
        ):
            found.append(number)
    return found


def _symbol(line: str, entry: re.Match[str]) -> bool:
    """Whether a single letter is a symbol and no article."""
    return (entry[1] != "A" and len(entry[1]) == 1) or not line[entry.end(1) :].startswith(" ")


def docstrings(source: str) -> list[tuple[ast.AST, str]]:
    """Return the documented definitions of a source with their docstrings."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, owners)]
    return [(node, text) for node in nodes if (text := ast.get_docstring(node))]


def is_dataclass(node: ast.AST) -> bool:
    """Whether a definition is a dataclass."""
    decorators = getattr(node, "decorator_list", [])
    return isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(d) for d in decorators)


@pytest.mark.parametrize("path", house.sources(), ids=lambda p: str(p.relative_to(house.PACKAGE)))
def test_docstrings_have_one_style(path: Path) -> None:
    for node, text in docstrings(path.read_text(encoding="utf-8")):
        lines = text.splitlines()
        assert [lines[k] for k in capitalised(text)] == [], "write `name: the thing, in lower case`"
        if is_dataclass(node):
            assert "Attributes:" not in lines, "fields of a dataclass stand under `Args:`"


def test_a_capital_letter_is_found() -> None:
    text = "Say.\n\nArgs:\n    a: The first.\n    b: A thing.\n    c: Pauli.\n    d: the rest."
    assert capitalised(text) == [3, 4]
    assert capitalised(text + "\n\nRaises:\n    ArgumentError: If so.\n") == [3, 4, 9]
    assert capitalised("Note: This is prose.\n\nExample:\n    x: The end.") == []
    assert capitalised("Args:\n    n: N of them.\n    d: D.") == []
