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
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import platformdirs

from qtn._checks import file_path, text
from qtn._display import Display, Displayed
from qtn.devices.record.entries import STATES, Job, Run, damaged, read_job, read_run
from qtn.errors import ArgumentError, DeviceError, FileError

__all__ = ["STATES", "Job", "Ledger", "LedgerLike", "Run", "checked_ledger", "default_folder"]

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


def default_folder() -> Path:
    """Return the folder of the user's ledger: `$QTN_LEDGER`, else where the system keeps data.

    On Linux that is `~/.local/share/qtn/ledger`, or what `$XDG_DATA_HOME` says.
    """
    named = os.environ.get("QTN_LEDGER")
    return Path(named) if named else platformdirs.user_data_path("qtn", appauthor=False) / "ledger"


class Ledger(Displayed):
    """Runs, jobs and raw results in one folder; safe for several threads and processes.

    Threads share one connection and take turns; a forked child opens its own.

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
        self._gate = threading.RLock()
        self._left: list[sqlite3.Connection] = []  # a parent's, never touched by its child
        self._open()

    def _brief(self) -> str:
        return repr(str(self.folder))

    def _display(self) -> Display:
        return Display("Ledger of runs", [("folder", str(self.folder))])

    def _open(self) -> None:
        self._process = os.getpid()
        with self._explained("opened"):
            path, options = self.folder / "ledger.sqlite", {"check_same_thread": False}
            self._connection = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, **options)
            self._patiently(self._refuse_foreign)
            self._patiently(lambda: self._connection.execute("PRAGMA journal_mode=WAL"))
            self._db.execute("PRAGMA synchronous=FULL")  # a commit survives a power cut
            if self._version() < VERSION:
                with self._transaction():
                    if self._version() == 1:  # asked again: another process may have been faster
                        self._db.execute("ALTER TABLE jobs ADD COLUMN usage REAL")
                    for statement in SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version={VERSION}")

    def _patiently(self, action: Callable[[], object]) -> object:
        """Do what SQLite refuses at once, whatever its timeout, while others change the journal."""
        last = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return action()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > last:
                    raise
                self._connection.rollback()
                time.sleep(0.01)

    @property
    def _db(self) -> sqlite3.Connection:
        if self._process != os.getpid():  # SQLite's connections do not survive a fork
            self._left.append(self._connection)
            self._gate = threading.RLock()  # the parent's may be held by a thread that is not here
            self._open()
        return self._connection

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _refuse_foreign(self) -> None:
        """Refuse a database of a newer version, or of another program, before it is changed."""
        self._connection.execute("BEGIN")  # both are of one moment, whoever makes the tables now
        version = self._version()
        tables = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master")}
        self._connection.execute("COMMIT")
        if version > VERSION:
            raise FileError(
                f"The ledger {self.folder} was written by a newer qtn (version {version} of its "
                f"tables, this one knows {VERSION}). Update qtn, or give another folder with "
                "ledger=...; nothing was changed."
            )
        if (version == 0 and tables) or (version > 0 and not {"runs", "jobs", "blobs"} <= tables):
            raise FileError(
                f"The file {self.folder / 'ledger.sqlite'} is a database of something else. Give "
                "another folder with ledger=...; nothing was changed."
            )

    def close(self) -> None:
        """Close the database; everything committed is on disk."""
        with self._gate:
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
                (sha, max(seconds, 0.0), time.time(), job.run, job.number),
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
        """Return all runs, newest first.

        Raises:
            FileError: what the ledger says of one of them is damaged.
        """
        rows = self._read("SELECT * FROM runs ORDER BY rowid DESC")
        return [read_run(row, self.folder) for row in rows]

    def ids(self) -> list[str]:
        """Return the ids of all runs in the order in which they were written, newest first."""
        rows = self._read("SELECT id FROM runs ORDER BY rowid DESC")
        return [str(row[0]) for row in rows]

    def run(self, run_id: str) -> Run:
        """Return a run by its id, or by the unambiguous beginning of one."""
        known = self.ids()
        found = [name for name in known if name.startswith(text("run_id", run_id))]
        exact = [name for name in found if name == run_id]
        if len(exact or found) != 1:
            listed = ", ".join((found or known)[:5]) or "none"
            what = "is ambiguous" if found else "is not in the ledger"
            raise ArgumentError(f"Run {run_id!r} {what} {self.folder}. Runs there: {listed}.")
        (row,) = self._read("SELECT * FROM runs WHERE id=?", (exact or found)[0])
        return read_run(row, self.folder)

    def by_intent(self, intent: str) -> Run | None:
        """Return the newest run with this intent that was not cancelled."""
        for (run_id,) in self._read(
            "SELECT id FROM runs WHERE intent=? ORDER BY rowid DESC", intent
        ):
            if any(j.state != "cancelled" for j in self.jobs(run_id)):
                return self.run(run_id)
        return None

    def count(self, intent: str) -> int:
        """Return how many runs had this intent."""
        return len(self._read("SELECT id FROM runs WHERE intent=?", intent))

    def jobs(self, run_id: str) -> list[Job]:
        """Return the jobs of a run in order.

        Raises:
            FileError: the ledger lacks one of them, or says of one what cannot be.
        """
        rows = self._read("SELECT * FROM jobs WHERE run=? ORDER BY number", run_id)
        found = [read_job(row, self.folder) for row in rows]
        if [job.number for job in found] != list(range(len(found))) or not found:
            raise damaged(run_id, self.folder, "its jobs are not complete")
        return found

    def job(self, run_id: str, number: int) -> Job:
        """Return one job of a run."""
        rows = self._read("SELECT * FROM jobs WHERE run=? AND number=?", run_id, number)
        if not rows:
            raise damaged(run_id, self.folder, f"its job {number} is missing")
        return read_job(rows[0], self.folder)

    def namesakes(self, job: Job, device: str) -> list[Job]:
        """Return the other jobs on `device` to which the provider gave the same id."""
        rows = self._read(
            "SELECT jobs.* FROM jobs JOIN runs ON jobs.run = runs.id WHERE jobs.job_id=? "
            "AND runs.device=? AND NOT (jobs.run=? AND jobs.number=?)",
            *(job.job_id, device, job.run, job.number),
        )
        return [read_job(row, self.folder) for row in rows]

    def blob(self, sha256: str) -> bytes:
        """Return stored bytes after checking that they still have their hash.

        Raises:
            FileError: the bytes are missing or were changed.
        """
        rows = self._read("SELECT data FROM blobs WHERE sha256=?", sha256)
        row = rows[0] if rows else None
        if row is None or hashlib.sha256(row[0]).hexdigest() != sha256:
            raise FileError(
                f"Entry {sha256[:12]} of the ledger {self.folder} is "
                f"{'missing' if row is None else 'damaged'} and is not used. Restore the folder "
                "from a backup, or fetch the result again by its job id (`qtn jobs show`)."
            )
        return bytes(row[0])

    def events(self, run_id: str) -> list[tuple[float, int, str, int]]:
        """Return the history of a run: (time, job number, state, process id)."""
        return self._read(
            "SELECT time, number, state, process FROM events WHERE run=? ORDER BY rowid", run_id
        )

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
                except sqlite3.Error as error:
                    if "locked" not in str(error):
                        raise FileError(
                            f"The lock of run {run_id} in {self.folder / 'locks'} cannot be taken "
                            f"({error}). Make the folder writable, or remove a damaged lock file."
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
        db = self._db
        with self._gate:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def _read(self, query: str, *values: Any) -> list[Any]:
        """Return all rows; a thread does not read what another has not committed yet."""
        db = self._db
        with self._explained("read"), self._gate:
            return db.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
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


LedgerLike = Ledger | str | os.PathLike[str] | bool | None


def checked_ledger(ledger: LedgerLike) -> Ledger | Path | Literal[False] | None:
    """Return a ledger, its folder, None or False; nothing is opened."""
    if ledger is None or ledger is False or isinstance(ledger, Ledger):
        return ledger
    way_out = "Or a Ledger; False records nothing, None takes the user's own ledger."
    return file_path("ledger", ledger, way_out=way_out)
