"""Nothing flows left: the import contract of pyproject.toml holds, and it can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in `folder`."""
    return subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, timeout=120
    )


def copy_of_the_package(root: Path, folder: Path) -> Path:
    shutil.copy(root / "pyproject.toml", folder)
    shutil.copytree(root / "qtn", folder / "qtn", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_layers_hold(root: Path, tmp_path: Path) -> None:
    done = lint(copy_of_the_package(root, tmp_path))
    assert done.returncode == 0, done.stdout


def test_an_import_against_the_flow_is_found(root: Path, tmp_path: Path) -> None:
    folder = copy_of_the_package(root, tmp_path)
    with (folder / "qtn" / "states" / "mps.py").open("a") as file:
        file.write("\nfrom qtn.data import load_digits\n")
    done = lint(folder)
    assert done.returncode == 1
    assert "qtn.states is not allowed to import qtn.data" in done.stdout


def test_a_room_outside_the_contract_is_found(root: Path, tmp_path: Path) -> None:
    folder = copy_of_the_package(root, tmp_path)
    (folder / "qtn" / "annex.py").write_text('"""A module no layer names."""\n')
    done = lint(folder)
    assert done.returncode == 1
    assert "annex" in done.stdout
