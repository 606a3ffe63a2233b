"""Looking after recorded runs: list, show, resume, cancel, export."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtn._checks import file_path
from qtn._display import Display, Displayed, Table
from qtn._io import write_atomic
from qtn._optional import data_frame
from qtn.devices.budget import Budget, check_budget
from qtn.devices.engines.base import RemoteEngine, Values
from qtn.devices.lookup import Device, resolve
from qtn.devices.record.completion import complete_run, opened, same_device
from qtn.devices.record.encoding import unpack_raw
from qtn.devices.record.entries import Job, Run
from qtn.devices.record.ledger import Ledger
from qtn.devices.record.submission import Repeats, Submission
from qtn.devices.result import RunResult
from qtn.errors import ArgumentError, DeviceError, FileError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["JobTable", "cancel", "export", "jobs", "resume", "show"]

COLUMNS = ("run", "created", "device", "circuits", "shots", "jobs", "state")
FINAL = ("done", "cancelled", "failed", "damaged")
Where = Ledger | str | os.PathLike[str] | None


@dataclass(frozen=True, slots=True, repr=False)
class JobTable(Displayed):
    """The runs in a ledger; read anew whenever it is printed or displayed."""

    ledger: Ledger

    def rows(self) -> list[dict[str, str]]:
        """Return one row per run, newest first."""
        return [_row(self.ledger, run_id) for run_id in self.ledger.ids()]

    def watch(self, seconds: float = 2.0, limit: float | None = None) -> None:
        """Show the table in a notebook and refresh it until nothing is open any more.

        Args:
            seconds: between two looks.
            limit: stop after this many seconds; None goes on (interrupt the kernel to stop).
        """
        from IPython.display import display

        handle = display(self, display_id=True)
        started = time.monotonic()
        while any(row["state"] not in FINAL for row in self.rows()):
            if limit is not None and time.monotonic() - started > limit:
                return
            time.sleep(seconds)
            if handle is not None:
                handle.update(self)

    def __len__(self) -> int:
        return len(self.ledger.ids())

    def to_frame(self) -> pd.DataFrame:
        """Return the runs as a pandas data frame, newest first.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return data_frame(self.rows())

    def _brief(self) -> str:
        return f"{len(self)} runs in {str(self.ledger.folder)!r}"

    def _display(self) -> Display:
        rows = [[row[c] for c in COLUMNS] for row in self.rows()]
        notes = [] if rows else ["No runs."]
        return Display("Runs", tables=[Table(COLUMNS, rows)], notes=notes)


def jobs(ledger: Where = None) -> JobTable:
    """Return the table of recorded runs; in a notebook it shows the present state each time.

    Args:
        ledger: a folder or a `Ledger`; None is the user's own.

    Returns:
        `JobTable`: `.rows()` as dictionaries, `.watch()` to refresh it in a notebook.

    Raises:
        FileError: the folder holds no readable ledger.

    Example:
        >>> import tempfile
        >>> len(jobs(tempfile.mkdtemp()))
        0
    """
    return JobTable(_opened(ledger))


def show(run_id: str, ledger: Where = None) -> dict[str, Any]:
    """Return everything known about a run: its terms, its plan, its jobs and their history.

    Args:
        run_id: the run, or the beginning of its id.
        ledger: a folder or a `Ledger`; None is the user's own.

    Returns:
        A dictionary that can be written as JSON: the fields of `Run`, the list `jobs` (fields of
        `Job`), and the list `events` (time, job, state, process).

    Raises:
        ArgumentError: unknown run.
        FileError: the folder holds no readable ledger.
    """
    store = _opened(ledger)
    run = store.run(run_id)
    return {
        **asdict(run),
        "jobs": [asdict(job) for job in store.jobs(run.id)],
        "events": [
            {"time": t, "job": number, "state": state, "process": process}
            for t, number, state, process in store.events(run.id)
        ],
    }


def resume(
    run_id: str,
    device: Any = None,
    *,
    ledger: Where = None,
    budget: Budget | None = None,
    resubmit: bool = False,
    progress: bool | None = None,
) -> RunResult:
    """Bring a recorded run to its end: settle, submit what never was, wait, return the result.

    Args:
        run_id: the run, or the beginning of its id.
        device: the device object; None opens it by the name in the ledger.
        ledger: a folder or a `Ledger`; None is the user's own.
        budget: the most that the run may take in all, what was submitted before and repetitions
            included; None keeps the budget that it was recorded with.
        resubmit: submit again what failed, was cancelled or cannot be told to have been accepted.
        progress: show a bar.

    Returns:
        `RunResult`, the same that `qtn.run` would have returned.

    Raises:
        ArgumentError: unknown run, another device than its own, or one that only its owner can
            open.
        BudgetError: what is left to submit is not covered by the budget.
        DeviceError: as in `qtn.run`.
        FileError: the ledger is damaged or cannot be written.
    """
    check_budget(budget)
    store = _opened(ledger)
    run = store.run(run_id)
    where = _device(run, store, device)
    again = Repeats(failed=resubmit)
    return complete_run(store, run, where, budget=budget, progress=progress, again=again)


