"""What a file keeps of a classifier by diagrams, and how it is read back without trust."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, finite_array, items, text
from qtn.applications.language.labelled import read_texts
from qtn.errors import ArgumentError
from qtn.interop.lambeq import Grammar
from qtn.models.training.saved import (
    checked_history,
    packed_parameters,
    plain,
    unpacked_parameters,
)

Model = TypeVar("Model", bound=Any)
ROOT = "grammar"  # in the place of a reader that stands in the header itself


def packed(model: Any) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the header of a fitted model.

    Raises:
        ArgumentError: its reader, ansatz or rewriters are objects of lambeq, which no file keeps.
    """
    parameters = model.get_params(deep=False)
    grammar = parameters["reader"] if isinstance(parameters["reader"], Grammar) else None
    if grammar is not None:
        parameters["reader"] = ROOT
    named = [parameters["reader"], parameters["ansatz"], *parameters["rewrite"]]
    if not all(isinstance(value, str) for value in named):
        raise ArgumentError(
            "This model has a reader, an ansatz or a rewriter that is an object of lambeq or a "
            "folder, which a file cannot keep. Name them, or give a Grammar."
        )
    parameters["rewrite"] = list(parameters["rewrite"])
    arrays = {
        "angles": np.array(list(model.angles_.values())),
        "common": np.array(list(model.common_.values())),
        "classes": model.classes_,
    }
    header = {
        "parameters": packed_parameters(parameters, model._seed),
        "grammar": None if grammar is None else _grammar(grammar),
        "classes": plain(model.classes_),
        "names": list(model.angles_),
        "commons": list(model.common_),
        "examples": list(model.examples_),
        "history": model.history_,
    }
    if arrays["classes"].dtype.kind not in "iufb":
        del arrays["classes"]  # texts stand in the header
    return arrays, header


def restored(model: Model, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Model:
    """Return a model as it was, from what `packed` wrote.

    Raises:
        ArgumentError: something in the file does not fit the rest.
    """
    parameters = unpacked_parameters(header["parameters"])
    if header["grammar"] is not None:
        kept = dict(header["grammar"])
        kept["words"] = {word: _types(kinds) for word, kinds in kept["words"]}
        kept["rules"] = {(a, b): made for a, b, made in kept["rules"]}
        parameters["reader"] = Grammar(**kept)
    model.set_params(**parameters)
    model._check_parameters()
    model.classes_ = np.asarray(arrays.get("classes", header["classes"]))
    if model.classes_.ndim != 1 or len(model.classes_) < 2:
        raise fail("classes", "the labels of at least two classes", model.classes_)
    for kept_as, numbers, names in (
        ("angles_", "angles", "names"),
        ("common_", "common", "commons"),
    ):
        known = [text(names, name) for name in items(names, header[names], "texts")]
        values = _numbers(numbers, arrays[numbers])
        if len(set(known)) != len(known) or len(known) != len(values):
            raise fail(names, f"{len(values)} different names", known)
        setattr(model, kept_as, dict(zip(known, values.tolist(), strict=True)))
    model.examples_ = tuple(" ".join(words) for words in read_texts("examples", header["examples"]))
    model.history_ = checked_history(header["history"])
    model.n_iter_ = model.epochs
    return model


def _numbers(name: str, array: NDArray[Any]) -> NDArray[Any]:
    return np.zeros(0) if array.shape == (0,) else finite_array(name, array, ndim=1, dtype=float)


def _grammar(grammar: Grammar) -> dict[str, Any]:
    words = [[word, list(grammar.types_of(word))] for word in grammar.words]
    rules = [[a, b, made] for (a, b), made in grammar.rules.items()]
    return {"words": words, "rules": rules, "target": grammar.target, "boxes": grammar.boxes}


def _types(kinds: Any) -> tuple[str, ...]:
    return tuple(text("words", kind) for kind in items("words", kinds, "texts"))
