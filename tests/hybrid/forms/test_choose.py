"""Which form a model gets: the one given, one by its name, or one that suits it."""

from __future__ import annotations

import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid.forms.choose import FORMS, chosen_form
from qtn.hybrid.forms.overlap import Overlap


def test_a_form_its_name_and_auto() -> None:
    own, model = Overlap(), qtn.MPSClassifier()
    assert chosen_form(own, model) is own
    assert chosen_form("overlap", model) == own
    assert chosen_form("auto", model) == own
    assert FORMS["overlap"]().suits(model)
    assert not FORMS["overlap"]().suits(qtn.MPSClassifier(isometric=True))
    assert not FORMS["overlap"]().suits(qtn.MPSRegressor())


@pytest.mark.parametrize("wrong", ["swap", "", None, 3, Overlap])
def test_what_is_no_form_is_refused(wrong: object) -> None:
    with pytest.raises(ArgumentError, match='`form` must be one of "auto", "overlap"'):
        chosen_form(wrong, qtn.MPSClassifier())
