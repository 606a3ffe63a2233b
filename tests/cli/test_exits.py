"""Exit codes: one line and one number for whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import typer

from qtn.cli.exits import MEANING, Code, leave, meanings
from qtn.errors import VerificationError


def test_every_code_has_a_meaning() -> None:
    assert set(MEANING) == set(Code)
    assert len({code.value for code in Code}) == len(Code)
    assert meanings().splitlines()[-1].startswith("  130  Ctrl-C")


def test_leaving() -> None:
    leave(Code.DONE)
    with pytest.raises(typer.Exit) as leaving:
        leave(Code.BELOW_GOAL)
    assert leaving.value.exit_code == 3


def test_debug_shows_the_traceback(call) -> None:
    for arguments in (["--debug", "train", "--size", 5], ["train", "--size", 5, "--debug"]):
        outcome = call(*arguments)
        assert outcome.code == 2
        assert "Traceback (most recent call last)" in outcome.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (
            RuntimeError("the disk\nis gone"),
            1,
            "Unexpected RuntimeError: the disk is gone (--debug shows where)\n",
        ),
        (VerificationError("engines\ndisagree"), 4, "Not certified: engines disagree\n"),
    ],
)
def test_what_is_raised_becomes_a_code(
    call, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("qtn.data.digits.block_mean", broken)
    outcome = call("train")
    assert (outcome.code, outcome.err) == (code, said)


def test_a_warning_is_one_line(call, monkeypatch: pytest.MonkeyPatch) -> None:
    def warned(*_: object, **__: object) -> None:
        warnings.simplefilter("always")
        warnings.warn("mind\nthe gap", stacklevel=1)
        raise KeyboardInterrupt

    monkeypatch.setattr("qtn.data.digits.block_mean", warned)
    assert call("train").err == "UserWarning: mind the gap\nInterrupted.\n"


@pytest.mark.parametrize("entry", [["-m", "qtn"], ["-c", "from qtn.cli import main; main()"]])
def test_exit_code_of_the_process(entry: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        [sys.executable, *entry, "run", "absent.qasm"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == ["Error: File `absent.qasm` does not exist. Check the path."]
