"""The classes that recipes name, and their options, known from the classes themselves."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from qtn._checks import did_you_mean

Kinds = Mapping[str, str]

TEXTBOOK = "textbook"  # the circuit that the literature has: no class, and no options
METHODS: Kinds = {
    **dict.fromkeys(
        ("Auto", "Brickwall", "Hops", "Isometries", "Segments", "Staircase", "Tree", "Window"),
        "qtn.aqc",
    ),
    TEXTBOOK: "",
}
MODELS: Kinds = {
    f"{shape}{kind}": "qtn.models"
    for shape in ("MPS", "TTN")
    for kind in ("BornMachine", "Classifier", "Regressor")
} | {"SequenceClassifier": "qtn.applications.sequences"}
TECHNIQUES: Kinds = dict.fromkeys(
    (
        *("DynamicalDecoupling", "PEA", "PEC", "PNA", "PostSelection", "Readout", "TEM", "TwinZNE"),
        *("Twirl", "VirtualDistillation", "ZNE"),
    ),
    "qtn.mitigation",
)


def read_options(
    kinds: Kinds, name: str, options: Mapping[str, Any], beside: Iterable[str] = ()
) -> dict[str, Any]:
    """Check that a class is known, and that it has the options given.

    Args:
        kinds: the classes that there are.
        name: of the class.
        options: by their names.
        beside: keys that the section has itself, which may have been meant.

    Raises:
        ValueError: an unknown class or option; with the one that was meant.
    """
    if name not in kinds:
        raise ValueError(f"there is no `{name}`. {did_you_mean(name, kinds)}".rstrip())
    known = option_names(kinds, name)
    for option in options:
        if option not in known:
            meant = did_you_mean(option, [*known, *beside]).rstrip()
            raise ValueError(f"`{option}` is no option of {name}. {meant}")
    return dict(options)


def option_names(kinds: Kinds, name: str) -> tuple[str, ...]:
    """Return the options of a class: its fields, or the parameters of its constructor."""
    if not kinds[name]:
        return ()
    made = class_of(kinds, name)
    if dataclasses.is_dataclass(made):
        return tuple(field.name for field in dataclasses.fields(made) if field.init)
    return tuple(n for n in inspect.signature(made).parameters if n != "self")


def class_of(kinds: Kinds, name: str) -> Any:
    """Return the class of a name, from its room."""
    return getattr(importlib.import_module(kinds[name]), name)


def built(kinds: Kinds, name: str, options: Mapping[str, Any]) -> Any:
    """Return an object of the class; lists become tuples, as the doors want them."""
    return class_of(kinds, name)(**{key: _frozen(value) for key, value in options.items()})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
