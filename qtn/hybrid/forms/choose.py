"""Which form a deployed model has: the one given, the one of a name, or the one that suits it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtn._checks import fail
from qtn.devices import resolve
from qtn.errors import ArgumentError
from qtn.hybrid.forms.base import Form
from qtn.hybrid.forms.born import Born
from qtn.hybrid.forms.isometric import Isometric
from qtn.hybrid.forms.label import Label
from qtn.hybrid.forms.overlap import Overlap
from qtn.hybrid.forms.regression import Regression
from qtn.models.forms.compilable import Compilable

SMALLER = (
    "Take a larger device, or train with isometric=True: with resets a chain of bond 2^k takes "
    "k + 1 qubits, however many features there are."
)
# The forms that have a name. Whoever adds one adds a line; "auto" asks them in this order.
FORMS: dict[str, Callable[[], Form]] = {
    "overlap": Overlap,
    "label": Label,
    "isometric": Isometric,
    "born": Born,
    "regression": Regression,
}


def chosen_form(form: Any, model: Any) -> Form:
    """Return the form of an argument of `deploy`.

    Args:
        form: "auto", the name of a form, or a form.
        model: the trained model, for "auto".

    Raises:
        ArgumentError: no form.
    """
    if isinstance(form, Form):
        return form
    if isinstance(form, str) and form == "auto":
        return next(iter(suited(model).values()), Overlap())
    known = {**FORMS, **_own(model)}
    if isinstance(form, str) and form in known:
        return known[form]()
    names = ", ".join(f'"{name}"' for name in ("auto", *known))
    raise fail("form", f"one of {names}, or a form such as qtn.hybrid.Overlap()", form)


def suited(model: Any) -> dict[str, Form]:
    """Return the forms that suit a model, by their names."""
    made = {name: make() for name, make in {**FORMS, **_own(model)}.items()}
    return {name: form for name, form in made.items() if form.suits(model)}


def _own(model: Any) -> dict[str, Callable[[], Form]]:
    """Return the form that a model of an application brings with it, by the name of its class."""
    make = getattr(model, "quantum_form", None)
    return {} if make is None else {type(make()).__name__.lower(): make}


def refuse_unsuited(form: Form, model: Any) -> None:
    """Raise `ArgumentError` where a form does not take a model of this kind, and say which does.

    What is no model of ours is left to those who know what they need.
    """
    if not isinstance(model, Compilable) or form.suits(model):
        return
    names = " or ".join(f'form="{name}"' for name in suited(model))
    raise ArgumentError(
        f"The form {type(form).__name__} does not take this {type(model).__name__}"
        f"{' with isometric=True' if getattr(model, 'isometric', False) else ''}. "
        f"{f'Deploy it with {names}.' if names else 'No form does.'}"
    )


def refuse_small(form: Form, model: Any, device: Any) -> None:
    """Raise `ArgumentError` where a form needs more qubits than a device has.

    Args:
        form: bound to the model.
        model: fitted.
        device: as `qtn.run` takes it.
    """
    target, needed = resolve(device).target, form.qubits(model)
    there = getattr(target, "num_qubits", None)
    if there is None or needed is None or needed <= there:
        return
    fitting = []
    for name, other in suited(model).items():
        size = other.bound(model).qubits(model)
        if size is not None and size <= there:
            fitting.append(f'form="{name}" takes {size}')
    way_out = f"{' and '.join(fitting)}." if fitting else SMALLER
    raise ArgumentError(
        f"The form {type(form).__name__} of this model takes {needed} qubits, but the device has "
        f"{there}. {way_out}"
    )
