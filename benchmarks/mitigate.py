"""Mitigation: technique x problem -> error, overhead, coverage. `make bench-mitigate` runs it.

The parts take some forty CPU minutes together. `python -m benchmarks.mitigate PART ... --rows
FOLDER` keeps the rows of these parts in a folder; a full run with the same folder takes them from
there instead of running them again, so that parts may run side by side or be taken up after a stop.
"""

from __future__ import annotations

import argparse
import importlib
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks import report

PARTS = {
    "energy": "mitigate_energy:add_rows",
    "energy-again": "mitigate_energy:add_second",
    "quench": "mitigate_energy:add_quench",
    "peers": "mitigate_peers:add_rows",
    "coverage": "mitigate_coverage:add_coverage",
    "cancellation": "mitigate_coverage:add_cancellation",
    "learned": "mitigate_learned:add_rows",
    "transfer": "mitigate_learned:add_transfer",
    "tem": "mitigate_tem:add_rows",
    "neural": "mitigate_neural:add_rows",
    "split": "mitigate_split:add_rows",
    "traps": "mitigate_traps:add_rows",
}


def run_part(table: report.Table, name: str, folder: Path | None) -> None:
    """Run one part, or take its rows from the folder."""
    kept = None if folder is None else folder / f"{name}.json"
    if kept is not None and kept.exists():
        for row in json.loads(kept.read_text(encoding="utf-8")):
            table.add(report.Row(**row))
        return
    module, _, function = PARTS[name].partition(":")
    before = len(table.rows)
    getattr(importlib.import_module(f"benchmarks.{module}"), function)(table)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        rows = [asdict(row) for row in table.rows[before:]]
        kept.write_text(json.dumps(rows), encoding="utf-8")


def main() -> None:
    """Run all parts, or those named; only a full run writes the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--rows", type=Path, help="folder that keeps the rows of finished parts")
    chosen = parser.parse_args()
    report.pin_threads()
    name = "" if chosen.parts else "mitigate"
    with report.table(name, "Mitigation", (*report.PACKAGES, "qiskit-ibm-runtime")) as table:
        for part in chosen.parts or PARTS:
            run_part(table, part, chosen.rows)


if __name__ == "__main__":
    main()
