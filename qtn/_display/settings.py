"""Dataclasses that show their fields: as a table, or, if they are options, as one types them."""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

import numpy as np

from qtn._display.cells import cell
from qtn._display.shown import Display, Displayed, Table

_PLAIN = (str, int, float, complex, type(None))


class Fields(Displayed):
    """Base of frozen dataclasses that show their fields one by one.

    A dataclass that inherits it is made with `repr=False`; fields with `repr=False` are not shown.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True, slots=True, repr=False)
        ... class NoisePoint(Fields):
        ...     gate_error: float
        ...     value: float
        >>> NoisePoint(1e-3, 2 / 3)
        NoisePoint(gate_error=0.001, value=0.66667)
        >>> print(NoisePoint(1e-3, 2 / 3))
        Noise point
        gate error  0.001
        value       0.66667
    """

    __slots__ = ()

    def _brief(self) -> str:
        return ", ".join(f"{f.name}={_shown(getattr(self, f.name))}" for f in _options(self))

    def _display(self) -> Display:
        rows = [(f.name.replace("_", " "), getattr(self, f.name)) for f in _options(self)]
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(self).__name__)
        return Display(words.capitalize(), rows)


class Settings(Displayed):
    """Base of frozen dataclasses of options: `repr` names those that differ from their defaults.

    A dataclass that inherits it is made with `repr=False`.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True, slots=True, repr=False)
        ... class Sweeps(Settings):
        ...     count: int = 4
        ...     tolerance: float = 1e-8
        >>> Sweeps(), Sweeps(6)
        (Sweeps(), Sweeps(count=6))
    """

    __slots__ = ()

    def _brief(self) -> str:
        found = [(f.name, getattr(self, f.name), _default(f)) for f in _options(self)]
        return ", ".join(f"{name}={_typed(v)}" for name, v, usual in found if not _same(v, usual))

    def _display(self) -> Display:
        rows = []
        for option in _options(self):
            value, usual = getattr(self, option.name), _default(option)
            shown = "" if usual is MISSING or _same(value, usual) else _typed(usual)
            rows.append((option.name, _typed(value), shown))
        changed = any(row[2] for row in rows)
        cut = [row if changed else row[:2] for row in rows]
        table = Table(("option", "value", "instead of")[: 3 if changed else 2], cut)
        about = (type(self).__doc__ or "").strip().partition("\n")[0]
        return Display(type(self).__name__, tables=[table], notes=[about])

    def __str__(self) -> str:
        return repr(self)


def _options(settings: Any) -> list[Field[Any]]:
    shown = fields(settings) if is_dataclass(settings) else ()
    return [option for option in shown if option.repr]


def _default(option: Field[Any]) -> Any:
    factory = option.default_factory
    return option.default if factory is MISSING else factory()


def _same(value: Any, usual: Any) -> bool:
    """Whether an option has its default; what compares entry by entry is compared as a whole."""
    if value is usual:
        return True
    return type(value) is type(usual) and bool(np.all(value == usual))


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else cell(value)


def _typed(value: Any) -> str:
    """Return a value as one would type it, arrays by their shape."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, tuple) and all(isinstance(v, _PLAIN) for v in value):
        return repr(value) if len(value) <= 6 else f"({cell(value)})"
    return cell(value) if isinstance(value, np.ndarray) else " ".join(repr(value).split())
