"""`qtn about` and `qtn doctor`."""

from __future__ import annotations

import subprocess
import sys

import pytest

import qtn
from qtn.diagnosis import Diagnosis, Finding, Severity
from qtn.warming import WarmedDoor, WarmUp


def test_about_names_packages_and_memory(call) -> None:
    record = call("about", "--json").record
    assert record == {**qtn.about().to_dict()}
    assert record["packages"]["qiskit"]
    assert record["cores"] >= 1
    assert record["aer_clash"] is False
    assert "cores" in call("about").out


@pytest.mark.parametrize(
    ("severity", "code"), [(None, 0), ("NOTE", 0), ("WARNING", 5), ("FAULT", 6)]
)
def test_the_doctor_leaves_by_severity(call, monkeypatch, severity: str | None, code: int) -> None:
    findings = () if severity is None else (Finding(Severity[severity], "Mice.", "A cat."),)
    monkeypatch.setattr(qtn, "doctor", lambda: Diagnosis(findings, 3))
    outcome = call("doctor", "--json")
    assert outcome.code == code
    assert outcome.record["ok"] is (code == 0)
    assert ("Mice. → A cat." in call("doctor").out) is (severity is not None)


def test_what_was_compiled_is_told(call, monkeypatch) -> None:
    door = WarmedDoor("evolve", ("sweep",), 1.5, 2.0)
    monkeypatch.setattr(qtn, "warm_up", lambda **_: WarmUp((door,), "/kernels"))
    record = call("warm-up", "--json").record
    assert (record["compiled"], record["seconds"], record["folder"]) == (1, 1.5, "/kernels")
    assert "evolve" in call("warm-up").out


@pytest.mark.parametrize("command", ["about", "doctor"])
def test_no_heavy_package_is_loaded(command: str) -> None:
    code = (
        f"import sys; from qtn.cli import main\ntry: main([{command!r}])\nexcept SystemExit: pass\n"
        "heavy = ('torch', 'qiskit', 'quimb', 'numba', 'matplotlib')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")
