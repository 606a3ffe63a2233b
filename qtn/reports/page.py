"""One self-contained HTML page: table, figures, verification, provenance. No script, no network."""

from __future__ import annotations

import base64
import io
import os
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from qtn._io import write_atomic
from qtn.reports import plots
from qtn.reports.table import html_table

if TYPE_CHECKING:
    from qtn.reports.compare import Comparison

PACKAGES = ("qtn-toolkit", "qiskit", "qiskit-aer", "quimb", "cotengra", "torch", "numpy")

STYLE = """
:root{--ink:#111827;--soft:#6b7280;--line:#e5e7eb;--card:#f9fafb;--accent:#0072B2}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:#fff;margin:0 auto;
max-width:1080px;padding:2rem 1.25rem}
h1{font-size:1.7rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.25rem 0 .75rem}
p.lead{color:var(--soft);margin:0 0 1.5rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:.5rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
thead th{color:var(--soft);font-weight:600}tbody th{font-weight:600}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:1rem}
figure{margin:0;background:#fff;border:1px solid var(--line);border-radius:8px;padding:.75rem}
figure.wide{grid-column:1/-1}
figure img{width:100%;height:auto;display:block}
figcaption{color:var(--soft);font-size:.85rem;margin-top:.5rem}
pre{background:var(--card);padding:.75rem;border-radius:8px;overflow-x:auto;font-size:.85rem}
"""


def write_page(comparison: Comparison, path: str | os.PathLike[str]) -> Path:
    """Write the page of a comparison atomically and return its path."""
    return write_atomic(path, render_page(comparison))


def render_page(comparison: Comparison) -> str:
    """Return the page as one HTML string with the figures embedded."""
    quantum = comparison.quantum
    lead = (
        f"{len(comparison.labels)} test inputs, classes "
        f"{', '.join(str(c) for c in comparison.classes)}; {quantum.n} qubits on "
        f"{escape(str(quantum.device))}, {quantum.shots:,} shots per circuit, seed {quantum.seed}."
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{escape(comparison.title)}</title><style>{STYLE}</style></head><body>"
        f'<h1>{escape(comparison.title)}</h1><p class="lead">{lead}</p>'
        f'<h2>Table</h2><div class="scroll">{comparison._repr_html_()}</div>'
        "<p>Accuracy with its standard error (Agresti–Coull). Score error: mean |score − classical "
        "score| over inputs and classes, with the standard error over inputs. Gates, depth and "
        "fidelity are those of the compiled state with the largest circuit or lowest fidelity.</p>"
        f"{''.join(f'<p>{escape(note)}</p>' for note in comparison.notes)}"
        f'<h2>Figures</h2><div class="figures">{_figures(comparison)}</div>'
        f"<h2>Compiled states</h2>{_compiled(comparison)}"
        f"{_checks(comparison)}"
        f"<h2>Made with</h2><pre>{escape(_versions())}</pre></body></html>"
    )


def _figures(comparison: Comparison) -> str:
    return (
        _figure(plots.training_figure(comparison.model), "Training of the classical model.")
        + _figure(
            plots.compilation_figure(comparison),
            "Infidelity with 1, 2, … layers; the ring is the circuit used.",
        )
        + _figure(plots.scores_figure(comparison), "Each point is one input and class.")
        + _figure(plots.confusion_figure(comparison), "Confusion matrices.", wide=True)
    )


def _figure(figure: Figure, caption: str, wide: bool = False) -> str:
    buffer = io.BytesIO()
    # A fixed salt and no date: the same comparison gives the same bytes.
    with mpl.rc_context({"svg.hashsalt": "qtn"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    data = base64.b64encode(buffer.getvalue()).decode()
    kind = ' class="wide"' if wide else ""
    return (
        f'<figure{kind}><img alt="{escape(caption)}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _compiled(comparison: Comparison) -> str:
    headings = ("class", "2-qubit gates", "2-qubit depth", "fidelity", "rigorous floor", "seconds")
    rows = [
        (
            str(label),
            str(c.two_qubit_gates),
            str(c.two_qubit_depth),
            f"{c.fidelity:.6f}",
            f"{c.floor:.6f}",
            f"{c.seconds:.2f}",
        )
        for label, c in zip(comparison.classes, comparison.quantum.compiled, strict=True)
    ]
    return f'<div class="scroll">{html_table(headings, rows)}</div>'


def _checks(comparison: Comparison) -> str:
    if not comparison.checks:
        return ""
    headings = ("class", "fidelity", "interval", "engine", "cost")
    rows = [
        (
            str(label),
            f"{check.fidelity:.9f}",
            f"[{check.low:.9f}, {check.high:.9f}]",
            check.method,
            str(check.cost),
        )
        for label, check in zip(comparison.classes, comparison.checks, strict=False)
    ]
    table = html_table(headings, rows)
    return f'<h2>Independent verification</h2><div class="scroll">{table}</div>'


def _versions() -> str:
    lines = []
    for name in PACKAGES:
        try:
            lines.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            lines.append(f"{name} (not installed)")
    return "\n".join(lines)
