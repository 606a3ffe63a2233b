"""The public surface: every name resolves, is documented and typed, and shadows nothing."""

from __future__ import annotations

import enum
import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest
import stub

import qtn

NAMES = sorted(qtn.__all__)


def test_checkers_see_what_runs() -> None:
    assert stub.STUB.read_text(encoding="utf-8") == stub.text(qtn._ROOMS), "run `make format`"


def test_each_name_has_one_home() -> None:
    names = " ".join(qtn._ROOMS.values()).split()
    assert len(names) == len(set(names))
    for name, module in qtn._DOORS.items():
        assert hasattr(importlib.import_module(module), name)


def test_dir_lists_the_doors_and_the_rooms() -> None:
    assert set(NAMES) <= set(dir(qtn))
    assert {"states", "data", "models"} <= set(dir(qtn))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'qtn' has no attribute 'teleport'"):
        qtn.teleport  # noqa: B018


def test_no_room_shadows_a_door(root: Path) -> None:
    modules = {p.stem for p in (root / "qtn").glob("*.py")}
    modules |= {p.parent.name for p in (root / "qtn").glob("*/__init__.py")}
    assert modules.isdisjoint(NAMES)
    rooms = {p.parent.name for p in (root / "qtn").glob("*/__init__.py")}
    reached = {name.partition(".")[0] for name in qtn._ROOMS}
    below = {name for name in rooms if name.startswith("_")}  # what the rooms themselves use
    assert reached & rooms == rooms - below - {"cli", "plugins"}  # nobody imports the edges


@pytest.mark.parametrize("name", NAMES)
def test_name_resolves_and_is_documented(name: str) -> None:
    door = getattr(qtn, name)
    text = inspect.getdoc(door)
    assert text, f"qtn.{name} has no docstring"
    assert text.splitlines()[0].rstrip().endswith((".", ":")), f"qtn.{name}: no first sentence"
    if inspect.isfunction(door):
        takes = ("Args:", "Raises:") if inspect.signature(door).parameters else ()
        for heading in (*takes, "Returns:", "Example:"):
            assert heading in text, f"the docstring of qtn.{name} has no `{heading}`"


@pytest.mark.parametrize("name", NAMES)
def test_name_is_typed(name: str) -> None:
    door = getattr(qtn, name)
    if inspect.isclass(door):
        if not issubclass(door, Exception | enum.Enum):
            if door.__init__ is not object.__init__:
                assert_typed(door.__init__, f"qtn.{name}")
            for attribute, member in vars(door).items():
                if inspect.isfunction(member) and not attribute.startswith("_"):
                    assert_typed(member, f"qtn.{name}.{attribute}")
                    assert inspect.getdoc(member), f"qtn.{name}.{attribute} has no docstring"
    else:
        assert_typed(door, f"qtn.{name}")


def assert_typed(function: Any, where: str) -> None:
    """Every parameter and the result carry an annotation."""
    signature = inspect.signature(function)
    untyped = [
        p.name
        for p in signature.parameters.values()
        if p.name not in ("self", "cls") and p.annotation is inspect.Parameter.empty
    ]
    assert not untyped, f"{where}: no type for {untyped}"
    assert signature.return_annotation is not inspect.Signature.empty, f"{where}: no result type"
