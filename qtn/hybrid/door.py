"""Deployment: a fitted classical model becomes compiled circuits with the same manners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtn._checks import fail, positive_int
from qtn._progress import checked_progress, progress_bar
from qtn._random import derived_seed
from qtn.aqc import Compiled, Status
from qtn.aqc import compile as compile_state
from qtn.devices import Budget
from qtn.devices.budget import check_budget
from qtn.devices.lookup import resolve
from qtn.hybrid.classifier import QuantumClassifier
from qtn.hybrid.forms.base import Form
from qtn.hybrid.forms.overlap import Overlap
from qtn.mitigation.planning import checked_techniques
from qtn.models.classifier import fitted_classifier
from qtn.models.training.columns import Scaling


def deploy(
    model: Any,
    method: Any = None,
    *,
    form: str | Form = "auto",
    device: Any = "aer",
    shots: int = 4096,
    mitigation: Sequence[Any] = (),
    seed: int = 0,
    budget: Budget | None = None,
    progress: bool | None = None,
) -> QuantumClassifier:
    """Compile the states of a classifier and return the model that a device evaluates.

    Args:
        model: a fitted classifier with trigonometric features on qubits (`MPSClassifier`).
        method: how to compile, for instance `qtn.Staircase(layers=2)`; None for `qtn.Auto()`.
        form: what is compiled and measured, and how it becomes scores; "auto" takes
            `qtn.hybrid.Overlap()`: one state per class, scores by compute–uncompute.
        device: where the circuits will run; see `qtn.run`.
        shots: circuit executions per input, circuit and noise factor.
        mitigation: techniques such as `[qtn.Readout(), qtn.ZNE()]`; empty for raw values.
        seed: seed of compilation, transpilation and counts.
        budget: the most that one call of the returned model may take; see `QuantumClassifier`.
        progress: show progress bars (None: where someone can watch).

    Returns:
        A `QuantumClassifier` with `predict`, `predict_proba`, `score` and `scores`.

    Raises:
        ArgumentError: the model is no fitted classifier, or the form cannot take it: it has no
            states, or its sites are no qubits.

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
    fitted = fitted_classifier("model", model)
    chosen = _chosen(form)
    checked_progress(progress)
    check_budget(budget)
    positive_int("shots", shots)
    techniques = checked_techniques(mitigation)
    resolve(device)  # an unknown device fails here, before a compilation that takes minutes
    columns = fitted.columns_
    return QuantumClassifier(
        classes=fitted.classes_,
        compiled=_compiled(chosen.targets(fitted), method, seed, progress),
        weights=chosen.weights(fitted),
        device=device,
        shots=shots,
        mitigation=techniques,
        seed=seed,
        progress=progress,
        scaling=columns if isinstance(columns, Scaling) else None,
        budget=budget,
        form=chosen,
    )


def _chosen(form: Any) -> Form:
    if isinstance(form, str) and form == "auto":
        return Overlap()
    if not isinstance(form, Form):
        raise fail("form", '"auto" or a form such as qtn.hybrid.Overlap()', form)
    return form


def _compiled(
    targets: Sequence[Any], method: Any, seed: int, progress: bool | None
) -> tuple[Compiled, ...]:
    """Compile every target, with a seed of its own."""
    options = () if method is None else (method,)
    compiled = []
    with progress_bar(len(targets), "compile", progress) as bar:
        for index, target in enumerate(targets):
            own = derived_seed(seed, "deploy", index)
            made = compile_state(target, *options, seed=own, progress=False)
            if made.status is Status.INTERRUPTED:
                raise KeyboardInterrupt  # a model with one class cut short would look whole
            compiled.append(made)
            bar.update()
    return tuple(compiled)
