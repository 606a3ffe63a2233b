"""Deployment: a fitted classical model becomes compiled circuits with the same manners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qtn._checks import positive_int
from qtn._progress import checked_progress, progress_bar
from qtn._random import derived_seed
from qtn.aqc import Status
from qtn.aqc import compile as compile_state
from qtn.devices import Budget
from qtn.devices.budget import check_budget
from qtn.devices.lookup import resolve
from qtn.errors import ArgumentError
from qtn.hybrid.classifier import QuantumClassifier
from qtn.mitigation.planning import checked_techniques
from qtn.models.training.columns import Scaling


def deploy(
    model: Any,
    method: Any = None,
    *,
    device: Any = "aer",
    shots: int = 4096,
    mitigation: Sequence[Any] = (),
    seed: int = 0,
    budget: Budget | None = None,
    progress: bool | None = None,
) -> QuantumClassifier:
    """Compile the weight state of every class and return the model that a device evaluates.

    Args:
        model: a fitted classifier with trigonometric features on qubits (`MPSClassifier`).
        method: how to compile, for instance `qtn.Staircase(layers=2)`; None for `qtn.Auto()`.
        device: where the circuits will run; see `qtn.run`.
        shots: circuit executions per input, class and noise factor.
        mitigation: techniques such as `[qtn.Readout(), qtn.ZNE()]`; empty for raw values.
        seed: seed of compilation, transpilation and counts.
        budget: the most that one call of the returned model may take; see `QuantumClassifier`.
        progress: show progress bars (None: where someone can watch).

    Returns:
        A `QuantumClassifier` with `predict`, `predict_proba`, `score` and `scores`.

    Raises:
        ArgumentError: the model is not fitted, has no `state(label)` or its sites are no qubits.

    Cost: one compilation per class; nothing runs on the device yet.

    Example:
        >>> from qtn.aqc import Staircase
        >>> from qtn.data import load_digits
        >>> from qtn.models import MPSClassifier
        >>> data = load_digits(size=2)
        >>> model = MPSClassifier(bond=2, epochs=2).fit(data.x_train, data.y_train)
        >>> quantum = deploy(model, Staircase(layers=1), shots=100)
        >>> quantum.predict(data.x_test[:3]).shape
        (3,)
    """
    if not hasattr(model, "state") or not hasattr(model, "log_norms_"):
        raise ArgumentError(
            f"Argument `model` must be a fitted classifier with a state per class, but is "
            f"{type(model).__name__}. Call fit(x, y) first."
        )
    checked_progress(progress)
    check_budget(budget)
    positive_int("shots", shots)
    techniques = checked_techniques(mitigation)
    resolve(device)  # an unknown device fails here, before a compilation that takes minutes
    classes = np.asarray(model.classes_)
    options = () if method is None else (method,)
    compiled = []
    with progress_bar(len(classes), "compile", progress) as bar:
        for index, label in enumerate(classes):
            state = model.state(label)
            if set(state.phys) != {2}:
                raise ArgumentError(
                    f"The model's features have dimension {max(state.phys)}, but a qubit needs 2. "
                    "Train with trigonometric features."
                )
            compile_seed = derived_seed(seed, "deploy", index)
            made = compile_state(state, *options, seed=compile_seed, progress=False)
            if made.status is Status.INTERRUPTED:
                raise KeyboardInterrupt  # a model with one class cut short would look whole
            compiled.append(made)
            bar.update()
    scaling = model.columns_
    weights = np.exp(2.0 * (model.log_norms_ - np.max(model.log_norms_)))
    return QuantumClassifier(
        classes=classes,
        weights=weights / weights.sum(),
        compiled=tuple(compiled),
        device=device,
        shots=shots,
        mitigation=techniques,
        seed=seed,
        progress=progress,
        scaling=scaling if isinstance(scaling, Scaling) else None,
        budget=budget,
    )
