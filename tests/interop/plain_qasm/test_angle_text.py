"""Angles as constant expressions; what is not plain is left to Qiskit."""

from __future__ import annotations

import math

import pytest

from qtn.interop.plain_qasm.angle_text import Unread, angle_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.3", 0.3),
        ("-3*pi/8", -3 * math.pi / 8),
        ("(pi + 1) / 2", (math.pi + 1) / 2),
        ("1e-3", 1e-3),
        ("2 - pi", 2 - math.pi),
        ("a*2", 0.5),
    ],
)
def test_plain_expressions(text, value):
    assert angle_of(text, "3", {"a": 0.25}) == value


def test_whole_numbers_divide_as_the_version_says():
    assert angle_of("1/2", "2") == 0.5
    with pytest.raises(Unread):
        angle_of("1/2", "3")


@pytest.mark.parametrize(
    "text",
    ["", "x", "sin(1)", "2**3", "1/0.0", "1e999", "True", "'a'", "(" * 300, "0.1" * 100, "[1]"],
)
def test_anything_else_is_left(text):
    with pytest.raises(Unread):
        angle_of(text, "3")
