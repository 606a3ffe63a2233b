"""Looking after recorded runs, from Python and from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from devices.faulty import FaultyQueue
from qiskit import QuantumCircuit
from typer.testing import CliRunner

import qtn
from qtn.cli.commands.jobs import app
from qtn.devices import Device, LocalQueue, cancel, export, jobs, resume, run, show


def ones() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.x([0, 1])
    return circuit


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def stuck(tmp_path: Path, book: Path) -> str:
    """A run that was submitted and never read."""
    queue = FaultyQueue(tmp_path / "queue", "silent")
    with pytest.raises(qtn.DeviceError):
        run(ones(), device=Device(queue, reads=1), shots=30, ledger=book)
    return jobs(book).rows()[0]["run"]


def test_table(book: Path, stuck: str) -> None:
    table = jobs(book)
    assert len(table) == 1
    assert table.rows()[0]["state"] == "submitted"
    assert table.rows()[0]["jobs"] == "0/1"
    assert stuck in str(table)
    assert repr(table) == f"JobTable(1 runs in {str(book)!r})"
    assert f">{stuck}</" in table._repr_html_()
    resume(stuck, ledger=book)
    assert table.rows()[0]["state"] == "done"  # the same object shows the new state


def test_table_refreshes_in_a_notebook(book: Path, stuck: str, capsys: object) -> None:
    table = jobs(book)
    table.watch(seconds=0.01, limit=0.05)
    assert table.rows()[0]["state"] == "submitted"
    resume(stuck, ledger=book)
    table.watch(seconds=60)  # returns at once: nothing is open


def test_resume_by_the_name_in_the_ledger(book: Path, stuck: str) -> None:
    result = resume(stuck[:5], ledger=book)
    assert result.counts() == {"11": 30}
    assert result.device.startswith("queue:")


def test_resume_of_what_has_no_name(tmp_path: Path, book: Path) -> None:
    from qiskit_aer import AerSimulator

    run(ones(), device=AerSimulator(), shots=10, ledger=book)
    done = jobs(book).rows()[0]["run"]
    assert resume(done, ledger=book).counts() == {"11": 10}
    from qtn.devices.record.ledger import Ledger

    ledger = Ledger(book)
    ledger._db.execute("UPDATE jobs SET state='prepared', result=NULL")
    with pytest.raises(qtn.ArgumentError, match=r"cannot be opened by its name"):
        resume(done, ledger=ledger)
    assert resume(done, AerSimulator(), ledger=ledger).counts() == {"11": 10}


def test_show_and_export(book: Path, stuck: str, tmp_path: Path) -> None:
    resume(stuck, ledger=book)
    assert show(stuck, book)["jobs"][0]["state"] == "done"
    path = export(stuck, tmp_path / "run.json", ledger=book)
    stored = json.loads(path.read_text())
    assert stored["jobs"][0]["counts"] == [{"11": 30}]
    assert [e["state"] for e in stored["events"]][-1] == "done"
    with pytest.raises(qtn.FileError):
        export(stuck, tmp_path / "none" / "run.json", ledger=book)


def test_cancel(tmp_path: Path, book: Path, stuck: str) -> None:
    assert [job.state for job in cancel(stuck, ledger=book)] == ["cancelled"]
    assert [j.status().name for j in LocalQueue(tmp_path / "queue").jobs()] == ["CANCELLED"]
    assert jobs(book).rows()[0]["state"] == "cancelled"
    with pytest.raises(qtn.DeviceError, match=r"was cancelled. Give another `seed`"):
        resume(stuck, LocalQueue(tmp_path / "queue"), ledger=book)


def test_cancel_that_fails_at_the_provider(tmp_path: Path, book: Path, stuck: str) -> None:
    found = cancel(stuck, FaultyQueue(tmp_path / "queue", "forget"), ledger=book)
    assert found[0].state == "submitted"
    assert "not cancelled: KeyError" in str(found[0].error)


def test_command_line(book: Path, stuck: str, tmp_path: Path) -> None:
    def call(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, "--ledger", str(book)], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    assert "submitted" in call("list")
    assert json.loads(call("list", "--json"))["runs"][0]["run"] == stuck
    assert '{"11": 30}' in call("resume", stuck)
    assert json.loads(call("show", stuck))["jobs"][0]["state"] == "done"
    assert "job 0: done" in call("cancel", stuck)
    assert call("export", stuck, str(tmp_path / "out.json")).strip().endswith("out.json")


def test_budget_at_the_command_line(tmp_path: Path, book: Path) -> None:
    from qtn.cli import app as all_commands

    queue = FaultyQueue(tmp_path / "queue", "refuse")
    with pytest.raises(qtn.DeviceError, match=r"Nothing was accepted"):
        run(ones(), device=Device(queue, reads=1), shots=30, ledger=book)
    words = ["resume", jobs(book).rows()[0]["run"], "--ledger", str(book)]
    refused = CliRunner().invoke(app, [*words, "--budget", "shots=29"])
    assert isinstance(refused.exception, qtn.BudgetError)
    done = CliRunner().invoke(app, [*words, "--budget", "shots=30"], catch_exceptions=False)
    assert '{"11": 30}' in done.stdout
    circuit = tmp_path / "ones.qasm"
    circuit.write_text('OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; x q[0];')
    for limit in ("shots=9", "seconds=0.5", "money=0"):
        words = ["run", str(circuit), "--device", f"queue:{tmp_path / 'queue'}", "--shots", "10"]
        done = CliRunner().invoke(all_commands, [*words, "--budget", limit])
        if limit == "money=0":  # it is free
            assert done.exit_code == 0
        else:
            assert isinstance(done.exception, qtn.BudgetError)
