"""Deployment: a fitted classical model becomes compiled circuits with the same manners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from qtn._checks import positive_int
from qtn._machine import few_threads
from qtn._progress import checked_progress, progress_bar
from qtn._random import derived_seed
from qtn.aqc import Status
from qtn.aqc import compile as compile_state
from qtn.devices import Budget
from qtn.devices.budget import check_budget
from qtn.devices.lookup import DeviceLike, resolve
from qtn.errors import BudgetError
from qtn.hybrid.born import QuantumBornMachine
from qtn.hybrid.classifier import QuantumClassifier
from qtn.hybrid.decision import best_form
from qtn.hybrid.forms.base import Exact, Form, Written
from qtn.hybrid.forms.choose import chosen_form, refuse_small, refuse_unsuited
from qtn.hybrid.model import QuantumModel
from qtn.hybrid.pipelines import passed, taken_apart
from qtn.hybrid.regressor import QuantumRegressor
from qtn.mitigation.planning import checked_techniques
from qtn.mitigation.techniques.base import Technique
from qtn.models.training.columns import Codes, Scaling

if TYPE_CHECKING:
    from qtn.aqc import Method

# The kinds of deployed models, by what forms say that they make.
KINDS: dict[str, type[QuantumModel]] = {
    "classifier": QuantumClassifier,
    "born": QuantumBornMachine,
    "regressor": QuantumRegressor,
}


# The result is `Any`: mypy knows no types of scikit-learn, so that to it a model may be of any
# class, and overloads by the model would promise a classifier for all of them.
@few_threads(1)
def deploy(
    model: Any,
    method: Method | None = None,
    *,
    form: str | Form = "auto",
    device: DeviceLike = "aer",
    shots: int = 4096,
    mitigation: Technique | Iterable[Technique] = (),
    seed: int = 0,
    budget: Budget | None = None,
    progress: bool | None = None,
    rows: ArrayLike | None = None,
) -> Any:
    """Compile the states of a trained model and return the model that a device evaluates.

    Args:
        model: a fitted classifier with trigonometric features on qubits, an isometric classifier,
            a Born machine or a regressor; or a fitted scikit-learn `Pipeline` or search that ends
            in one, whose other steps stay before the quantum model.
        method: how to compile, for instance `qtn.Staircase(layers=2)`; None for `qtn.Auto()`.
        form: what is compiled and measured, and how it becomes scores: a name or a form such as
            `qtn.hybrid.Overlap()` ("overlap": one state per class, scores by compute–uncompute);
            "auto" takes the one whose decisions take the fewest shots, and says why.
        device: where the circuits will run; see `qtn.run`.
        shots: circuit executions per input, circuit and noise factor.
        mitigation: techniques such as `[qtn.Readout(), qtn.ZNE()]`; empty for raw values.
        seed: seed of compilation, transpilation and counts.
        budget: the most that one call of the returned model may take; see `QuantumClassifier`.
        progress: show progress bars (None: where someone can watch).
        rows: inputs by which "auto" judges the forms, as the model takes them; None takes training
            rows, whose scores a model remembers unless it is of an older version.

    Returns:
        A `QuantumClassifier` with `predict`, `predict_proba`, `score` and `scores`; of a Born
        machine a `QuantumBornMachine`, of a regressor a `QuantumRegressor`.

    Raises:
        BudgetError: not even one input is within the budget.
        ArgumentError: the model is no fitted classifier, or the form cannot take it: it has no
            states, or its sites are no qubits; or no form decides within the shots (`form="auto"`).

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
    checked_progress(progress)
    check_budget(budget)
    positive_int("shots", shots)
    techniques = checked_techniques(mitigation)
    resolve(device)  # an unknown device fails here, before a compilation that takes minutes
    network, before = taken_apart("model", model)
    first = chosen_form(form, network)
    refuse_unsuited(first, network)
    kind = KINDS[first.makes] if isinstance(first.makes, str) else first.makes
    fitted = kind.fitted("model", network)
    choice = best_form(form, fitted, None if rows is None else passed(before, rows), shots)
    chosen = choice.form.bound(fitted)
    refuse_small(chosen, fitted, device)
    columns = getattr(fitted, "columns_", None)
    targets = chosen.targets(fitted)
    _refuse_impossible(budget, len(targets), shots)
    compiled = _compiled(targets, method, seed, progress)
    return kind(
        compiled=compiled,
        device=device,
        shots=shots,
        mitigation=techniques,
        seed=seed,
        progress=progress,
        scaling=columns if isinstance(columns, Scaling | Codes) else None,
        budget=budget,
        form=chosen,
        why=choice.why,
        before=before,
        names=_names(fitted),
        **kind.learnt(fitted, chosen),
    )


def _names(model: Any) -> tuple[str, ...] | None:
    """Return the names of the columns that a model was trained on, if they had any."""
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else tuple(names.tolist())


def _refuse_impossible(budget: Budget | None, circuits: int, shots: int) -> None:
    """Raise `BudgetError` where not even one input is within the budget."""
    if budget is None:
        return
    for name, needed in (("shots", circuits * shots), ("circuits", circuits)):
        most = getattr(budget, name)
        if most is not None and needed > most:
            raise BudgetError(
                f"One input takes {needed} {name}, but the budget allows {most:g}. Raise the "
                "budget, or lower `shots`."
            )


def _compiled(
    targets: Sequence[Any], method: Any, seed: int, progress: bool | None
) -> tuple[Written, ...]:
    """Compile every target, with a seed of its own; what is a circuit already stays it."""
    options = () if method is None else (method,)
    compiled: list[Written] = []
    with progress_bar(len(targets), "compile", progress) as bar:
        for index, target in enumerate(targets):
            if isinstance(target, Exact):
                compiled.append(target)
                bar.update()
                continue
            own = derived_seed(seed, "deploy", index)
            made = compile_state(target, *options, seed=own, progress=False)
            if made.status is Status.INTERRUPTED:
                raise KeyboardInterrupt  # a model with one class cut short would look whole
            compiled.append(made)
            bar.update()
    return tuple(compiled)
