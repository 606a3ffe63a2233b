"""The command line in this process, and a small folder of what it makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qtn.cli import main

SMALL = ("--size", "2", "--bond", "2", "--epochs", "5")


@dataclass(frozen=True)
class Outcome:
    """What one call of the command line printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        """What --json printed."""
        return json.loads(self.out)

    def refusal(self) -> str:
        """Return the only line on stderr of a command that refused its input."""
        assert self.code == 2, self.err
        assert self.out == ""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("Error: ")
        return lines[0]


def called(*arguments: object) -> int:
    """Run the command line in this process, through the entry point; return its exit code."""
    with pytest.raises(SystemExit) as leaving:
        main([str(argument) for argument in arguments])
    code = leaving.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = called(*arguments)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small trained model, a compiled circuit and its card; not to be changed."""
    folder = tmp_path_factory.mktemp("with a space")
    model, circuit = folder / "model.qtn", folder / "circuit.qasm"
    assert called("train", "--classes", "0,1", *SMALL, "--out", model, "--json") == 0
    compiled = called("compile", model, "--label", 0, "--layers", 2, "--out", circuit, "--json")
    assert compiled == 0
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy of that folder."""
    for path in trained.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path
