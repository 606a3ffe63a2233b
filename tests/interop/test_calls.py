"""Objects by their text: parsed, never evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from qtn._checks import did_you_mean
from qtn.errors import ArgumentError
from qtn.interop.calls import LONGEST, read_call, read_calls


@dataclass(frozen=True)
class Stairs:
    layers: int = 4
    start: Any = None


KNOWN = {"Stairs": Stairs, "Readout": dict}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Stairs", Stairs()),
        ("Stairs()", Stairs()),
        ("Stairs(3)", Stairs(3)),
        ("Stairs(layers=-3, start=Stairs(1))", Stairs(-3, Stairs(1))),
        ("Stairs(start=Stairs)", Stairs(4, Stairs())),
        ("Stairs(start=[1, (2.5, 'a'), {'b': None}])", Stairs(4, [1, (2.5, "a"), {"b": None}])),
        (" Stairs , ", Stairs()),
    ],
)
def test_one_object(text: str, found: Stairs) -> None:
    assert read_call("method", text, KNOWN) == found


def test_several_objects() -> None:
    assert read_calls("techniques", "Readout, Stairs(2)", KNOWN) == [{}, Stairs(2)]
    with pytest.raises(ArgumentError, match="it holds several"):
        read_call("method", "Readout, Stairs(2)", KNOWN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Stair(3)", "names 'Stair', which is unknown. Did you mean 'Stairs'?"),
        ("stairs", "Did you mean 'Stairs'?"),
        ("Zebra", "Known: Readout, Stairs"),
        ("Stairs(layer=3)", "Stairs has no option 'layer'. Did you mean 'layers'?"),
        ("Stairs(1, 2, 3)", "Stairs cannot be made so"),
        ("Stairs(**{})", r"\*\* is not understood"),
        ("__import__('os').system('true')", "neither a name nor a call"),
        ("__import__('os')", "names '__import__', which is unknown"),
        ("Stairs(open('x'))", "names 'open', which is unknown"),
        ("Stairs(1 + x)", "no number, text or list"),
        ("Stairs(lambda: 1)", "no number, text or list"),
        ("[Stairs]", "neither a name nor a call"),
        ("Stairs), (Stairs", "neither a name nor a call"),
        ("3", "neither a name nor a call"),
        ("", "it is no Python"),
        ("Stairs(", "it is no Python"),
        ("(" * 900 + "Stairs" + ")" * 900, "it is no Python"),
        ("x" * (LONGEST + 1), "it is longer than 4000 characters"),
        ("a\0b", "it is no Python"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        read_calls("method", text, KNOWN)


def test_the_nearest_word_or_all() -> None:
    assert did_you_mean("cmpile", ["compile", "run"]) == "Did you mean 'compile'? "
    assert did_you_mean("zzz", ["run", "about"]) == "Known: about, run. "
