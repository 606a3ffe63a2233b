"""Argument checks: what passes, what is refused, and what the refusal says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qtn import _checks
from qtn.errors import ArgumentError


class Hostile:
    """Raises from everything that a check might ask of it."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise RuntimeError("no array")

    def __fspath__(self) -> str:
        raise RuntimeError("no path")


@pytest.mark.parametrize("bad", [True, 2.0, "2", None, 0, -3, 2**63, 10**4000, math.nan, Hostile()])
def test_counts(bad: Any) -> None:
    assert _checks.positive_int("bond", np.int32(3)) == 3
    with pytest.raises(ArgumentError, match="Argument `bond` must be a positive integer"):
        _checks.positive_int("bond", bad)


def test_an_object_without_a_text_is_named_by_its_type() -> None:
    with pytest.raises(ArgumentError, match="but is an object of type Hostile"):
        _checks.positive_int("bond", Hostile())


@pytest.mark.parametrize("bad", [True, "1", None, 1j, math.inf, 10**400, Hostile(), 2.5])
def test_reals(bad: Any) -> None:
    assert _checks.real("rate", np.float32(0.5), 0.0, 1.0) == 0.5
    with pytest.raises(ArgumentError, match=r"`rate` must be a finite number in \[0, 1\]"):
        _checks.real("rate", bad, 0.0, 1.0)


def test_limits_that_are_not_allowed_are_not_told_as_such() -> None:
    with pytest.raises(ArgumentError, match=r"in \(0, inf\), but is inf"):
        _checks.real("seconds", math.inf, 0.0, open_low=True)
    with pytest.raises(ArgumentError, match=r"in \(-inf, 3\], but is 4"):
        _checks.real("x", 4, high=3)


def test_choices_do_not_mix_types() -> None:
    assert _checks.choice("size", np.int64(2), (1, 2)) == 2
    assert _checks.choice("real", None, (None, True, False)) is None
    assert _checks.choice("real", np.bool_(True), (None, True, False)) is True
    for bad in (True, 1.0, "1", np.array([1, 2]), [1], Hostile()):
        with pytest.raises(ArgumentError, match="`size` must be one of 1, 2"):
            _checks.choice("size", bad, (1, 2))
    for bad in (0, 1, "True"):
        with pytest.raises(ArgumentError, match="one of True, False"):
            _checks.choice("real", bad, (True, False))


@pytest.mark.parametrize("bad", ["no", 0, 1, None, Hostile()])
def test_flags(bad: Any) -> None:
    assert _checks.flag("wrap", np.bool_(False)) is False
    with pytest.raises(ArgumentError, match="`wrap` must be True or False"):
        _checks.flag("wrap", bad)


@pytest.mark.parametrize("bad", ["", "a\0b", "x" * 256, b"a", 3, None, Hostile()])
def test_paths(bad: Any) -> None:
    assert _checks.file_path("path", "a/b") == Path("a/b") == _checks.file_path("path", Path("a/b"))
    with pytest.raises(ArgumentError, match=r"`path` must be (the|a) path"):
        _checks.file_path("path", bad)


def test_text_and_objects() -> None:
    assert _checks.text("title", "Digits") == "Digits"
    with pytest.raises(ArgumentError, match="`title` must be text, but is 3"):
        _checks.text("title", 3)
    assert _checks.instance("other", 3, int, "an int") == 3
    with pytest.raises(ArgumentError, match=r"`other` must be an int, but is 'a'\. Convert it\."):
        _checks.instance("other", "a", int, "an int", way_out="Convert it.")


def test_sequences() -> None:
    assert _checks.items("factors", (1, 2), "numbers") == [1, 2]
    for bad in ("12", b"12", 3, None, {1, 2}, Hostile(), np.array(3)):
        with pytest.raises(ArgumentError, match="`factors` must be numbers"):
            _checks.items("factors", bad, "numbers")
    assert _checks.indices("shape", np.array([2, 3])) == (2, 3)
    with pytest.raises(ArgumentError, match=r"`shape\[1\]` must be an integer of at least 0"):
        _checks.indices("shape", [2, -1])


@pytest.mark.parametrize(
    "bad", ["abc", "3", ["3"], [], [math.nan], [1j], None, Hostile(), [10**400]]
)
def test_arrays(bad: Any) -> None:
    assert _checks.finite_array("x", [1, 2], dtype=float).dtype == float
    with pytest.raises(ArgumentError, match="Argument `x` must"):
        _checks.finite_array("x", bad, dtype=float)


def test_permutations_hold_every_number_once() -> None:
    assert _checks.permutation("order", [2, 0, 1], 3).tolist() == [2, 0, 1]
    for wrong in ([0, 1], [0, 0, 1], [0.0, 1.0, 2.0], None, "abc"):
        with pytest.raises(ArgumentError, match="`order` must be every number of 0 … 2 once"):
            _checks.permutation("order", wrong, 3)
