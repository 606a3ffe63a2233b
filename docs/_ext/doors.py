"""The directive `doors`: every public name of a room, from its docstring."""

from __future__ import annotations

import enum
import inspect
from typing import Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

import qtn

BASE = ("_io", "errors", "estimate", "parallel", "warming")  # single modules that have public names


def rooms() -> dict[str, list[str]]:
    """Return the public names of each room, a wing's among those of its room."""
    found: dict[str, list[str]] = {}
    for place, names in qtn._ROOMS.items():
        room = place.partition(".")[0]
        found.setdefault(room, []).extend(names.split())
    base = [name for place in BASE for name in found.pop(place, [])]
    return {room: names for room, names in found.items() if names} | {"base": base}


def directive(name: str) -> list[str]:
    """Return the lines of reStructuredText that document `qtn.name`."""
    value = getattr(qtn, name)
    if not inspect.isclass(value):
        return [f".. autofunction:: qtn.{name}", ""]
    members = (
        [] if issubclass(value, enum.Enum) else ["   :members:", "   :inherited-members: object"]
    )
    if issubclass(value, Exception):
        members = []
    return [f".. autoclass:: qtn.{name}", *members, ""]


def ours(value: Any) -> bool:
    """Whether a member is the package's own, not one inherited from another library."""
    return str(getattr(inspect.unwrap(value), "__module__", "qtn")).startswith("qtn")


def skipped(
    _app: Any, _what: str, _name: str, value: Any, skip: bool, _options: Any
) -> bool | None:
    """Leave out what scikit-learn and others give to our classes; their pages document it."""
    return skip or not ours(value)


class Doors(SphinxDirective):
    """`{doors} ROOM`: the API of a room."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        for name in rooms()[self.arguments[0]]:
            section = nodes.section(ids=[nodes.make_id(name)], names=[name])
            section += nodes.title("", "", nodes.literal("", name))
            text = ["```{eval-rst}", *directive(name), "```"]  # pages are Markdown
            lines = StringList(text, source=f"qtn.{name}")
            self.state.nested_parse(lines, 0, section)
            found.append(section)
        return found


def setup(app: Any) -> dict[str, Any]:
    """Add the directive."""
    app.connect("autodoc-skip-member", skipped)
    app.add_directive("doors", Doors)
    return {"parallel_read_safe": True}
