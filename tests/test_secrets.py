"""Credentials are masked in whatever text leaves the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qtn import _secrets
from qtn.devices.engines.samplers import scrubbed
from qtn.errors import ArgumentError, DeviceError, FidelityError, FileError, MissingExtraError

ACCOUNT = {
    "default-ibm": {
        "channel": "ibm_quantum_platform",
        "instance": "crn:v1:short",
        "token": "hunter2",
        "url": "https://cloud.example",
        "verify": True,
    }
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a saved account, and an environment with a token."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IONQ_API_KEY", "abcd-7")
    monkeypatch.setenv("MY_TOKEN", "xy")
    monkeypatch.setenv("EMPTY_TOKEN", "")
    (tmp_path / ".qiskit").mkdir()
    (tmp_path / ".qiskit" / "qiskit-ibm.json").write_text(json.dumps(ACCOUNT), encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("kind", [ArgumentError, DeviceError, FidelityError, FileError])
def test_no_error_of_ours_holds_a_known_credential(kind: type[Exception]) -> None:
    error = kind("refused hunter2 at crn:v1:short, abcd-7 and xy; proxy and xylophone stay")
    assert str(error) == "refused *** at ***, *** and ***; proxy and xylophone stay"
    assert "hunter2" not in repr(error)


@pytest.mark.usefixtures("home")
def test_texts_of_others_are_masked_by_value_and_by_pattern() -> None:
    said = scrubbed(RuntimeError("login hunter2 failed: api_key='zzz9', Bearer q1w2, ok"))
    assert said == "RuntimeError: login *** failed: api_key='***', Bearer ***, ok"
    assert _secrets.masked("id " + "a1B2" * 10) == "id ***"
    assert _secrets.masked("channel ibm_quantum_platform") == "channel ibm_quantum_platform"


def test_a_changed_or_broken_account_file_is_read_again(home: Path) -> None:
    assert "hunter2" in _secrets.known_secrets()
    path = home / ".qiskit" / "qiskit-ibm.json"
    path.write_text("{broken", encoding="utf-8")

    os.utime(path, (1, 1))
    assert "hunter2" not in _secrets.known_secrets()
    path.unlink()
    assert "abcd-7" in _secrets.known_secrets()


def test_errors_still_are_what_they_were() -> None:
    assert str(FileError("File `a` cannot be read.")) == "File `a` cannot be read."
    assert isinstance(FileError("x"), OSError)
    assert FidelityError("x", best=3).best == 3
    assert isinstance(MissingExtraError("x"), ImportError)


@pytest.mark.parametrize("flag", [(), ("--debug",)])
def test_the_command_line_masks_tracebacks_too(home: Path, flag: tuple[str, ...]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "qtn", *flag, "verify", "hunter2.qasm", "other.qtn"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "***.qasm" in ran.stderr
    assert "hunter2" not in ran.stdout + ran.stderr


@pytest.mark.usefixtures("home")
def test_pages_hold_no_known_credential() -> None:
    from qtn._html import display, render

    class Device:
        def __str__(self) -> str:
            return "Device(token='hunter2')"

    assert "***" in render("{{ device }}", device=Device())
    assert "hunter2" not in render("{{ device }}", device=Device())
    assert "hunter2" not in display("x", [("x", "hunter2")])
