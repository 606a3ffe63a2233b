"""Options show what differs from their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qtn._display import Settings


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Sweeps(Settings):
    """How often.

    Not shown.
    """

    needed: Any
    count: int = 4
    weights: Any = None
    places: tuple[int, ...] = ()
    inner: Any = field(default_factory=list)
    hidden: int = field(default=1, repr=False)


def test_the_repr_is_what_one_would_type() -> None:
    assert repr(Sweeps(1)) == str(Sweeps(1)) == "Sweeps(needed=1)"
    assert repr(Sweeps("a", 5, hidden=3)) == "Sweeps(needed='a', count=5)"
    assert repr(Sweeps(None, True)) == "Sweeps(needed=None, count=True)"


def test_arrays_and_long_tuples_are_short() -> None:
    shown = Sweeps(1, weights=np.zeros((30, 2)), places=tuple(range(100)))
    assert repr(shown) == (
        "Sweeps(needed=1, weights=float64 array, 30 × 2, places=(0, 1, 2, …, 97, 98, 99 (100)))"
    )
    assert len(repr(Sweeps("x" * 1000))) < 200


def test_a_notebook_shows_all_options_and_the_defaults_of_those_changed() -> None:
    page = Sweeps(1, 5)._repr_html_()
    assert "instead of" in page
    for text in ("count", "5", "4", "weights", "None"):
        assert f">{text}<" in page
    assert "hidden" not in page
    assert "<p>How often.</p>" in page
    assert "instead of" not in Sweeps(1)._repr_html_()


class Fixed(Settings):
    __slots__ = ()


def test_what_has_no_options_has_a_name() -> None:
    assert repr(Fixed()) == "Fixed()"
    assert "Fixed" in Fixed()._repr_html_()
