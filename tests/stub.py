"""The stub `qtn/__init__.pyi`: what editors and type checkers read of the table in `__init__.py`.

`python -m tests.stub` writes it (`make format` does); a contract test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import qtn

STUB = Path(__file__).resolve().parents[1] / "qtn" / "__init__.pyi"


def text(rooms: Mapping[str, str]) -> str:
    """Return the stub of a table: module below `qtn` -> names that it gives."""
    lines = ["# Made by `python -m tests.stub` from the table in __init__.py."]
    lines += [
        f"from qtn import {room} as {room}" for room in rooms if room[0] != "_" and "." not in room
    ]
    for room, names in {**rooms, "_version": "__version__"}.items():
        lines += [f"from qtn.{room} import {name} as {name}" for name in names.split()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    STUB.write_text(text(qtn._ROOMS), encoding="utf-8")
