"""The crash test behind the choice of the ledger: SQLite in write-ahead mode or appended lines.

Two writers work on one store, and are killed with signal 9 at random instants and started again.
A writer claims a job (only one may: compare and set) and then stores its result (state and bytes
belong together); it reports every acknowledged step through a pipe. Counted at the end, per kind of
store: acknowledged steps that are gone, jobs claimed by two writers, half-stored results, and
records that a reader has to skip.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import parts, report

KILLS = 40  # of each trial
COUNT = 400  # jobs of each trial
RESULT = b"r" * 20_000


class Lines:
    """Append-only JSON lines with a checksum each; results go first into a file of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "log.jsonl"
        self.skipped = 0

    def _append(self, entry: dict[str, object]) -> None:
        text = json.dumps(entry)
        line = f"{hashlib.sha256(text.encode()).hexdigest()[:16]} {text}\n".encode()
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, line)
        os.fsync(handle)
        os.close(handle)

    def entries(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        self.skipped = 0
        for line in self.path.read_bytes().splitlines() if self.path.exists() else ():
            check, _, text = line.partition(b" ")
            if hashlib.sha256(text).hexdigest()[:16].encode() == check:
                found.append(json.loads(text))
            else:
                self.skipped += 1
        return found

    def claim(self, job: int, owner: str) -> bool:
        if any(e["job"] == job for e in self.entries()):
            return False
        self._append({"job": job, "owner": owner, "state": "claimed"})
        return True

    def store(self, job: int, owner: str) -> None:
        path = self.folder / f"result-{job}"
        path.write_bytes(RESULT)
        self._append({"job": job, "owner": owner, "state": "done"})

    def claims(self) -> dict[int, list[str]]:
        owners: dict[int, list[str]] = {}
        for e in self.entries():
            if e["state"] == "claimed":
                owners.setdefault(int(str(e["job"])), []).append(str(e["owner"]))
        return owners

    def done(self) -> set[int]:
        return {int(str(e["job"])) for e in self.entries() if e["state"] == "done"}

    def half(self) -> int:
        """Results on disk that no record speaks of, or records whose result is incomplete."""
        files = {
            int(p.name.removeprefix("result-")): p.stat().st_size
            for p in self.folder.glob("result-*")
        }
        return len(set(files) ^ self.done()) + sum(
            files.get(job, 0) != len(RESULT) for job in self.done() & set(files)
        )


class Database:
    """SQLite in write-ahead mode, as `qtn.devices.record.ledger` uses it."""

    def __init__(self, folder: Path) -> None:
        self.skipped = 0
        self.db = sqlite3.connect(folder / "db.sqlite", timeout=30, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.execute("CREATE TABLE IF NOT EXISTS jobs (job PRIMARY KEY, owner, state, result)")

    def claim(self, job: int, owner: str) -> bool:
        sql = "INSERT OR IGNORE INTO jobs VALUES (?, ?, 'claimed', NULL)"
        return self.db.execute(sql, (job, owner)).rowcount == 1

    def store(self, job: int, owner: str) -> None:
        sql = "UPDATE jobs SET state='done', result=? WHERE job=? AND owner=?"
        self.db.execute(sql, (RESULT, job, owner))

    def claims(self) -> dict[int, list[str]]:
        return {job: [owner] for job, owner in self.db.execute("SELECT job, owner FROM jobs")}

    def done(self) -> set[int]:
        return {row[0] for row in self.db.execute("SELECT job FROM jobs WHERE state='done'")}

    def half(self) -> int:
        sql = "SELECT count(*) FROM jobs WHERE (state='done') != (length(result) IS ?)"
        return int(self.db.execute(sql, (len(RESULT),)).fetchone()[0])


def writer(make: Callable[[Path], Lines | Database], folder: Path, out: int) -> None:
    """Work through all jobs, reporting every acknowledged step on the pipe `out`."""
    owner = f"p{os.getpid()}"
    store = make(folder)
    for job in range(COUNT):
        if store.claim(job, owner):
            os.write(out, f"claim {job} {owner}\n".encode())
            store.store(job, owner)
            os.write(out, f"done {job} {owner}\n".encode())


def trial(make: Callable[[Path], Lines | Database], kills: int, seed: int) -> dict[str, int]:
    """Run two writers with `kills` kills between them and count what went wrong."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inlet, outlet = os.pipe()
        os.set_blocking(inlet, False)
        told = b""

        def start() -> int:
            child = os.fork()
            if child == 0:
                try:
                    writer(make, folder, outlet)
                finally:
                    os._exit(0)
            return child

        living = [start(), start()]
        left = kills
        while living:
            time.sleep(chance.uniform(0.0, 0.02))
            while chunk := _read(inlet):
                told += chunk
            if left:
                victim = living.pop(chance.randrange(len(living)))
                os.kill(victim, signal.SIGKILL)
                os.waitpid(victim, 0)
                left -= 1
                living.append(start())
            living = [p for p in living if os.waitpid(p, os.WNOHANG)[0] == 0]
        while chunk := _read(inlet):
            told += chunk
        os.close(inlet)
        os.close(outlet)
        store = make(folder)
        claims, done = store.claims(), store.done()
        steps = [line.split() for line in told.decode().splitlines()]
        lost = sum(
            (int(job) not in claims) if step == "claim" else (int(job) not in done)
            for step, job, _ in steps
        )
        twice = sum(len(set(owners)) > 1 for owners in claims.values())
        return {"lost": lost, "twice": twice, "half": store.half(), "skipped": store.skipped}


def _read(pipe: int) -> bytes:
    try:
        return os.read(pipe, 65536)
    except BlockingIOError:
        return b""


def kill_rows(table: report.Table) -> None:
    """Both kinds of store under the same kills."""
    trials = 1 if table.quick else 5
    kinds: dict[str, Callable[[Path], Lines | Database]] = {"lines": Lines, "SQLite": Database}
    totals = {
        kind: [trial(make, KILLS, seed) for seed in range(trials)] for kind, make in kinds.items()
    }
    label = f"{trials * KILLS} kills, two writers"
    for what, text in (
        ("lost", "acknowledged steps lost"),
        ("twice", "jobs claimed by two writers"),
        ("half", "results stored by half"),
        ("skipped", "torn records"),
    ):
        ours, theirs = (float(sum(t[what] for t in totals[k])) for k in ("SQLite", "lines"))
        table.at_most(f"{label}: {text}", ours, 0, peer=theirs, peer_name="lines")


if __name__ == "__main__":
    parts.main(report.Table("ledger", "Stores of jobs under kill -9"), {"kills": kill_rows})
