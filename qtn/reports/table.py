"""The table of a comparison: its rows, as text, as HTML and as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qtn._html import table as html_table
from qtn.estimate import Estimate, format_value
from qtn.hybrid import QuantumClassifier

HEADINGS = (
    "model",
    "accuracy",
    "score error",
    "2-qubit gates",
    "2-qubit depth",
    "fidelity",
    "shots",
    "seconds",
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Row:
    """One way to evaluate the model on the test inputs.

    Args:
        name: "classical", "quantum, ideal", "quantum, shots", "noisy" or "mitigated".
        accuracy: fraction of correct predictions; standard error of a proportion.
        score_error: mean |score - classical score| over inputs and classes.
        scores: the scores (inputs, classes) with their standard errors.
        predictions: predicted labels (inputs,).
        two_qubit_gates, two_qubit_depth: of the largest compiled circuit; 0 for classical.
        fidelity: smallest fidelity of a compiled state with its target; 1 for classical.
        shots: circuit executions in all.
        seconds: wall time of this evaluation.
    """

    name: str
    accuracy: Estimate
    score_error: Estimate
    scores: Estimate
    predictions: np.ndarray
    two_qubit_gates: int
    two_qubit_depth: int
    fidelity: float
    shots: int
    seconds: float

    def __repr__(self) -> str:
        return f"Row({', '.join(self.cells())})"

    def cells(self) -> tuple[str, ...]:
        """Return the row as text, in the order of `HEADINGS`."""
        quantum = self.two_qubit_gates > 0
        return (
            self.name,
            format_value(self.accuracy.value, self.accuracy.stderr),
            format_value(self.score_error.value, self.score_error.stderr),
            str(self.two_qubit_gates) if quantum else "–",
            str(self.two_qubit_depth) if quantum else "–",
            f"{self.fidelity:.5f}" if quantum else "–",
            f"{self.shots:,}" if self.shots else "–",
            f"{self.seconds:.2f}",
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    """Rows and the data behind them; see `qtn.Comparison` for the fields."""

    rows: tuple[Row, ...]
    labels: np.ndarray
    classes: np.ndarray
    model: Any
    quantum: QuantumClassifier
    checks: tuple[Any, ...] = ()
    candidates: tuple[QuantumClassifier, ...] = ()
    notes: tuple[str, ...] = ()
    title: str = "Classical against quantum"

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"No row {name!r}; there are {', '.join(r.name for r in self.rows)}.")

    def __str__(self) -> str:
        lines = text_table(HEADINGS, [row.cells() for row in self.rows])
        return "\n".join([lines, *self.notes])

    def __repr__(self) -> str:
        found = "; ".join(f"{row.name} {float(row.accuracy):.4g}" for row in self.rows)
        return f"{type(self).__name__}({len(self.labels)} inputs, accuracy: {found})"

    def _repr_html_(self) -> str:
        return html_table([row.cells() for row in self.rows], HEADINGS)

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain numbers, for JSON."""
        return {
            "inputs": len(self.labels),
            "classes": self.classes.tolist(),
            "notes": list(self.notes),
            "rows": [
                {
                    "name": row.name,
                    "accuracy": float(row.accuracy),
                    "accuracy_stderr": float(np.asarray(row.accuracy.stderr)),
                    "score_error": float(row.score_error),
                    "score_error_stderr": float(np.asarray(row.score_error.stderr)),
                    "two_qubit_gates": row.two_qubit_gates,
                    "two_qubit_depth": row.two_qubit_depth,
                    "fidelity": row.fidelity,
                    "shots": row.shots,
                    "seconds": row.seconds,
                }
                for row in self.rows
            ],
        }


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned text table, first column left, the others right."""
    lines = [list(headings), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
    rule = "  ".join("─" * w for w in widths)

    def render(line: Sequence[str]) -> str:
        first = line[0].ljust(widths[0])
        rest = (cell.rjust(w) for cell, w in zip(line[1:], widths[1:], strict=True))
        return "  ".join([first, *rest]).rstrip()

    return "\n".join([render(lines[0]), rule, *map(render, lines[1:])])
