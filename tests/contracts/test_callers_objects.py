"""No door changes an array, a circuit or a list of the caller's; what it gives shows itself."""

from __future__ import annotations

import copy
import dataclasses
import enum
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from public_doors import doors
from qiskit import QuantumCircuit
from qiskit.circuit import Instruction
from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2
from qiskit.quantum_info import SparsePauliOp
from sklearn.base import BaseEstimator

import qtn
from qtn._display import Displayed

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
# Who shows itself by a library's own means.
OTHERS = (BaseEstimator, Instruction, BaseSamplerV2, BaseEstimatorV2, Axes)
# Numbers and their like, which are one line everywhere.
PLAIN = {"Polynomial"}
# Tables whose rows are all looked for, not only the first.
MOST_LINES = {"Comparison": 60}


class Page(HTMLParser):
    """What a browser would see: tags, text, styles, and tags that nobody closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.text, self.style = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open.append(tag)
        self.style += " ".join(value or "" for name, value in attrs if name == "style")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["style"]:
            self.style += data
        else:
            self.text += data


def fingerprint(value: Any) -> Any:
    """Return everything of `value` that a door might change, as something to compare."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, QuantumCircuit):
        gates = [
            (i.operation.name, [str(p) for p in i.operation.params], str(i.qubits), str(i.clbits))
            for i in value.data
        ]
        return gates, str(value.global_phase), str(value.qregs), str(value.cregs), value.name
    if isinstance(value, SparsePauliOp):
        return value.to_list()
    if isinstance(value, qtn.MPS | qtn.TTN):
        return [fingerprint(t) for t in value.tensors]
    if isinstance(value, Mapping):
        return [(k, fingerprint(v)) for k, v in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [fingerprint(v) for v in value]
    return repr(value)


@pytest.fixture(scope="module")
def called() -> dict[str, tuple[bool, Any]]:
    """Every door, called once: whether it changed what it was given, and what it gave."""
    found = {}
    for name, door in doors().items():
        before = fingerprint(door.works)
        given = door.call(**door.works)
        found[name] = fingerprint(door.works) != before, given
    return found


def test_no_door_changes_what_it_is_given(called: dict[str, tuple[bool, Any]]) -> None:
    assert [name for name, (changed, _) in called.items() if changed] == []


def ours(value: Any, depth: int = 3) -> Iterator[Any]:
    """Every object of ours in a value and in its fields: what a user gets hold of."""
    if isinstance(value, tuple | list) and not isinstance(value, Displayed):
        inner: Any = value[:3]
    elif isinstance(value, Mapping):
        inner = list(value.values())[:3]
    elif type(value).__module__.startswith("qtn.") and not isinstance(value, enum.Enum):
        yield value
        known = dataclasses.fields(value) if dataclasses.is_dataclass(value) else ()
        inner = [getattr(value, f.name) for f in known if not f.name.startswith("_")]
        inner = [*inner, *value[:3]] if isinstance(value, tuple) else inner
    else:
        return
    if depth:
        for part in inner:
            yield from ours(part, depth - 1)


@pytest.fixture(scope="module")
def objects(called: dict[str, tuple[bool, Any]]) -> dict[type, Any]:
    """One object of every class of ours that a door gives, or that is a field of one."""
    found: dict[type, Any] = {}
    for _, given in called.values():
        for value in ours(given):
            found.setdefault(type(value), value)
    assert len(found) > 80
    return found


def test_what_a_door_gives_is_named_in_one_line(objects: dict[type, Any]) -> None:
    lines = {kind.__qualname__: repr(value) for kind, value in objects.items()}
    assert [name for name, line in lines.items() if "\n" in line or len(line) >= 200] == []


def test_what_a_door_gives_prints_a_table_that_fits_a_screen(objects: dict[type, Any]) -> None:
    lines = {kind.__qualname__: str(value).splitlines() for kind, value in objects.items()}
    assert [name for name, text in lines.items() if len(text) > MOST_LINES.get(name, 40)] == []
    assert [name for name, text in lines.items() if any("\x1b" in line for line in text)] == []


def test_what_a_door_gives_shows_itself_in_a_notebook(objects: dict[type, Any]) -> None:
    found = {k for k, value in objects.items() if not isinstance(value, (Displayed, *OTHERS))}
    assert {k.__qualname__ for k in found} - PLAIN == set()


def test_pages_are_sound_and_suit_light_and_dark_themes(objects: dict[type, Any]) -> None:
    for kind, value in objects.items():
        if isinstance(value, Displayed):
            page = Page(value._repr_html_())
            assert page.open == [], kind
            assert not re.search(r"#[0-9a-f]{3,6}\b|rgb|:(white|black)\b", page.style), kind
            assert page.text.strip(), kind


def test_no_text_of_an_object_becomes_markup(objects: dict[type, Any]) -> None:
    seen = 0
    for kind, value in objects.items():
        if not isinstance(value, Displayed) or not dataclasses.is_dataclass(value):
            continue
        names = [f.name for f in dataclasses.fields(value) if type(getattr(value, f.name)) is str]
        for name in names:
            hostile = copy.copy(value)
            try:
                object.__setattr__(hostile, name, HOSTILE)
                page = Page(hostile._repr_html_())
            except (KeyError, ValueError):  # a name that means something, such as a gate's
                continue
            assert not {"script", "img"} & page.tags, (kind, name)
            seen += HOSTILE in page.text
    assert seen > 10


def test_every_class_that_shows_itself_does_so_by_the_base(objects: dict[type, Any]) -> None:
    def below(kind: type) -> Iterator[type]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    kinds = {k for k in below(Displayed) if k.__module__.startswith("qtn.")}
    assert len(kinds) > 60
    assert [k.__qualname__ for k in kinds if k.__repr__ is not Displayed.__repr__] == []


def test_what_files_call_does_not_complete(objects: dict[type, Any]) -> None:
    for kind, value in objects.items():
        if isinstance(value, Displayed):
            assert not {"pack", "unpack", "kind"} & set(dir(value)), kind
