"""One self-contained HTML page: tables, figures, verification, versions. No script, no network."""

from __future__ import annotations

import base64
import io
import math
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from qtn._html import render
from qtn._io import write_atomic
from qtn.reports import plots
from qtn.reports.entrants import QUANTUM, is_refined
from qtn.reports.table import NOTHING, Table, merits, takes

_TEMPLATE = Path(__file__).with_name("page.html")
PACKAGES = ("qtn-toolkit", "qiskit", "qiskit-aer", "quimb", "cotengra", "torch", "numpy")
CAPTIONS = {
    "results": "The dotted line is the first row. Intervals that overlap may still differ: the "
    "table compares row by row on the same inputs.",
    "training": "Training of the classical models.",
    "compilation": "Infidelity with 1, 2, … layers; the ring is the circuit used.",
    "scores": "Each point is one input and class.",
    "confusion": "Confusion matrices.",
}
WIDE = ("results", "confusion")


def write_page(comparison: Table, path: str | os.PathLike[str]) -> Path:
    """Write the page of a comparison atomically and return its path."""
    return write_atomic(path, render_page(comparison))


def render_page(comparison: Table) -> str:
    """Return the page as one HTML string with the figures embedded."""
    return render(
        _TEMPLATE.read_text(encoding="utf-8"),
        title=comparison.title,
        lead=_lead(comparison),
        results=merits(comparison.rows),
        costs=takes(comparison.rows),
        legend=comparison.legend,
        notes=[*comparison.notes, *_reasons(comparison)],
        figures=[
            _figure(figure, CAPTIONS[name], name in WIDE)
            for name, figure in plots.figures(comparison).items()
        ],
        compiled=_compiled(comparison),
        checks=_checks(comparison),
        versions=_versions(),
    )


def _lead(comparison: Table) -> str:
    inputs = f"{len(comparison.labels)} test inputs"
    if comparison.classes is not None:
        inputs += f", classes {', '.join(str(c) for c in comparison.classes)}"
    where = [
        f"{name}: {q.n} qubits on {q.device}, {q.shots:,} shots per circuit, seed {q.seed}"
        for name, q in comparison.quantum_models.items()
    ]
    return "; ".join([inputs, *where]) + "."


def _reasons(comparison: Table) -> list[str]:
    """Why each quantum model has the form that it has, where that was chosen for the caller."""
    # A refined model has the form that was chosen before it was refined.
    models = [(n, m) for n, m in comparison.quantum_models.items() if not is_refined(m)]
    return [f"{name}: {model.why}" for name, model in models if model.why]


def _figure(figure: Figure, caption: str, wide: bool) -> dict[str, Any]:
    buffer = io.BytesIO()
    # A fixed salt and no date: the same comparison gives the same bytes.
    with mpl.rc_context({"svg.hashsalt": "qtn"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return {
        "caption": caption,
        "data": base64.b64encode(buffer.getvalue()).decode(),
        "wide": wide,
    }


def _compiled(comparison: Table) -> dict[str, Any]:
    headings = (
        *("model", "circuit", "2-qubit gates", "2-qubit depth", "fidelity", "rigorous floor"),
        "seconds",
    )
    classes = comparison.classes
    rows = []
    for entrant in comparison.entrants:
        if entrant.kind != QUANTUM:
            continue
        compiled = entrant.model.compiled
        own = classes is not None and len(classes) == len(compiled)
        for number, c in enumerate(compiled):
            label = f"class {classes[number]}" if own else str(number + 1)  # type: ignore[index]
            rows.append(
                (
                    entrant.name,
                    label,
                    c.two_qubit_gates,
                    c.two_qubit_depth,
                    NOTHING if math.isnan(c.fidelity) else f"{c.fidelity:.6f}",
                    f"{c.floor:.6f}",
                    f"{c.seconds:.2f}",
                )
            )
    return {"headings": headings, "rows": rows}


def _checks(comparison: Table) -> dict[str, Any]:
    headings = ("circuit", "fidelity", "interval", "engine", "cost")
    labels = comparison.classes if comparison.classes is not None else range(10**6)
    rows = [
        (
            label,
            f"{check.fidelity:.9f}",
            f"[{check.low:.9f}, {check.high:.9f}]",
            check.method,
            check.cost,
        )
        for label, check in zip(labels, comparison.checks, strict=False)
    ]
    return {"headings": headings, "rows": rows}


def _versions() -> str:
    lines = []
    for name in PACKAGES:
        try:
            lines.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            lines.append(f"{name} (not installed)")
    return "\n".join(lines)
