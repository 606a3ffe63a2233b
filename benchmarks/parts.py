"""The one way to run a table of benchmarks, whole or in parts; the same flags for all tables.

    python -m benchmarks.compile --list
    python -m benchmarks.compile --only tfim-50 heis-50
    make bench-compile ONLY=tfim-50 ARGS=--quick
    make bench-compile ARGS=--resume

A table is a set of named jobs. The rows of every job are kept in `benchmarks/.peers`, so that a
long table can be measured in parts, also by several processes, and resumed; its section of
RESULTS.md is written when rows of all its jobs are there. A job that fails gives a missed row, the
others go on.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from benchmarks import report

Job = Callable[[report.Table], None]
STORES = Path(__file__).parent / ".peers"
# One thread for every numerical library, as in the Makefile. XLA has no thread variable of its own.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


def main(
    table: report.Table,
    jobs: Mapping[str, Job],
    *,
    quick: Collection[str] = (),
    first: Callable[[], None] | None = None,
    arguments: Sequence[str] | None = None,
) -> None:
    """Run the jobs that the command line chooses.

    Args:
        table: the empty table.
        jobs: name -> job, which adds its rows to the table; it may look at `table.quick`.
        quick: the jobs of `--quick`; none named means all.
        first: done once before the first job, for instance to compile kernels.
        arguments: the command line, by default that of the process.
    """
    options = _options(table, arguments)
    on_one_thread()
    table.quick = options.quick
    chosen = _chosen(jobs, options, quick)
    store = STORES / f"{table.name}-rows.json"
    if options.resume:
        chosen = _unfinished(chosen, store)
    if options.list or not chosen:
        nothing = "Nothing is left to do." if options.resume else "No job of that name."
        print("\n".join(chosen or [f"{nothing} Those that there are:", *jobs]))
        sys.exit(0 if chosen or options.resume else 2)
    if first is not None:
        first()
    with table.open():
        run(table, jobs, chosen, store)


def _options(table: report.Table, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=table.title)
    parser.add_argument("--list", action="store_true", help="name the jobs chosen, run none")
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="TEXT", help="jobs whose name holds a TEXT"
    )
    parser.add_argument(
        "--leave-out", nargs="+", default=[], metavar="TEXT", help="jobs to leave out, likewise"
    )
    parser.add_argument(
        "--quick", action="store_true", help="the quick jobs, less often repeated; keeps no rows"
    )
    parser.add_argument(
        "--resume", action="store_true", help="leave out jobs with rows of this commit, none failed"
    )
    return parser.parse_args(arguments)


def _unfinished(chosen: list[str], store: Path) -> list[str]:
    """Return the jobs without rows under this commit, or with one that failed."""
    stored, commit = _stored(store), report.stamp().rpartition(" ")[2]

    def done(name: str) -> bool:
        kept = stored.get(name, {"stamp": "", "rows": []})
        failed = any(row["ours"] == "failed" for row in kept["rows"])
        return kept["stamp"].endswith(f" {commit}") and not failed

    return [name for name in chosen if not done(name)]


def _chosen(
    jobs: Mapping[str, Job], options: argparse.Namespace, quick: Collection[str]
) -> list[str]:
    named = options.only != [""]  # a job that is asked for by name need not be a quick one
    known = [n for n in jobs if named or not options.quick or not quick or n in quick]
    return [
        name
        for name in known
        if any(text in name for text in options.only)
        and not any(text in name for text in options.leave_out)
    ]


def on_one_thread() -> None:
    """Start this very command again with one thread per library, unless it has that already."""
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        environment = {**os.environ, **ONE_THREAD}
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def run(table: report.Table, jobs: Mapping[str, Job], chosen: list[str], store: Path) -> None:
    """Run the chosen jobs, keep their rows, and fill the table with the latest rows of all jobs."""
    for name in chosen:
        before = len(table.rows)
        try:
            jobs[name](table)
        except Exception as error:
            text = f"{type(error).__name__}: {error}"[:160]
            table.add(report.Row(name, "failed", "-", "-", "", False, text))
        if not table.quick:
            _keep(store, name, table.rows[before:])
    if table.quick:
        return
    stored = _stored(store)
    if missing := [name for name in jobs if name not in stored]:
        table.whole = False
        print(f"RESULTS.md is left as it is: {len(missing)} jobs were never run here.", flush=True)
        return
    table.rows[:] = [report.Row(**row) for name in jobs for row in stored[name]["rows"]]
    if earlier := [stored[name]["stamp"] for name in jobs if name not in chosen]:
        table.note(f"Measured in parts, the earliest at {min(earlier)}.")


def _stored(store: Path) -> dict[str, dict]:
    found: dict[str, dict] = {}
    if store.exists():
        found = json.loads(store.read_text(encoding="utf-8"))
    return found


def _keep(store: Path, name: str, rows: list[report.Row]) -> None:
    # Read again: several parts may run at the same time.
    stored = _stored(store)
    stored[name] = {"stamp": report.stamp(), "rows": [dataclasses.asdict(row) for row in rows]}
    store.parent.mkdir(parents=True, exist_ok=True)
    scratch = store.with_suffix(f".{os.getpid()}")
    scratch.write_text(json.dumps(stored, indent=1), encoding="utf-8")
    os.replace(scratch, store)
