"""One self-contained HTML page: table, figures, verification, provenance. No script, no network."""

from __future__ import annotations

import base64
import io
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from qtn._html import render
from qtn._io import write_atomic
from qtn.reports import plots
from qtn.reports.table import HEADINGS, Table

_TEMPLATE = Path(__file__).with_name("page.html")
PACKAGES = ("qtn-toolkit", "qiskit", "qiskit-aer", "quimb", "cotengra", "torch", "numpy")


def write_page(comparison: Table, path: str | os.PathLike[str]) -> Path:
    """Write the page of a comparison atomically and return its path."""
    return write_atomic(path, render_page(comparison))


def render_page(comparison: Table) -> str:
    """Return the page as one HTML string with the figures embedded."""
    quantum = comparison.quantum
    lead = (
        f"{len(comparison.labels)} test inputs, classes "
        f"{', '.join(str(c) for c in comparison.classes)}; {quantum.n} qubits on "
        f"{quantum.device}, {quantum.shots:,} shots per circuit, seed {quantum.seed}."
    )
    return render(
        _TEMPLATE.read_text(encoding="utf-8"),
        title=comparison.title,
        lead=lead,
        headings=HEADINGS,
        rows=[row.cells() for row in comparison.rows],
        notes=comparison.notes,
        figures=_figures(comparison),
        compiled=_compiled(comparison),
        checks=_checks(comparison),
        versions=_versions(),
    )


def _figures(comparison: Table) -> list[dict[str, Any]]:
    return [
        _figure(plots.training_figure(comparison.model), "Training of the classical model."),
        _figure(
            plots.compilation_figure(comparison),
            "Infidelity with 1, 2, … layers; the ring is the circuit used.",
        ),
        _figure(plots.scores_figure(comparison), "Each point is one input and class."),
        _figure(plots.confusion_figure(comparison), "Confusion matrices.", wide=True),
    ]


def _figure(figure: Figure, caption: str, wide: bool = False) -> dict[str, Any]:
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
    headings = ("class", "2-qubit gates", "2-qubit depth", "fidelity", "rigorous floor", "seconds")
    rows = [
        (
            label,
            c.two_qubit_gates,
            c.two_qubit_depth,
            f"{c.fidelity:.6f}",
            f"{c.floor:.6f}",
            f"{c.seconds:.2f}",
        )
        for label, c in zip(comparison.classes, comparison.quantum.compiled, strict=True)
    ]
    return {"headings": headings, "rows": rows}


def _checks(comparison: Table) -> dict[str, Any]:
    headings = ("class", "fidelity", "interval", "engine", "cost")
    rows = [
        (
            label,
            f"{check.fidelity:.9f}",
            f"[{check.low:.9f}, {check.high:.9f}]",
            check.method,
            check.cost,
        )
        for label, check in zip(comparison.classes, comparison.checks, strict=False)
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
