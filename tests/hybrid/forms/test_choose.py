"""Which form a model gets: the one given, one by its name, or one that suits it."""

from __future__ import annotations

import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid import Isometric, Label
from qtn.hybrid.forms.choose import (
    FORMS,
    chosen_form,
    refuse_small,
    refuse_unsuited,
    suited,
)
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


def test_a_form_that_does_not_take_a_model_names_those_that_do() -> None:
    plain, isometric = qtn.MPSClassifier(), qtn.TTNClassifier(isometric=True)
    assert list(suited(plain)) == ["overlap", "label"]
    assert list(suited(isometric)) == ["isometric"]
    refuse_unsuited(Overlap(), plain)
    refuse_unsuited(Overlap(), "no model of ours")
    for form, model, message in (
        (
            Isometric(),
            plain,
            r'does not take this MPSClassifier. .* form="overlap" or form="label"',
        ),
        (Label(), isometric, r'this TTNClassifier with isometric=True. .* form="isometric"'),
        (Overlap(), qtn.MPSBornMachine(), r'The form Overlap .* MPSBornMachine. .* form="born"'),
    ):
        with pytest.raises(ArgumentError, match=message):
            refuse_unsuited(form, model)


def test_a_device_that_is_too_small_and_what_would_fit() -> None:
    data = qtn.load_digits(size=2, classes=(0, 1), seed=0)
    model = qtn.MPSClassifier(2, epochs=1, progress=False).fit(data.x_train, data.y_train)
    assert (Overlap().qubits(model), Label().qubits(model)) == (4, 5)
    refuse_small(Label(), model, "FakeManilaV2")
    with pytest.raises(ArgumentError, match=r"takes 8 qubits, but the device has 5. Take a larger"):
        refuse_small(Overlap(), twice(), "FakeManilaV2")
    with pytest.raises(ArgumentError, match="takes 8 qubits, but the device has 5"):
        qtn.deploy(twice(), form="overlap", device="FakeManilaV2")
    deep = qtn.TTNClassifier(2, isometric=True, epochs=1, progress=False)
    deep.fit(data.x_train.repeat(2, axis=1), data.y_train)
    with pytest.raises(ArgumentError, match=r'8 qubits, but .* 5. form="isometric" takes [45]'):
        refuse_small(Isometric(reset=False), deep, "FakeManilaV2")


def twice() -> qtn.MPSClassifier:
    """A model of eight columns."""
    data = qtn.load_digits(size=2, classes=(0, 1), seed=0)
    model = qtn.MPSClassifier(2, epochs=1, progress=False)
    return model.fit(data.x_train.repeat(2, axis=1), data.y_train)
