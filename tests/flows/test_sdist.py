"""The source distribution holds all that is tracked; the wheel made of it, what a user needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path, PurePosixPath

import install
import pytest

BUILD = "from setuptools import build_meta; print(build_meta.build_{}({!r}))"
# What belongs to the repository only.
APART = (".ci/", ".gitignore")


def build(kind: str, tree: Path, out: Path) -> Path:
    """Return the distribution of a tree, built without a network."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(kind, str(out))],
        cwd=tree, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def sdist(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """The source distribution, and what is tracked."""
    if not (root / ".git").exists():
        pytest.skip("no git repository, hence no list of tracked files")
    folder = tmp_path_factory.mktemp("sdist")
    tree = install.copied(folder)
    tracked = {str(p.relative_to(tree)) for p in tree.rglob("*") if p.is_file()}
    return build("sdist", tree, folder), tracked


@pytest.fixture(scope="module")
def wheel(sdist: tuple[Path, set[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the unpacked source distribution as installers do it."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist[0]) as archive:
        archive.extractall(folder, filter="data")
    (tree,) = (path for path in folder.iterdir() if path.is_dir())
    return build("wheel", tree, folder)


def test_all_that_is_tracked_is_in_the_source_distribution(sdist: tuple[Path, set[str]]) -> None:
    path, tracked = sdist
    with tarfile.open(path) as archive:
        names = {PurePosixPath(member.name) for member in archive if member.isfile()}
    held = {str(name.relative_to(name.parts[0])) for name in names}
    wanted = {name for name in tracked if not name.startswith(APART)}
    assert wanted - held == set()
    assert {"constraints.txt", "CHANGELOG.md", "docs/index.md", "tests/oracles.py"} <= held
    folders = {name.partition("/")[0] for name in held}
    assert {"benchmarks", "circuits", "docs", "notebooks", "qtn", "tests"} <= folders
    assert not any(name.endswith(".pyc") for name in held)


def test_the_wheel_has_the_package_and_its_circuits(wheel: Path, root: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    shipped = "qtn/experiments/shipped/"
    for file in (root / "circuits").rglob("*"):
        if file.is_file():
            assert shipped + file.relative_to(root / "circuits").as_posix() in held
    assert {"qtn/py.typed", "qtn/__init__.pyi"} <= held
    tops = {name.partition("/")[0] for name in held}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"qtn"}


def test_the_metadata_say_what_is_needed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        found = message_from_string(archive.read(name).decode())
    needed = found.get_all("Requires-Dist") or []
    torch = [line for line in needed if re.match(r"torch\b", line)]
    assert [re.findall(r'extra == [\'"](\w+)', line) for line in torch] == [["train"]]
    assert found["License-Expression"] == "Apache-2.0"
    classifiers = found.get_all("Classifier") or []
    for version in ("3.11", "3.12", "3.13"):
        assert f"Programming Language :: Python :: {version}" in classifiers
    assert found["Description-Content-Type"] == "text/markdown"
    text = found.get_payload()
    assert "## Ten lines" in text
    assert re.findall(r"\]\((?!https?:)[^)]*\)", text) == []
    assert "Project-URL" not in found  # there is no public address yet


def test_an_interpreter_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert install.main(["--python", "python0.0"]) == 1
    assert capsys.readouterr().out == "python0.0: not on this machine\n"


def test_what_is_measured_is_what_is_shown(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(1 << 20))
    assert install.size_of(tmp_path) >= 1 << 20
    assert "table = qtn.compare(model, quantum" in install.ten_lines()
