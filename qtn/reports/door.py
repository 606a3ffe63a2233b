"""Classical against quantum: the same inputs, scored at every step from theory to device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from qtn._checks import bounded_int, instance, items, real, text
from qtn._machine import few_threads
from qtn._progress import checked_progress
from qtn.hybrid import QuantumModel, Robustness
from qtn.reports.baselines import NEEDS_ROWS, baseline_entrants, shared_rows
from qtn.reports.comparison import Comparison
from qtn.reports.entrants import asked, classical_entrants, quantum_entrants
from qtn.reports.measures import with_differences
from qtn.reports.records import made_now
from qtn.reports.steps import evaluated
from qtn.verification import Check


@few_threads(1)
def compare(
    models: Any,
    quantum: QuantumModel | Sequence[QuantumModel] | Mapping[str, QuantumModel],
    x: ArrayLike,
    y: ArrayLike,
    *,
    baselines: Any = "auto",
    train: tuple[ArrayLike, ArrayLike] | None = None,
    confidence: float = 0.95,
    checks: tuple[Check, ...] = (),
    candidates: tuple[QuantumModel, ...] = (),
    notes: tuple[str, ...] = (),
    robustness: Robustness | None = None,
    title: str = "Classical against quantum",
    seed: int = 0,
    progress: bool | None = None,
) -> Comparison:
    """Set models and their quantum forms beside each other on the same inputs, step by step.

    Rows: every classical model; baselines; of every quantum model without noise and shots; with
    shots only; on its device without mitigation; on it with mitigation. The last two appear where
    the device is noisy or a mitigation was chosen. Every row has its interval, its paired
    difference to the first row, and what it takes; each is evaluated once.

    Args:
        models: fitted classical models: one, a list, or a dictionary by name; any classifier or
            regressor with the manners of scikit-learn, pipelines included.
        quantum: results of `qtn.deploy`, refined ones too: one, a list, or a dictionary by name.
        x: test inputs (batch, features), as the models take them.
        y: their labels, or numbers for regressors (batch,).
        baselines: "auto" for logistic regression, an RBF-SVM and a small neural network of about
            the first model's parameter count, fitted on `train` (without it there are none, and
            a note says so); None; or estimators (a list, or a dictionary by name), which are fitted
            on `train` unless they are fitted already.
        train: rows and labels (x, y) that the models were fitted on, for the baselines.
        confidence: of all intervals.
        checks: results of `qtn.verify` for the compiled circuits, shown on the page.
        candidates: other deployments of the model, shown in the figure of compilation.
        notes: sentences to show under the tables.
        robustness: a result of `qtn.robustness`, drawn on the page.
        title: heading of the page.
        seed: of baselines and resampling.
        progress: show a progress bar (None: where someone can watch).

    Returns:
        A `Comparison`, which prints as two tables.

    Raises:
        ArgumentError: shapes disagree, a label that a model has never seen, models with different
            classes or that are not fitted, baselines to be fitted without `train`.

    Cost: one evaluation per row; a second or two for automatic baselines on a thousand rows.

    Example:
        >>> from qtn.data import load_digits
        >>> from qtn.hybrid import deploy
        >>> from qtn.models import MPSClassifier
        >>> data = load_digits(size=2)
        >>> model = MPSClassifier(bond=2, epochs=2).fit(data.x_train, data.y_train)
        >>> quantum = deploy(model, shots=100)
        >>> table = compare(model, quantum, data.x_test[:5], data.y_test[:5], baselines=None)
        >>> [row.name for row in table.rows]
        ['classical', 'quantum, ideal', 'quantum, shots']

    Reference: the statistics of `qtn.statistics`: Wilson (1927), McNemar (1947), Holm (1979).
    """
    checked_progress(progress)
    text("title", title)
    level = real("confidence", confidence, 0.0, 1.0 - 1e-9, open_low=True)
    root = bounded_int("seed", seed, 0, 2**32 - 1)
    shown = _parts("checks", checks, Check, "results of qtn.verify")
    others = _parts("candidates", candidates, QuantumModel, "other results of qtn.deploy")
    sentences = _parts("notes", notes, str, "sentences")
    classical, circuits = classical_entrants(models), quantum_entrants(quantum)
    question = asked((*classical, *circuits), x, y)
    added = baseline_entrants(baselines, train, question, (*classical, *circuits), root)
    if robustness is not None:
        instance("robustness", robustness, Robustness, "a result of qtn.robustness")
    entrants = (*classical, *added, *circuits)
    asked(entrants, x, y)  # baselines that came fitted know their classes too
    rows = evaluated(entrants, question, level, progress)
    return Comparison(
        rows=with_differences(rows, question, level, root),
        labels=question.y,
        classes=question.classes,
        entrants=entrants,
        confidence=level,
        checks=shown,
        candidates=others,
        notes=(*sentences, *_warnings(baselines, train, question)),
        title=title,
        robustness=robustness,
        made=made_now(root, test_rows=question.x, truths=question.y, **_trained_on(train)),
    )


def _warnings(baselines: Any, train: Any, question: Any) -> tuple[str, ...]:
    """What a reader must know of the rows: no baselines, or rows that were trained on."""
    if train is None:
        return (NEEDS_ROWS,) if isinstance(baselines, str) else ()
    shared = shared_rows(train, question)
    if not shared:
        return ()
    return (f"{shared} of the {len(question.x)} test rows stand among the training rows too.",)


def _trained_on(train: Any) -> dict[str, Any]:
    return {} if train is None else {"training_rows": train[0], "training_truths": train[1]}


def _parts(name: str, value: Any, kind: type, expected: str) -> tuple[Any, ...]:
    parts = items(name, value, f"a sequence of {expected}")
    return tuple(instance(f"{name}[{i}]", part, kind, expected) for i, part in enumerate(parts))
