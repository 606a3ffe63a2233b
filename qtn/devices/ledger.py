"""The ledger: what was asked, what was submitted, and every raw result, in one SQLite database.

Why SQLite in write-ahead mode and not a file of appended lines: `benchmarks/ledger.py` kills two
writers of either kind again and again. Neither loses an acknowledged step, but only a transaction
lets exactly one of two processes claim a job (with lines, hundreds were claimed twice) and changes
the state of a job together with storing its result (with lines, some were stored by half). The
folder must be on a local disk: write-ahead mode needs memory that processes on one machine share.

Life of a job: prepared (nothing left this machine) -> submitting (the call is about to be made) ->
submitted (its id is known) -> done (raw result stored, never changed again); or failed, cancelled.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtn.errors import ArgumentError, DeviceError, FileError

__all__ = ["STATES", "Job", "Ledger", "Run", "default_folder"]

STATES = ("prepared", "submitting", "submitted", "done", "failed", "cancelled")
BUSY_SECONDS = 30.0
VERSION = 2  # of the tables; 1 had no column `usage`
SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, intent TEXT NOT NULL, created REAL NOT NULL, device TEXT NOT NULL,
    shots INTEGER NOT NULL, seed INTEGER NOT NULL, batch INTEGER NOT NULL, work TEXT NOT NULL,
    plan TEXT NOT NULL, versions TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS runs_by_intent ON runs (intent);
CREATE TABLE IF NOT EXISTS jobs (
    run TEXT NOT NULL REFERENCES runs (id), number INTEGER NOT NULL, tag TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL, job_id TEXT, result TEXT, error TEXT, calibration TEXT, seconds REAL,
    changed REAL NOT NULL, usage REAL, PRIMARY KEY (run, number));
CREATE TABLE IF NOT EXISTS blobs (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    time REAL NOT NULL, run TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
    process INTEGER NOT NULL);
"""


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

    Attributes:
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


def default_folder() -> Path:
    """Return the folder of the user's ledger: `$QTN_LEDGER`, else `~/.local/share/qtn/ledger`."""
    named = os.environ.get("QTN_LEDGER")
    if named:
        return Path(named)
    share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(share) / "qtn" / "ledger"


