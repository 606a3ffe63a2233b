"""The classes that recipes name: all that the rooms export, with the options that they have."""

from __future__ import annotations

import pytest

import qtn
from qtn.experiments.options import (
    METHODS,
    MODELS,
    TECHNIQUES,
    TEXTBOOK,
    built,
    option_names,
    read_options,
)


def test_every_method_and_technique_of_the_house_can_be_named() -> None:
    doors = {name: getattr(qtn, name) for name in qtn.__all__}
    kinds = {name: made for name, made in doors.items() if isinstance(made, type)}
    methods = {n for n, made in kinds.items() if issubclass(made, qtn.Method)}
    assert set(METHODS) == methods - {"Method", "Resume"} | {TEXTBOOK}
    techniques = {n for n, made in kinds.items() if issubclass(made, qtn.Technique)}
    assert set(TECHNIQUES) == techniques - {"Technique"}
    assert all(hasattr(kinds[name], "fit") for name in MODELS)


def test_options_are_those_of_the_class() -> None:
    assert "layers" in option_names(METHODS, "Brickwall")
    assert "bond" in option_names(MODELS, "TTNBornMachine")
    assert option_names(METHODS, TEXTBOOK) == ()
    assert built(METHODS, "Staircase", {"layers": 2}) == qtn.Staircase(2)
    assert built(TECHNIQUES, "ZNE", {"factors": [1, 3]}) == qtn.ZNE(factors=(1, 3))


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"there is no `Windw`\. Did you mean 'Window'"):
        read_options(METHODS, "Windw", {})
    with pytest.raises(ValueError, match="`layers` is no option of textbook"):
        read_options(METHODS, TEXTBOOK, {"layers": 1})


def test_values_are_checked_by_the_class() -> None:
    with pytest.raises(qtn.ArgumentError, match="`layers` must be a positive integer"):
        built(METHODS, "Brickwall", {"layers": 0})
