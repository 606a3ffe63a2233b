"""Nothing flows left, no room goes in circles: pyproject.toml's contracts hold, and can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import house

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"


def contracts(root: Path) -> list[dict[str, Any]]:
    """Return the import contracts of pyproject.toml."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def rooms_in_order(root: Path) -> set[str]:
    """Return the rooms that a contract keeps free of circles."""
    listed = [c["ancestors"] for c in contracts(root) if c["type"] == "acyclic_siblings"]
    return {name.partition(".")[2] for names in listed for name in names}


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


def test_every_room_is_kept_free_of_circles(root: Path) -> None:
    assert set(house.rooms()) == rooms_in_order(root)


def test_circles_inside_rooms_are_found(root: Path, tmp_path: Path) -> None:
    folder = copy_of_the_package(root, tmp_path)
    planted = []
    for room in sorted(rooms_in_order(root)):
        pair = [p.stem for p in sorted((folder / "qtn" / room).glob("*.py")) if p.stem[0] != "_"][
            :2
        ]
        if len(pair) == 2:
            planted.append(f"No cycles are allowed in qtn.{room}.")
            for name, other in (pair, pair[::-1]):
                with (folder / "qtn" / room / f"{name}.py").open("a") as file:
                    file.write(f"\nimport qtn.{room}.{other}\n")
    done = lint(folder)
    assert done.returncode == 1
    assert [line for line in planted if line not in done.stdout] == []
    assert planted


def test_wings_that_import_against_their_layers_are_found(root: Path, tmp_path: Path) -> None:
    folder = copy_of_the_package(root, tmp_path)
    planted = []
    for contract in contracts(root):
        for container in contract.get("containers", []):
            layers = [
                layer.strip("()") for layer in contract["layers"] if not set("|:") & set(layer)
            ]
            if container != "qtn" and len(layers) > 1:
                planted.append((f"{container}.{layers[-1]}", f"{container}.{layers[0]}"))
    for low, high in planted:
        path = folder / low.replace(".", "/")
        with (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).open("a") as file:
            file.write(f"\nimport {high}\n")
    done = lint(folder)
    assert done.returncode == (1 if planted else 0)
    told = " ".join(done.stdout.split())  # long lines are broken
    found = [f"{low} is not allowed to import {high}" in told for low, high in planted]
    assert all(found), planted


def test_every_room_with_wings_has_layers(root: Path) -> None:
    winged = {f"qtn.{p.parent.parent.name}" for p in house.PACKAGE.glob("*/*/__init__.py")}
    layered = {c for contract in contracts(root) for c in contract.get("containers", [])}
    assert winged - layered == set()
