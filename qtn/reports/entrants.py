"""Who is compared: names, kinds, and whether all of them answer the same question.

A classical model is anything that scikit-learn would call a fitted classifier or regressor; a
quantum model is what `qtn.deploy` or its `refine` gave. The first is called "classical" and the
second "quantum" where there is one of each; several bear the names of their classes and forms, or
those that the caller gives as the keys of a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from qtn._checks import fail, finite_array, text
from qtn._display import Fields
from qtn.data.dataset import label_array, sentence_array
from qtn.errors import ArgumentError
from qtn.hybrid import QuantumClassifier, QuantumModel, QuantumRegressor
from qtn.hybrid.pipelines import taken_apart

CLASSICAL, BASELINE, QUANTUM = "classical", "baseline", "quantum"
REFINED = "refined"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Entrant(Fields):
    """One model of a comparison.

    Args:
        name: how it is called in the table.
        kind: "classical", "baseline" or "quantum".
        model: the fitted model.
    """

    name: str
    kind: str
    model: Any


def classical_entrants(models: Any) -> tuple[Entrant, ...]:
    """Return the classical models with their names.

    Raises:
        ArgumentError: one is no classifier or regressor, or not fitted.
    """
    named = _named("models", models, CLASSICAL, model_name)
    for name, model in named.items():
        check_fitted(_place("models", models, name), model)
    return tuple(Entrant(name, CLASSICAL, model) for name, model in named.items())


def quantum_entrants(quantum: Any) -> tuple[Entrant, ...]:
    """Return the quantum models with their names; refined ones say so.

    Raises:
        ArgumentError: one is no quantum model, or one that gives no predictions.
    """
    named = _named("quantum", quantum, QUANTUM, form_name)
    for name, model in named.items():
        if not isinstance(model, QuantumClassifier | QuantumRegressor):
            expected = "a result of qtn.deploy that predicts"
            way_out = f"A {type(model).__name__} gives no predictions of rows."
            deployed = isinstance(model, QuantumModel)
            raise fail(
                _place("quantum", quantum, name), expected, model, way_out if deployed else ""
            )
    refined = sum(map(is_refined, named.values()))
    if not isinstance(quantum, Mapping) and refined <= 1 and len(named) - refined <= 1:
        # At most one of each: their forms say nothing that these two words do not.
        named = {REFINED if is_refined(m) else QUANTUM: m for m in named.values()}
    return tuple(Entrant(name, QUANTUM, model) for name, model in named.items())


def check_fitted(name: str, model: Any) -> None:
    """Raise `ArgumentError` unless a model is a fitted classifier or regressor."""
    expected = "a fitted classifier or regressor"
    if isinstance(model, type) or not callable(getattr(model, "predict", None)):
        raise fail(name, expected, model)
    if isinstance(model, QuantumModel):
        raise fail(name, expected, model, "Quantum models are the second argument.")
    try:
        check_is_fitted(model)
    except (NotFittedError, TypeError) as error:
        raise fail(name, expected, model, "Call fit(x, y) first.") from error


def is_refined(model: QuantumModel) -> bool:
    """Say whether a circuit of a quantum model was refined after its compilation."""
    return any(REFINED in getattr(c, "provenance", {}) for c in getattr(model, "compiled", ()))


def inner_model(model: Any) -> Any:
    """Return what learns: the last step of a pipeline, the best of a search, a regressor inside."""
    found, _ = taken_apart("models", model)
    return inner_model(found.regressor_) if hasattr(found, "regressor_") else found


def model_name(model: Any) -> str:
    """Return the class of what learns inside a model."""
    return type(inner_model(model)).__name__


def form_name(model: QuantumModel) -> str:
    """Return the form of a quantum model in small letters, and whether it was refined."""
    name = type(getattr(model, "form", model)).__name__.lower()
    return f"{name} {REFINED}" if is_refined(model) else name


def _named(argument: str, value: Any, alone: str, called: Callable[[Any], str]) -> dict[str, Any]:
    """Return models by name: the caller's own, `alone` for a single one, or what they are."""
    if isinstance(value, Mapping):
        return {text(f"a name in `{argument}`", name): model for name, model in value.items()}
    if not isinstance(value, list | tuple):
        return {alone: value}
    if len(value) == 1:
        return {alone: value[0]}
    return unique((called(model), model) for model in value)


def unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return pairs as a dictionary; the second of a name is "name 2", and so on."""
    found: dict[str, Any] = {}
    for name, model in pairs:
        number, free = 2, name
        while free in found:
            number, free = number + 1, f"{name} {number}"
        found[free] = model
    return found


def _place(argument: str, value: Any, name: str) -> str:
    several = isinstance(value, list | tuple | Mapping)
    return f"{argument}[{name!r}]" if several else argument


# ------------------------------------------------------------------------------------ the question


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What all models are asked: rows, what is true of them, and what a truth can be.

    Args:
        x: rows (inputs, features); a table as it was given where every model begins with a
            transformer, such as an imputer or an encoder, which judges rows itself.
        y: labels, or numbers (inputs,).
        classes: all labels; None where the truth is a number.
    """

    x: Any
    y: np.ndarray
    classes: np.ndarray | None


def asked(entrants: Iterable[Entrant], x: ArrayLike, y: ArrayLike) -> Question:
    """Return the question that all entrants answer.

    Raises:
        ArgumentError: rows and labels do not belong together, a label that a model has never seen,
            models with different classes, or classifiers beside regressors.
    """
    everybody = list(entrants)
    if not everybody:
        raise ArgumentError("Arguments `models` and `quantum` are both empty. Give one to compare.")
    rows = _rows(everybody, x)
    numbers = [e for e in everybody if _predicts_numbers(e.model)]
    if numbers and len(numbers) < len(everybody):
        other = next(e for e in everybody if e not in numbers)
        raise ArgumentError(
            f"The model {numbers[0].name!r} predicts numbers and {other.name!r} classes. Compare "
            "classifiers with classifiers, and regressors with regressors."
        )
    if numbers:
        truth = finite_array("y", y, ndim=1, dtype=np.float64)
    else:
        truth = label_array("y", y)
    if truth.shape != (len(rows),):
        what = "number" if numbers else "label"
        raise ArgumentError(
            f"Argument `y` must have one {what} per input, shape ({len(rows)},), but has shape "
            f"{truth.shape}."
        )
    return Question(rows, truth, None if numbers else _classes(everybody, truth))


def classes_of(model: Any) -> np.ndarray | None:
    """Return the classes that a model knows, if it says which."""
    name = "classes" if isinstance(model, QuantumModel) else "classes_"
    found = getattr(model, name, None)
    return None if found is None else np.asarray(found)


def _rows(entrants: list[Entrant], x: ArrayLike) -> Any:
    shape = getattr(x, "shape", None)
    if shape is not None and len(shape) == 2 and shape[0] and all(map(_transforms, entrants)):
        return x
    if any(map(_reads_sentences, entrants)):
        return sentence_array("x", x)
    return finite_array("x", x, ndim=2, dtype=np.float64)


def _reads_sentences(entrant: Entrant) -> bool:
    """Say whether a model takes texts or sequences as they are, by its scikit-learn tags."""
    model = entrant.model
    before = model.before if isinstance(model, QuantumModel) else taken_apart("models", model)[1]
    tags = get_tags(before[0] if before else model).input_tags
    return bool(tags.string and not tags.two_d_array)


def _transforms(entrant: Entrant) -> bool:
    """Say whether rows pass a transformer before they meet the model."""
    if isinstance(entrant.model, QuantumModel):
        return bool(entrant.model.before)
    return bool(taken_apart("models", entrant.model)[1])


def _predicts_numbers(model: Any) -> bool:
    return is_regressor(model) and not is_classifier(model)


def _classes(entrants: list[Entrant], labels: np.ndarray) -> np.ndarray:
    known = [(e, found) for e in entrants if (found := classes_of(e.model)) is not None]
    if not known:
        return np.unique(labels)
    first, classes = known[0]
    for other, found in known[1:]:
        if not np.array_equal(classes, found):
            raise ArgumentError(
                f"The model {first.name!r} knows the classes {classes.tolist()}, {other.name!r} "
                f"knows {found.tolist()}. Compare models of the same classes."
            )
    unseen = sorted(set(labels.tolist()) - set(classes.tolist()), key=str)
    if unseen:
        raise ArgumentError(
            f"Argument `y` holds the label {unseen[0]!r}, which the model {first.name!r} has never "
            f"seen. It knows {classes.tolist()}."
        )
    return classes
