"""What the ledger holds: runs and their jobs, refused when they cannot be what was written."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtn.errors import FileError

__all__ = ["STATES", "Job", "Run", "damaged", "read_job", "read_run"]

STATES = ("prepared", "submitting", "submitted", "done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Run:
    """One request to `qtn.run`: what was asked, and where."""

    id: str
    intent: str
    created: float
    device: str
    shots: int
    seed: int
    batch: int
    work: str
    plan: dict[str, Any]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Job:
    """One submission of a run.

    Args:
        number: position in the run.
        tag: unique word sent along with the submission, by which it is found again.
        state: one of `STATES`.
        job_id: the provider's id, once known.
        result: sha256 of the raw result, once stored.
        error: why it failed.
        calibration: hash of the device's error rates at submission.
        seconds: from submission to result.
        changed: time of the last change of state (Unix seconds).
        usage: device seconds that the provider has accounted for, where it tells them.
    """

    run: str
    number: int
    tag: str
    state: str
    job_id: str | None
    result: str | None
    error: str | None
    calibration: str | None
    seconds: float | None
    changed: float
    usage: float | None = None


def read_run(row: Sequence[Any], folder: Path) -> Run:
    """Read a row of the table of runs.

    Raises:
        FileError: it holds what no writer of ours can have written.
    """
    try:
        plan, versions = json.loads(row[8]), json.loads(row[9])
    except (TypeError, ValueError) as error:
        raise damaged(row[0], folder, f"its plan is not readable ({error})") from error
    run = Run(*(*row[:8], plan, versions))
    texts = (run.id, run.intent, run.device, run.work)
    wrong = [
        what
        for what, good in (
            ("a text", all(isinstance(x, str) for x in texts)),
            ("its id", isinstance(run.id, str) and re.fullmatch(r"[\w-]{1,64}", run.id)),
            ("its time", isinstance(run.created, int | float)),
            ("its shots", isinstance(run.shots, int) and run.shots >= 1),
            ("its seed", isinstance(run.seed, int)),
            ("its batch", isinstance(run.batch, int) and run.batch >= 1),
            ("its plan", isinstance(plan, dict) and isinstance(plan.get("circuits"), int)),
            ("its versions", isinstance(versions, dict)),
        )
        if not good
    ]
    if wrong:
        raise damaged(run.id, folder, f"{wrong[0]} cannot be what was written")
    return run


def read_job(row: Sequence[Any], folder: Path) -> Job:
    """Read a row of the table of jobs.

    Raises:
        FileError: its state is unknown, or does not fit its result.
    """
    job = Job(*row)
    if job.state not in STATES or (job.state == "done") != (job.result is not None):
        raise damaged(job.run, folder, f"job {job.number} is {job.state!r} without its result")
    return job


def damaged(run_id: Any, folder: Path, why: str) -> FileError:
    """Build the error of a damaged run."""
    return FileError(
        f"What the ledger {folder} says of run {str(run_id)[:64]!r} is damaged: {why}. It is not "
        "used; other runs are not affected. Restore the folder from a backup, or give another "
        "`seed` to make a new request."
    )
