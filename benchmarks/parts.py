"""Tables measured in parts: the rows of every job are kept, so that jobs can run one at a time."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import report

Jobs = Mapping[str, Callable[[report.Table], None]]


def run(table: report.Table, jobs: Jobs, chosen: list[str], store: Path) -> None:
    """Run the chosen jobs and fill the table with their rows and the stored rows of the others.

    A job that fails gives a missed row instead of ending the table.
    """
    for name in chosen:
        before = len(table.rows)
        try:
            jobs[name](table)
        except Exception as error:
            text = f"{type(error).__name__}: {error}"[:160]
            table.add(report.Row(name, "failed", "-", "-", "", False, text))
        _keep(store, name, table.rows[before:])
    stored = _stored(store)
    table.rows.clear()
    table.rows.extend(
        report.Row(**row) for name in jobs for row in stored.get(name, {}).get("rows", [])
    )
    if missing := [name for name in jobs if name not in stored]:
        table.note(f"Never run: {', '.join(missing)}.")
    stamps = [stored[name]["stamp"] for name in jobs if name in stored and name not in chosen]
    if stamps:
        table.note(f"Measured in parts, the earliest at {min(stamps)}.")


def _stored(store: Path) -> dict[str, dict]:
    found: dict[str, dict] = {}
    if store.exists():
        found = json.loads(store.read_text(encoding="utf-8"))
    return found


def _keep(store: Path, name: str, rows: list[report.Row]) -> None:
    # Read again: several parts may run at the same time.
    stored = _stored(store)
    stamp = ", ".join(report.provenance(()).split(", ")[:2])
    stored[name] = {"stamp": stamp, "rows": [dataclasses.asdict(row) for row in rows]}
    store.parent.mkdir(parents=True, exist_ok=True)
    store.write_text(json.dumps(stored, indent=1), encoding="utf-8")