class Ledger:
    """Runs, jobs and raw results in one folder; safe for several processes on one machine.

    Args:
        folder: created if missing; None takes the user's own (`default_folder`).

    Raises:
        FileError: the folder cannot be written, or what is in it is no ledger or is damaged.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self.folder = Path(folder) if folder is not None else default_folder()
        try:
            (self.folder / "locks").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(
                f"The ledger folder {self.folder} cannot be written ({error.strerror}). Give "
                "another one with ledger=..., or set the environment variable QTN_LEDGER."
            ) from error
        self._open()

    def _open(self) -> None:
        with self._explained("opened"):
            self._db = sqlite3.connect(
                self.folder / "ledger.sqlite",
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")  # a commit survives a power cut
            if self._version() < VERSION:
                with self._transaction():
                    if self._version() == 1:  # asked again: another process may have been faster
                        self._db.execute("ALTER TABLE jobs ADD COLUMN usage REAL")
                    for statement in SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version={VERSION}")

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Close the database; everything committed is on disk."""
        self._db.close()

    # -- writing -----------------------------------------------------------------------------

    def create(self, run: Run, work: bytes, jobs: int) -> Run:
        """Write a run with all its jobs as `prepared`, in one transaction."""
        with self._explained("written"), self._transaction():
            self._put(work)
            row = (run.id, run.intent, run.created, run.device, run.shots, run.seed, run.batch)
            texts = (run.work, json.dumps(run.plan), json.dumps(run.versions))
            self._db.execute("INSERT INTO runs VALUES (?,?,?,?,?,?,?,?,?,?)", row + texts)
            for number in range(jobs):
                tag = f"qtn-{run.id}-{number}-{os.urandom(4).hex()}"
                self._db.execute(
                    "INSERT INTO jobs (run, number, tag, state, changed) VALUES (?,?,?,?,?)",
                    (run.id, number, tag, "prepared", time.time()),
                )
                self._event(run.id, number, "prepared")
        return run

    def move(self, job: Job, state: str, **columns: Any) -> Job:
        """Change a job's state, provided that it still is what `job` says.

        Raises:
            DeviceError: another process changed the job in between.
            FileError: the change cannot be written.
        """
        names = ["state", "changed", *columns]
        setting = ", ".join(f"{n}=?" for n in names)
        with self._explained("written"), self._transaction():
            done = self._db.execute(
                f"UPDATE jobs SET {setting} WHERE run=? AND number=? AND state=?",
                (state, time.time(), *columns.values(), job.run, job.number, job.state),
            )
            if done.rowcount != 1:
                raise DeviceError(
                    f"Job {job.number} of run {job.run} is no longer {job.state!r}: another "
                    "process changed it. Look at `qtn jobs show` and run again to resume."
                )
            self._event(job.run, job.number, state)
        return self.job(job.run, job.number)

    def finish(self, job: Job, raw: bytes, seconds: float) -> Job:
        """Store the first raw result of a job and mark it done, in one transaction.

        A result is never replaced: a job that already has one is returned as it is.
        """
        with self._explained("written"), self._transaction():
            sha = self._put(raw)
            done = self._db.execute(
                "UPDATE jobs SET state='done', result=?, error=NULL, seconds=?, changed=? "
                "WHERE run=? AND number=? AND result IS NULL",
                (sha, seconds, time.time(), job.run, job.number),
            )
            if done.rowcount:
                self._event(job.run, job.number, "done")
        return self.job(job.run, job.number)

    def account(self, job: Job, usage: float) -> Job:
        """Note the device seconds that the provider accounts for; the state stays as it is."""
        with self._explained("written"), self._transaction():
            self._db.execute(
                "UPDATE jobs SET usage=? WHERE run=? AND number=?", (usage, job.run, job.number)
            )
        return self.job(job.run, job.number)

    # -- reading -----------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        """Return all runs, newest first."""
        with self._explained("read"):
            rows = self._db.execute("SELECT * FROM runs ORDER BY created DESC").fetchall()
        return [_run(row) for row in rows]

    def run(self, run_id: str) -> Run:
        """Return a run by its id, or by the unambiguous beginning of one."""
        found = [r for r in self.runs() if r.id.startswith(run_id)]
        exact = [r for r in found if r.id == run_id]
        if len(exact or found) != 1:
            known = ", ".join(r.id for r in (found or self.runs())[:5]) or "none"
            what = "is ambiguous" if found else "is not in the ledger"
            raise ArgumentError(f"Run {run_id!r} {what} {self.folder}. Runs there: {known}.")
        return (exact or found)[0]

    def by_intent(self, intent: str) -> Run | None:
        """Return the newest run with this intent that was not cancelled."""
        for run in self.runs():
            if run.intent == intent and any(j.state != "cancelled" for j in self.jobs(run.id)):
                return run
        return None

    def jobs(self, run_id: str) -> list[Job]:
        """Return the jobs of a run in order."""
        with self._explained("read"):
            rows = self._db.execute(
                "SELECT * FROM jobs WHERE run=? ORDER BY number", (run_id,)
            ).fetchall()
        return [Job(*row) for row in rows]

    def job(self, run_id: str, number: int) -> Job:
        """Return one job of a run."""
        return self.jobs(run_id)[number]

    def blob(self, sha256: str) -> bytes:
        """Return stored bytes after checking that they still have their hash.

        Raises:
            FileError: the bytes are missing or were changed.
        """
        with self._explained("read"):
            row = self._db.execute("SELECT data FROM blobs WHERE sha256=?", (sha256,)).fetchone()
        if row is None or hashlib.sha256(row[0]).hexdigest() != sha256:
            raise FileError(
                f"Entry {sha256[:12]} of the ledger {self.folder} is "
                f"{'missing' if row is None else 'damaged'} and is not used. Restore the folder "
                "from a backup, or fetch the result again by its job id (`qtn jobs show`)."
            )
        return bytes(row[0])

    def events(self, run_id: str) -> list[tuple[float, int, str, int]]:
        """Return the history of a run: (time, job number, state, process id)."""
        with self._explained("read"):
            return self._db.execute(
                "SELECT time, number, state, process FROM events WHERE run=? ORDER BY rowid",
                (run_id,),
            ).fetchall()

    # -- locks and transactions --------------------------------------------------------------

    @contextlib.contextmanager
    def lock(self, run_id: str, wait: float | None = None) -> Iterator[None]:
        """Hold a run for this process; the operating system lets go when the process dies.

        Args:
            run_id: the run.
            wait: seconds to wait for another process that works on it; None waits on.

        Raises:
            DeviceError: another process still holds the run.
        """
        started = time.monotonic()
        with self._explained("locked"):
            holder = sqlite3.connect(
                self.folder / "locks" / f"{run_id}.sqlite", timeout=0.2, isolation_level=None
            )
        try:
            while True:
                try:
                    holder.execute("BEGIN EXCLUSIVE")
                    break
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error):
                        raise FileError(
                            f"The lock of run {run_id} cannot be taken ({error})."
                        ) from error
                if wait is not None and time.monotonic() - started > wait:
                    raise DeviceError(
                        f"Another process works on run {run_id}. Wait for it, or end it first."
                    )
            yield
        finally:
            holder.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise FileError(
                f"The ledger {self.folder} cannot be {action} ({error}). Free some space, make the "
                "folder writable, or give another one with ledger=...; what was committed is kept."
            ) from error

    def _put(self, data: bytes) -> str:
        sha = hashlib.sha256(data).hexdigest()
        self._db.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (sha, data))
        return sha

    def _event(self, run_id: str, number: int, state: str) -> None:
        self._db.execute(
            "INSERT INTO events VALUES (?,?,?,?,?)",
            (time.time(), run_id, number, state, os.getpid()),
        )


def _run(row: Sequence[Any]) -> Run:
    return Run(*(*row[:8], json.loads(row[8]), json.loads(row[9])))
