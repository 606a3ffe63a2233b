"""Classical against quantum: the same inputs, scored at every step from theory to device."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from qtn._checks import fail, file_path, finite_array, instance, items, text
from qtn._html import table
from qtn._progress import checked_progress, progress_bar
from qtn.data.dataset import label_array
from qtn.errors import ArgumentError
from qtn.estimate import Estimate, format_value
from qtn.hybrid import QuantumClassifier
from qtn.reports.table import HEADINGS, text_table
from qtn.verification import Check

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOISELESS = ("aer", "aer-gpu", "tensor")


@dataclass(frozen=True, slots=True, eq=False)
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


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The table that sets classical against quantum, with the data behind it.

    Args:
        rows: from classical to mitigated.
        labels: true labels (inputs,).
        classes: all labels.
        model, quantum: what was compared.
        checks: independent verification of each compiled circuit, if it was made.
        candidates: deployments with fewer or more layers, for the figure of compilation.
        notes: sentences to show under the table.
        title: heading of the page.
    """

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
        return str(self)

    def _repr_html_(self) -> str:
        return table([row.cells() for row in self.rows], HEADINGS)

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

    def plot(self) -> Figure:
        """Return one figure: training, compilation, scores and confusion matrices."""
        from qtn.reports.plots import overview

        return overview(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a self-contained HTML page with the table and the figures.

        Raises:
            FileError: the folder is missing or cannot be written.
        """
        from qtn.reports.page import write_page

        return write_page(self, file_path("path", path))


def compare(
    model: Any,
    quantum: QuantumClassifier,
    x_test: ArrayLike,
    y_test: ArrayLike,
    *,
    checks: tuple[Any, ...] = (),
    candidates: tuple[QuantumClassifier, ...] = (),
    notes: tuple[str, ...] = (),
    title: str = "Classical against quantum",
    progress: bool | None = None,
) -> Comparison:
    """Evaluate a model and its quantum form on the same inputs, step by step.

    Rows: classical; quantum without noise and shots; with shots only; on the device without
    mitigation; on the device with it. The last two appear where the device is noisy or a
    mitigation was chosen.

    Args:
        model: the fitted classical model.
        quantum: what `qtn.deploy` made of it.
        x_test: inputs (batch, features), as the model takes them.
        y_test: their labels (batch,).
        checks: results of `qtn.verify` for the compiled circuits, shown on the page.
        candidates: other deployments of the model, shown in the figure of compilation.
        notes: sentences to show under the table.
        title: heading of the page.
        progress: show a progress bar (None: where someone can watch).

    Returns:
        A `Comparison`, which prints as a table.

    Raises:
        ArgumentError: shapes disagree, a label that the model has never seen, or classes of model
            and quantum model differ.

    Example:
        >>> from qtn.data import load_digits
        >>> from qtn.hybrid import deploy
        >>> from qtn.models import MPSClassifier
        >>> data = load_digits(size=2)
        >>> model = MPSClassifier(bond=2, epochs=2).fit(data.x_train, data.y_train)
        >>> table = compare(model, deploy(model, shots=100), data.x_test[:5], data.y_test[:5])
        >>> [row.name for row in table.rows]
        ['classical', 'quantum, ideal', 'quantum, shots']
    """
    checked_progress(progress)
    text("title", title)
    shown = _parts("checks", checks, Check, "results of qtn.verify")
    others = _parts("candidates", candidates, QuantumClassifier, "other results of qtn.deploy")
    said = _parts("notes", notes, str, "sentences")
    instance("quantum", quantum, QuantumClassifier, "a result of qtn.deploy")
    if not hasattr(model, "scores") or not hasattr(model, "classes_"):
        raise fail("model", "a fitted classifier", model, "Call fit(X, y) first.")
    x = finite_array("x_test", x_test, ndim=2, dtype=np.float64)
    y = label_array("y_test", y_test)
    _check(model, quantum, x, y)
    reference = np.asarray(model.scores(x))

    noiseless = isinstance(quantum.device, str) and quantum.device in NOISELESS
    shots_only = replace(quantum, device="tensor", mitigation=())
    steps: list[tuple[str, Callable[[], Estimate], bool]] = [
        ("classical", lambda: _exact(np.asarray(model.scores(x))), False),
        ("quantum, ideal", lambda: _exact(quantum.ideal_scores(x)), True),
        ("quantum, shots", lambda: shots_only.scores(x), True),
    ]
    if not noiseless:
        steps.append(("noisy", lambda: replace(quantum, mitigation=()).scores(x), True))
    if quantum.mitigation:
        steps.append(("mitigated", lambda: quantum.scores(x), True))

    rows = []
    with progress_bar(len(steps), "compare", progress) as bar:
        for name, evaluate, is_quantum in steps:
            bar.set_description(name)
            start = time.perf_counter()
            scores = evaluate()
            seconds = time.perf_counter() - start
            rows.append(_row(name, scores, reference, y, quantum, is_quantum, seconds))
            bar.update()
    classes = np.asarray(quantum.classes)
    return Comparison(tuple(rows), y, classes, model, quantum, shown, others, said, title)


def _parts(name: str, value: Any, kind: type, expected: str) -> tuple[Any, ...]:
    parts = items(name, value, f"a sequence of {expected}")
    return tuple(instance(f"{name}[{i}]", part, kind, expected) for i, part in enumerate(parts))


def _check(model: Any, quantum: QuantumClassifier, x: np.ndarray, y: np.ndarray) -> None:
    if y.shape != (len(x),):
        raise ArgumentError(
            f"Argument `y_test` must have one label per input, shape ({len(x)},), but has shape "
            f"{y.shape}."
        )
    if not np.array_equal(model.classes_, quantum.classes):
        raise ArgumentError(
            f"The model knows the classes {list(model.classes_)}, the quantum model "
            f"{list(quantum.classes)}. Compare a model with its own deployment."
        )
    unseen = sorted(set(y.tolist()) - set(np.asarray(model.classes_).tolist()))
    if unseen:
        raise ArgumentError(
            f"Argument `y_test` holds the label {unseen[0]!r}, which the model has never seen. "
            f"It knows {list(model.classes_)}."
        )


def _exact(scores: np.ndarray) -> Estimate:
    return Estimate(scores, np.zeros(scores.shape), 0, "exact")


def _row(
    name: str,
    scores: Estimate,
    reference: np.ndarray,
    labels: np.ndarray,
    quantum: QuantumClassifier,
    is_quantum: bool,
    seconds: float,
) -> Row:
    predictions = quantum.decide(np.asarray(scores.value))
    return Row(
        name=name,
        accuracy=proportion(predictions == labels),
        score_error=mean_of(np.abs(np.asarray(scores.value) - reference)),
        scores=scores,
        predictions=predictions,
        two_qubit_gates=quantum.two_qubit_gates if is_quantum else 0,
        two_qubit_depth=quantum.two_qubit_depth if is_quantum else 0,
        fidelity=quantum.fidelity if is_quantum else 1.0,
        shots=scores.shots,
        seconds=seconds,
    )


def proportion(hits: np.ndarray) -> Estimate:
    """Return a proportion with the Agresti–Coull standard error (not 0 at 0 or 1).

    Reference: Agresti and Coull, Am. Stat. 52, 119 (1998).
    """
    n, k = hits.size, int(np.count_nonzero(hits))
    centre = (k + 2) / (n + 4)
    return Estimate(k / n, float(np.sqrt(centre * (1 - centre) / (n + 4))), 0, "proportion")


def mean_of(samples: np.ndarray) -> Estimate:
    """Return the mean over inputs with the standard error over inputs (rows)."""
    per_input = samples.mean(axis=1)
    spread = per_input.std(ddof=1) / np.sqrt(len(per_input)) if len(per_input) > 1 else 0.0
    return Estimate(float(per_input.mean()), float(spread), 0, "mean")
