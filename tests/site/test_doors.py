"""Every public name has its place in the API pages, and every page its place in the site."""

from __future__ import annotations

import re
import sys

import house
import pytest

sys.path.append(str(house.ROOT / "docs" / "_ext"))

import doors

import qtn

DOCS = house.ROOT / "docs"
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_public_name_is_in_one_room() -> None:
    named = [name for names in doors.rooms().values() for name in names]
    assert sorted(named) == sorted(qtn.__all__)


def test_every_room_has_its_api_page() -> None:
    pages = {path.stem for path in (DOCS / "api").glob("*.md")}
    assert pages == set(doors.rooms())
    for room in pages:
        text = (DOCS / "api" / f"{room}.md").read_text(encoding="utf-8")
        assert f"{{doors}} {room}\n" in text


def test_every_page_is_in_the_contents() -> None:
    listed = set()
    for page in DOCS.rglob("*.md"):
        for block in TOCTREE.findall(page.read_text(encoding="utf-8")):
            lines = [x for x in block.splitlines() if x and not x.startswith(":")]
            listed |= {(page.parent / line).resolve() for line in lines}
    pages = {page.resolve() for page in DOCS.rglob("*.md")} - {DOCS / "index.md"}
    assert sorted(pages - listed) == []


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("compile", [".. autofunction:: qtn.compile", ""]),
        ("FileError", [".. autoclass:: qtn.FileError", ""]),
        ("Status", [".. autoclass:: qtn.Status", ""]),
    ],
)
def test_a_name_becomes_its_directive(name: str, lines: list[str]) -> None:
    assert doors.directive(name) == lines


def test_members_of_other_libraries_are_left_out() -> None:
    assert doors.ours(qtn.MPSClassifier.predict)
    assert not doors.ours(qtn.MPSClassifier.get_metadata_routing)
