"""What type checkers know of the doors: a user's program passes mypy's strict mode."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import qtn

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "tests" / "typed_use.py"
WRONG = """
import numpy as np
import qtn
def wrong(short: qtn.Compiled) -> None:
    value: np.ndarray = qtn.mitigate(short, "Z", device="aer").value
    text: str = qtn.Estimate(0.5, 0.1).value
    qtn.compile(short.circuit, "auto")
    qtn.deploy(qtn.MPSClassifier(), "auto")
"""


def checked(*arguments: str) -> str:
    """Return what mypy's strict mode says."""
    api = pytest.importorskip("mypy.api", reason="mypy is not installed")
    config = ["--strict", "--config-file", "", "--follow-imports", "silent"]
    return str(api.run([*config, "--ignore-missing-imports", *arguments])[0])


def test_a_users_program_passes_the_strict_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG, encoding="utf-8")
    # Kept apart from the cache of the checks of the package, whose options are others.
    cache = ROOT / ".mypy_cache" / "strict"
    said = checked("--cache-dir", str(cache), str(PROGRAM), str(wrong)).splitlines()
    errors = [line for line in said if ": error:" in line]
    assert [line for line in errors if "wrong.py" not in line] == []
    # What is known is held against what a program says of it.
    assert [int(line.split("wrong.py:")[1].split(":")[0]) for line in errors] == [5, 6, 7, 8]


def test_the_program_uses_the_main_doors() -> None:
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "qtn"
    }
    doors = {"load_digits", "compile", "run", "mitigate", "verify", "deploy", "compare", "save"}
    assert doors | {"load", "evolve", "ground_state", "chain", "propagator", "robustness"} <= used
    assert used <= set(qtn.__all__)


def test_the_mark_of_typed_packages_is_shipped() -> None:
    assert (Path(qtn.__file__).parent / "py.typed").is_file()
    assert '"py.typed"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
