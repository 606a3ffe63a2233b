"""Damaged entries of the ledger: named, and no harm to the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices.record.test_ledger import new_run

import qtn
from qtn.devices import Ledger


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE runs SET batch=0 WHERE id='bad'", "its batch"),
        ("UPDATE runs SET batch='many' WHERE id='bad'", "its batch"),
        ("UPDATE runs SET shots=-5 WHERE id='bad'", "its shots"),
        ("UPDATE runs SET plan='{' WHERE id='bad'", "its plan is not readable"),
        ("UPDATE runs SET plan='[]' WHERE id='bad'", "its plan"),
        ("UPDATE runs SET plan='{}' WHERE id='bad'", "its plan"),
        ("UPDATE runs SET versions='3' WHERE id='bad'", "its versions"),
        ("DELETE FROM jobs WHERE run='bad' AND number=0", "its jobs are not complete"),
        ("DELETE FROM jobs WHERE run='bad'", "its jobs are not complete"),
        ("UPDATE jobs SET state='done' WHERE run='bad'", "job 0 is 'done' without its result"),
        ("UPDATE jobs SET state='paid' WHERE run='bad'", "job 0 is 'paid'"),
    ],
)
def test_damaged_run_is_named_and_hides_no_other(tmp_path: Path, change: str, why: str) -> None:
    ledger = Ledger(tmp_path)
    new_run(ledger, "bad")
    new_run(ledger, "good")
    ledger._db.execute(change)

    def look() -> None:
        ledger.run("bad")
        ledger.jobs("bad")

    with pytest.raises(qtn.FileError, match=rf"of run 'bad' is damaged: {why}.*backup"):
        look()
    assert ledger.by_intent("intent-good") == ledger.run("good")
    rows = {row["run"]: row["state"] for row in qtn.devices.jobs(ledger).rows()}
    assert rows == {"good": "prepared", "bad": "damaged"}


def test_missing_job_is_named(tmp_path: Path) -> None:
    with pytest.raises(qtn.FileError, match=r"its job 7 is missing"):
        Ledger(tmp_path).job("abc", 7)
