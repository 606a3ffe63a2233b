"""What an object shows: one line as `repr`, a table when printed, the same table in a notebook.

An object that inherits `Displayed` says once what there is to see (`_display`, a `Display`) and
what its one line holds (`_brief`). Text tables are rich's, without colours and of a fixed width, so
that they are the same in a terminal, a log and a test; HTML comes from `qtn._html`, which escapes.

Example:
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, slots=True, repr=False)
    ... class Ring(Displayed):
    ...     atoms: int
    ...     energy: float
    ...     def _brief(self) -> str:
    ...         return f"{self.atoms} atoms"
    ...     def _display(self) -> Display:
    ...         return Display("Ring", [("atoms", self.atoms), ("energy", self.energy)])
    >>> Ring(6, -2.7182818)
    Ring(6 atoms)
    >>> print(Ring(6, -2.7182818))
    Ring
    atoms   6
    energy  -2.7183
"""

from qtn._display.cells import cell, number, with_error
from qtn._display.settings import Fields, Settings
from qtn._display.shown import Display, Displayed, Row, Table
from qtn._display.texts import one_line, text_table

__all__ = [
    "Display",
    "Displayed",
    "Fields",
    "Row",
    "Settings",
    "Table",
    "cell",
    "number",
    "one_line",
    "text_table",
    "with_error",
]
