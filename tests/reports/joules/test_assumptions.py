"""Assumptions: all have a source, all can be given."""

from __future__ import annotations

from typing import Any

import pytest

import qtn
from qtn.reports.joules.assumptions import DEFAULTS, assumed


def test_every_figure_has_a_source_and_a_unit_where_it_needs_one() -> None:
    for one in DEFAULTS:
        assert one.source
        assert one.meaning
        assert one.name in str(one)
        assert one.source in str(one)


def test_the_caller_overrides() -> None:
    found = assumed({"device_power": 1e4, "two_qubit_error": 0})
    assert found["device_power"].value == 1e4
    assert found["device_power"].source == "given by the caller"
    assert found["core_power"].source == "assumption"
    assert assumed(None).keys() == found.keys()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"power": 1.0}, "`assume` must be made of the names device_power, shot_delay"),
        ({"core_power": 0}, "must be a finite number"),
        ({"core_power": "ten"}, "must be a finite number"),
        ({"two_qubit_error": 1.5}, "must be a finite number"),
        ({"shot_delay": float("nan")}, "must be a finite number"),
        ([1.0], "`assume` must be a mapping of names of assumptions"),
    ],
)
def test_bad_figures(given: Any, text: str) -> None:
    with pytest.raises(qtn.ArgumentError, match=text):
        assumed(given)
