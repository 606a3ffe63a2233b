"""What no source may hold: pickle, tokens, addresses of registries, a module without a word."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "qtn").rglob("*.py"))
BANNED_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}


def calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Return ("torch.load", node) for every call in the tree."""
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def banned_constructs(source: str) -> list[str]:
    """Return what in `source` could run code hidden in a file, or take a secret."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            names = []
        found += [f"import {n}" for n in names if n.split(".")[0] in BANNED_MODULES]
        if isinstance(node, ast.arg) and node.arg in ("token", "api_key", "password"):
            found.append(f"parameter {node.arg}")
    for name, call in calls(tree):
        keywords = {k.arg: ast.unparse(k.value) for k in call.keywords}
        if name == "torch.load" and keywords.get("weights_only") != "True":
            found.append("torch.load without weights_only=True")
        if name.endswith("np.load") and keywords.get("allow_pickle") == "True":
            found.append("np.load with allow_pickle")
        if name in ("eval", "exec"):
            found.append(name)
    return found


def test_no_link_is_tracked() -> None:
    """A link that git checks out takes the place of what was there, as of the environment."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository")
    listed = subprocess.run(
        ["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not [line for line in listed.stdout.splitlines() if line.startswith("120000")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_is_documented_and_safe(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert path.name != "utils.py"
    if source.strip():
        assert ast.get_docstring(ast.parse(source)), "no module docstring"
    assert banned_constructs(source) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import pickle", ["import pickle"]),
        ("from dill import load", ["import dill"]),
        ("torch.load(path)", ["torch.load without weights_only=True"]),
        ("torch.load(path, weights_only=True)", []),
        ("np.load(path, allow_pickle=True)", ["np.load with allow_pickle"]),
        ("eval(text)", ["eval"]),
        ("model.eval()", []),
        ("def run(token): ...", ["parameter token"]),
    ],
)
def test_the_check_can_fail(source: str, found: list[str]) -> None:
    assert banned_constructs(source) == found


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml", "Makefile", ".ci/run"])
def test_no_registry_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"https?://|--index-url|--find-links|--extra-index-url| @ ", text) == []
