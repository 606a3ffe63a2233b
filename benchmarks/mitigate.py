"""Mitigation: technique x problem -> error, overhead, coverage. `make bench-mitigate` runs it."""

from __future__ import annotations

import importlib
import sys

import report

PARTS = {
    "energy": "mitigate_energy:add_rows",
    "quench": "mitigate_energy:add_quench",
    "coverage": "mitigate_coverage:add_coverage",
    "cancellation": "mitigate_coverage:add_cancellation",
    "learned": "mitigate_learned:add_rows",
    "tem": "mitigate_tem:add_rows",
    "neural": "mitigate_neural:add_rows",
    "traps": "mitigate_traps:add_rows",
}


def main(names: list[str]) -> None:
    """Run all parts, or those named."""
    report.pin_threads()
    with report.table("mitigate", "Mitigation", (*report.PACKAGES, "qiskit-ibm-runtime")) as table:
        for name in names or PARTS:
            module, _, function = PARTS[name].partition(":")
            getattr(importlib.import_module(module), function)(table)


if __name__ == "__main__":
    main(sys.argv[1:])