def cancel(run_id: str, device: Any = None, *, ledger: Where = None) -> list[Job]:
    """Cancel what is open of a run: at the provider first, then in the ledger.

    Finished and failed jobs stay as they are; a job that has finished at the provider is fetched.
    A job is marked as cancelled only when it never left this machine or when the provider says
    that it is; any other stays as it is, with the reason, and the same call of `qtn.run` takes it
    up again instead of submitting it a second time.

    Args:
        run_id: the run, or the beginning of its id.
        device: the device object; None opens it by the name in the ledger.
        ledger: a folder or a `Ledger`; None is the user's own.

    Returns:
        All jobs of the run as they are now; `.error` says why one was not cancelled.

    Raises:
        ArgumentError: unknown run, another device than its own, or one that only its owner can
            open.
        DeviceError: another process works on the run.
        FileError: the ledger is damaged or cannot be written.
    """
    store = _opened(ledger)
    run = store.run(run_id)
    with store.lock(run.id, wait=5.0):
        there = [j for j in store.jobs(run.id) if j.state in ("submitted", "submitting")]
        if there:
            where = _device(run, store, device)
            engine = same_device(run, where)
            if not isinstance(engine, RemoteEngine):
                raise DeviceError(
                    f"Run {run.id} was submitted to {run.device}, which is a simulator now. "
                    "Nothing was cancelled; give the device as it was."
                )
            work = opened(store, run)
            submission = Submission(store, run, Device.of(where), engine, work.pubs, work.batches)
            for job in there:
                submission.cancelled(job)
        for job in store.jobs(run.id):
            if job.state == "prepared":
                store.move(job, "cancelled")
    return store.jobs(run.id)


def export(run_id: str, path: str | os.PathLike[str], *, ledger: Where = None) -> Path:
    """Write a run as one JSON file: its terms, jobs, history and all counts measured so far.

    Args:
        run_id: the run, or the beginning of its id.
        path: the file to write; an old one is replaced.
        ledger: a folder or a `Ledger`; None is the user's own.

    Returns:
        The path written.

    Raises:
        ArgumentError: unknown run.
        FileError: the file cannot be written.
    """
    store = _opened(ledger)
    found = show(run_id, store)
    for job in found["jobs"]:
        if job["result"]:
            raw, how = unpack_raw(store.blob(job["result"]))
            job["engine"] = how
            job["values"] = [
                {"value": r.value.tolist(), "stderr": r.stderr.tolist()}
                for r in raw
                if isinstance(r, Values)
            ]
            job["counts"] = [
                [dict(r.get_counts(k)) for k in range(r.shape[0])] if r.shape else r.get_counts()
                for r in raw
                if not isinstance(r, Values)
            ]
    return write_atomic(path, json.dumps(found, indent=1).encode())


def _opened(ledger: Where) -> Ledger:
    return (
        ledger
        if isinstance(ledger, Ledger)
        else Ledger(None if ledger is None else file_path("ledger", ledger, way_out="Or a Ledger."))
    )


def _device(run: Run, store: Ledger, device: Any) -> Any:
    if device is not None:
        return device
    if all(job.state == "done" for job in store.jobs(run.id)):
        return Device()  # only reading: no device is asked
    try:
        resolve(run.device)
    except ArgumentError:
        raise ArgumentError(
            f"Run {run.id} belongs to {run.device!r}, which cannot be opened by its name. Resume "
            "it from Python: qtn.devices.resume(run, device=...), or make the same qtn.run again."
        ) from None
    return run.device


def _row(store: Ledger, run_id: str) -> dict[str, str]:
    try:
        run, jobs = store.run(run_id), store.jobs(run_id)
    except FileError:  # `show` says what is wrong with it; the others are not affected
        return dict.fromkeys(COLUMNS, "?") | {"run": run_id, "state": "damaged"}
    states = [job.state for job in jobs]
    done = states.count("done")
    if done == len(states):
        state = "done"
    elif "failed" in states:
        state = "failed"
    elif set(states) <= {"cancelled", "done"}:
        state = "cancelled"
    else:
        state = next(s for s in ("submitting", "submitted", "prepared") if s in states)
    return {
        "run": run.id,
        "created": time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created)),
        "device": run.device,
        "circuits": str(run.plan["circuits"]),
        "shots": str(run.shots),
        "jobs": f"{done}/{len(states)}",
        "state": state,
    }
