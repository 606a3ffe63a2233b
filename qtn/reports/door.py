"""Classical against quantum: the same inputs, scored at every step from theory to device."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qtn._checks import finite_array, instance, items, text
from qtn._progress import checked_progress, progress_bar
from qtn.data.dataset import label_array
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid import QuantumClassifier
from qtn.models.classifier import fitted_classifier
from qtn.reports.comparison import Comparison
from qtn.reports.table import Row
from qtn.verification import Check

NOISELESS = ("aer", "aer-gpu", "tensor")


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
    sentences = _parts("notes", notes, str, "sentences")
    instance("quantum", quantum, QuantumClassifier, "a result of qtn.deploy")
    fitted_classifier("model", model)
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
    return Comparison(tuple(rows), y, classes, model, quantum, shown, others, sentences, title)


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
