"""The circuits of a comparison: one table, and each drawn and written, folded where it is large."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qtn.reports.page.cells import Sortable, listed
from qtn.reports.page.gate_drawing import Drawing, drawing
from qtn.reports.records import CircuitRecord, ModelRecord
from qtn.reports.table import NOTHING

_SMALL = 60  # gates up to which a circuit is not folded
_LARGEST = 4000  # gates that are drawn
_DRAWN = 40  # circuits


@dataclass(frozen=True, slots=True)
class Panel:
    """One circuit.

    Args:
        title: model and class.
        says: its size.
        drawing: None where there is too much to draw.
        folded: whether the reader opens it.
        qasm: its text.
        sha256: of the text.
    """

    title: str
    says: str
    drawing: Drawing | None
    folded: bool
    qasm: str
    sha256: str


def circuit_table(models: Mapping[str, ModelRecord], classes: Any) -> Sortable:
    """Return what there is to say of every circuit of the quantum models."""
    headings = (
        *("circuit", "qubits", "2-qubit gates", "2-qubit depth", "fidelity", "rigorous floor"),
        *("seconds", "sha256"),
    )
    rows = (
        (
            title,
            c.qubits,
            c.two_qubit_gates,
            c.two_qubit_depth,
            NOTHING if math.isnan(c.fidelity) else f"{c.fidelity:.6f}",
            NOTHING if math.isnan(c.floor) else f"{c.floor:.6f}",
            f"{c.seconds:.2f}",
            c.sha256[:12] or NOTHING,
        )
        for title, c in titled(models, classes)
    )
    return listed("Circuits", headings, rows)


def panels(models: Mapping[str, ModelRecord], classes: Any) -> list[Panel]:
    """Return the circuits drawn, the first ones of very many."""
    return [_panel(title, c) for (title, c), _ in zip(titled(models, classes), range(_DRAWN))]


def titled(models: Mapping[str, ModelRecord], classes: Any) -> Iterator[tuple[str, CircuitRecord]]:
    """Yield the circuits of all models with their titles."""
    for name, model in models.items():
        own = classes is not None and len(classes) == len(model.compiled)
        for number, circuit in enumerate(model.compiled):
            part = f"class {classes[number]}" if own else f"circuit {number + 1}"
            yield f"{name}, {part}", circuit


def _panel(title: str, record: CircuitRecord) -> Panel:
    gates = len(record.gates)
    says = f"{record.qubits} qubits, {record.two_qubit_gates} two-qubit gates, {gates} gates in all"
    drawn = drawing(record.qubits, record.gates) if gates <= _LARGEST else None
    return Panel(title, says, drawn, gates > _SMALL, record.qasm, record.sha256)
