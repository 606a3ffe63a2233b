"""`qtn jobs`: recorded runs from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from qiskit import QuantumCircuit

import qtn


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger with one finished run."""
    circuit = QuantumCircuit(1)
    circuit.x(0)
    qtn.run(circuit, device="FakeManilaV2", shots=20, ledger=tmp_path, progress=False)
    return tmp_path


def test_a_run_is_listed_shown_and_read_again(call, ledger: Path) -> None:
    (row,) = call("jobs", "list", "--ledger", ledger, "--json").record["runs"]
    run = row["run"]
    assert run[:4] in call("jobs", "list", "--ledger", ledger).out
    for words in ((), ("--json",)):
        assert json.loads(call("jobs", "show", run, "--ledger", ledger, *words).out)["id"] == run
    counts = json.loads(call("jobs", "resume", run, "--ledger", ledger).out.splitlines()[-1])
    assert sum(counts.values()) == 20
    again = call("jobs", "resume", run, "--ledger", ledger, "--json").record
    assert again["counts"] == [counts]
    assert "done" in call("jobs", "cancel", run, "--ledger", ledger).out
    jobs = call("jobs", "cancel", run, "--ledger", ledger, "--json").record["jobs"]
    assert jobs[0]["state"] == "done"


def test_a_run_is_exported(call, ledger: Path, tmp_path: Path) -> None:
    (row,) = call("jobs", "list", "--ledger", ledger, "--json").record["runs"]
    path = tmp_path / "run.json"
    assert str(path) in call("jobs", "export", row["run"], path, "--ledger", ledger).out
    record = call("jobs", "export", row["run"], path, "--ledger", ledger, "--json").record
    assert record == {"run": row["run"], "file": str(path)}
    assert json.loads(path.read_text())["id"] == row["run"]


def test_a_run_that_is_not_there(call, ledger: Path) -> None:
    assert "ffff" in call("jobs", "show", "ffff", "--ledger", ledger).refusal()
