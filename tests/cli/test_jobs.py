"""`qtn jobs`: recorded runs from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from qiskit import QuantumCircuit
from typer.testing import CliRunner, Result

import qtn
from qtn.cli.jobs import app


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger with one finished run."""
    circuit = QuantumCircuit(1)
    circuit.x(0)
    qtn.run(circuit, device="FakeManilaV2", shots=20, ledger=tmp_path, progress=False)
    return tmp_path


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_a_run_is_listed_shown_and_read_again(ledger: Path) -> None:
    (row,) = json.loads(call("list", "--ledger", ledger, "--json").output)
    run = row["run"]
    assert run[:4] in call("list", "--ledger", ledger).output
    assert json.loads(call("show", run, "--ledger", ledger).output)["id"] == run
    counts = json.loads(call("resume", run, "--ledger", ledger).output.splitlines()[-1])
    assert sum(counts.values()) == 20
    assert "done" in call("cancel", run, "--ledger", ledger).output


def test_a_run_is_exported(ledger: Path, tmp_path: Path) -> None:
    (row,) = json.loads(call("list", "--ledger", ledger, "--json").output)
    path = tmp_path / "run.json"
    assert str(path) in call("export", row["run"], path, "--ledger", ledger).output
    assert json.loads(path.read_text())["id"] == row["run"]


def test_a_run_that_is_not_there(ledger: Path) -> None:
    with pytest.raises(qtn.QtnError, match="ffff"):
        call("show", "ffff", "--ledger", ledger)
