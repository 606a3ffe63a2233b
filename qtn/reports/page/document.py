"""The page of a comparison, self-contained: one file, no network, one script that has its hash.

The content security policy lets only that script run, so that no text of a comparison can.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from qtn._html import render
from qtn._io import write_atomic
from qtn.reports.entrants import QUANTUM
from qtn.reports.page import inquiry
from qtn.reports.page.cells import Sortable, listed, sortable
from qtn.reports.page.circuit_panels import circuit_table, panels
from qtn.reports.page.confusions import SHOWN, matrices
from qtn.reports.page.device_map import mapped
from qtn.reports.page.line_plots import entanglement, learning, noise_scaling
from qtn.reports.records import record_of
from qtn.reports.table import NOTHING, Table, merits, takes

_FOLDER = Path(__file__).parent


def write_page(comparison: Table, path: str | os.PathLike[str]) -> Path:
    """Write the page of a comparison atomically and return its path."""
    return write_atomic(path, render_page(comparison))


def render_page(comparison: Table) -> str:
    """Return the page as one HTML string with all that it shows inside."""
    models = {entrant.name: record_of(entrant) for entrant in comparison.entrants}
    quantum = {e.name: models[e.name] for e in comparison.entrants if e.kind == QUANTUM}
    placed = {name: q for name, q in quantum.items() if q.placement is not None}
    classes = comparison.classes
    script = _part("page.js")
    return render(
        _part("page.html"),
        style=Markup(_part("page.css")),
        script=Markup(script),
        script_hash=_hash(script),
        title=comparison.title,
        lead=inquiry.lead(comparison, quantum),
        asked=inquiry.question(comparison, models),
        results=sortable(
            "Results", merits(comparison.rows), comparison.rows, comparison.confidence
        ),
        costs=sortable("Costs", takes(comparison.rows)),
        legend=comparison.legend,
        notes=[*comparison.notes, *inquiry.reasons(quantum)],
        pictures=learning(comparison),
        noise=noise_scaling(comparison.robustness),
        entanglement=entanglement(models),
        matrices=[]
        if classes is None
        else matrices(comparison.rows[:SHOWN], comparison.labels, classes),
        hidden_matrices=max(0, len(comparison.rows) - SHOWN),
        circuits=circuit_table(quantum, classes),
        panels=panels(quantum, classes),
        maps=[mapped(n, q.device, q.placement) for n, q in placed.items() if q.placement],
        checks=_checks(comparison),
        command=comparison.made.command,
        system=comparison.made.system,
        seeds=inquiry.seeds(comparison, models),
        hashes=inquiry.hashes(comparison),
        versions=inquiry.versions(comparison),
    )


def _checks(comparison: Table) -> Sortable:
    headings = ("circuit", "fidelity", "interval", "engine", "cost")
    classes, count = comparison.classes, len(comparison.checks)
    own = classes is not None and len(classes) >= count
    labels: Any = classes if own else range(1, count + 1)
    rows = [
        (
            str(label),
            _number(check.fidelity),
            f"[{_number(check.low)}, {_number(check.high)}]",
            check.method,
            check.cost,
        )
        for label, check in zip(labels, comparison.checks, strict=False)
    ]
    return listed("Independent verification", headings, rows)


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.9f}"


@cache
def _part(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """Return the hash that the policy of the page asks for: of what stands inside the element."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
