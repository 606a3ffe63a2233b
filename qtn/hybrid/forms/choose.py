"""Which form a deployed model has: the one given, the one of a name, or the one that suits it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtn._checks import fail
from qtn.hybrid.forms.base import Form
from qtn.hybrid.forms.born import Born
from qtn.hybrid.forms.isometric import Isometric
from qtn.hybrid.forms.label import Label
from qtn.hybrid.forms.overlap import Overlap

# The forms that have a name. Whoever adds one adds a line; "auto" asks them in this order.
FORMS: dict[str, Callable[[], Form]] = {
    "overlap": Overlap,
    "label": Label,
    "isometric": Isometric,
    "born": Born,
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
    if isinstance(form, str) and form in FORMS:
        return FORMS[form]()
    if isinstance(form, str) and form == "auto":
        made = [make() for make in FORMS.values()]
        return next((f for f in made if f.suits(model)), made[0])
    names = ", ".join(f'"{name}"' for name in ("auto", *FORMS))
    raise fail("form", f"one of {names}, or a form such as qtn.hybrid.Overlap()", form)
