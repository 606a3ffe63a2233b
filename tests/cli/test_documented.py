"""docs/command_line.md lists the commands, exit codes and keys that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import qtn
from qtn.cli import app
from qtn.cli.exits import MEANING
from qtn.warming import WarmUp

TEXT = (Path(__file__).resolve().parents[2] / "docs/command_line.md").read_text(encoding="utf-8")
ROWS = {
    name: [cell.strip() for cell in rest.split("|")]
    for name, rest in re.findall(r"^\| `qtn ([\w-]+)` \|(.*)\|$", TEXT, re.MULTILINE)
}


def keys(command: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", ROWS[command][2]))


def test_all_commands_are_listed() -> None:
    found = CliRunner().invoke(app, ["--help"]).output.partition("Commands:")[2]
    assert sorted(ROWS) == sorted(re.findall(r"^  (\S+)  ", found, re.MULTILINE))


def test_all_exit_codes_are_listed() -> None:
    found = re.findall(r"^\| (\d+) \| (.*) \|$", TEXT, re.MULTILINE)
    assert found == [(str(int(code)), text) for code, text in MEANING.items()]


def test_options_that_are_named_exist() -> None:
    named = set(re.findall(r"--[a-z][a-z-]+", TEXT)) - {"--install-completion", "--json"}
    helps = [CliRunner().invoke(app, [name, "--help"]).output for name in ROWS]
    known = set(re.findall(r"--[a-z][a-z-]+", " ".join(helps))) | {"--debug"}
    assert named <= known


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("train", ("--size", "2", "--bond", "2", "--epochs", "1", "--out", "{folder}/x.qtn")),
        (
            "compile",
            ("{folder}/model.qtn", "--label", "0", "--layers", "1", "--out", "{folder}/x.qasm"),
        ),
        ("verify", ("{folder}/circuit.qasm", "{folder}/model.qtn")),
        ("about", ()),
        ("doctor", ()),
        ("warm-up", ()),  # of a house that is warm
    ],
)
def test_keys_are_those_that_are_printed(
    call, folder: Path, command: str, words: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qtn, "warm_up", lambda **_: WarmUp((), None))
    outcome = call(command, *(word.format(folder=folder) for word in words), "--json")
    assert set(outcome.record) == keys(command)


@pytest.mark.parametrize(
    ("command", "words", "other"),
    [
        ("run", (), {"values"}),
        ("run", ("--observable", "ZZII"), {"counts"}),
        ("mitigate", ("--observable", "ZZII", "--technique", "none"), set()),
    ],
)
def test_keys_of_answers(call, folder: Path, command: str, words: tuple, other: set) -> None:
    outcome = call(command, folder / "circuit.qasm", "--shots", 9, *words, "--json")
    assert set(outcome.record) == keys(command) - other


def test_keys_of_a_comparison(call, folder: Path, tmp_path: Path) -> None:
    words = ("--layers", 1, "--inputs", 4, "--shots", 9, "--device", "tensor")
    outcome = call("compare", folder / "model.qtn", *words, "--json")
    assert set(outcome.record) == keys("compare")


def test_the_steps_of_the_demo_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the comparison, which takes longest; the help shows the same steps."""
    page = (Path(__file__).resolve().parents[2] / "docs/demo.md").read_text(encoding="utf-8")
    steps = re.findall(r"^qtn (.+)$", page, re.MULTILINE)
    assert [line.split()[0] for line in steps] == ["train", "compile", "run", "verify", "compare"]
    shown = CliRunner().invoke(app, ["--help"]).output
    assert all(f"qtn {line}" in shown for line in steps[:2])
    monkeypatch.chdir(tmp_path)
    for line in steps[:-1]:
        done = CliRunner().invoke(app, line.split())
        assert done.exit_code == 0, (line, done.output)
    assert "inside the interval" in done.output
