"""Values as text: numbers to five digits, errors to two, arrays by their shape, long lists cut."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

_LONG = 1000  # letters of a foreign text that are shown at most
_FEW = 6  # entries of a sequence that are shown one by one


def cell(value: Any) -> str:
    """Return the text of a value: numbers to five digits, arrays by their shape, long lists cut.

    Example:
        >>> cell(3.14159265), cell(1 / 3 - 2e-7j), cell(12345678), cell(True)
        ('3.1416', '0.33333-2e-07j', '12,345,678', 'yes')
        >>> cell(np.zeros((40, 2))), cell(range(12))
        ('float64 array, 40 × 2', '0, 1, 2, …, 9, 10, 11 (12)')
    """
    if value is None:
        return "–"
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}" if abs(int(value)) >= 10_000 else str(int(value))
    if isinstance(value, float | complex | np.inexact):
        return number(complex(value) if np.iscomplexobj(value) else float(np.real(value)))
    if hasattr(value, "value") and hasattr(value, "stderr"):
        return cell(value.value) if np.ndim(value.value) else with_error(value.value, value.stderr)
    if isinstance(value, np.ndarray):
        short = value.ndim == 1 and value.size <= _FEW
        return _listed(value.tolist()) if short else _array(value)
    if isinstance(value, Mapping):
        return _listed([f"{cell(k)}: {cell(v)}" for k, v in value.items()])
    if isinstance(value, Collection):
        return _listed(list(value))
    if hasattr(value, "num_qubits") and hasattr(value, "data"):
        return f"circuit on {value.num_qubits} qubits, {len(value.data)} instructions"
    text = repr(value) if hasattr(value, "_brief") else str(value)  # a table is no cell
    return " ".join(text[:_LONG].split())


def number(value: complex, digits: int = 5) -> str:
    """Return a number to so many significant digits; of a complex one, those of its modulus.

    Example:
        >>> number(2 / 3), number(1e-12), number(1 + 1e-9j), number(float("nan"))
        ('0.66667', '1e-12', '1+1e-09j', 'unknown')
    """
    if isinstance(value, complex):
        return f"{value:.{digits}g}"
    return "unknown" if value != value else f"{value:.{digits}g}"


def with_error(value: Any, stderr: Any) -> str:
    """Return "value ± stderr" with two significant digits of the standard error.

    Example:
        >>> with_error(0.123456, 0.0123), with_error(1.5, 0.0), with_error(1.23456e-9, 2e-11)
        ('0.123 ± 0.012', '1.5', '(1.235 ± 0.020)e-09')
        >>> with_error(float("nan"), 0.123)
        'unknown ± 0.12'
    """
    if stderr == 0:
        return number(value, 6)
    if not (np.isfinite(stderr) and np.isfinite(value)):
        return f"{number(value, 6)} ± {number(float(stderr), 2)}"
    stderr = float(f"{stderr:.1e}")
    power = int(np.floor(np.log10(max(abs(value), stderr))))
    if not -5 < power < 9:
        # In two steps: a power of the smallest numbers is itself no number any more.
        first, second = 10.0 ** (power // 2), 10.0 ** (power - power // 2)
        return f"({_fixed(value / first / second, stderr / first / second)})e{power:+03d}"
    return _fixed(value, stderr)


def _fixed(value: Any, stderr: float) -> str:
    digits = max(0, 1 - int(np.floor(np.log10(stderr))))
    return f"{value:.{digits}f} ± {stderr:.{digits}f}"


def _array(value: np.ndarray) -> str:
    return f"{value.dtype} array, {' × '.join(map(str, value.shape)) or 'one number'}"


def _listed(values: Sequence[Any]) -> str:
    if len(values) <= _FEW:
        return ", ".join(cell(v) for v in values)
    first, last = values[:3], values[-3:]
    return ", ".join([*map(cell, first), "…", *map(cell, last)]) + f" ({len(values):,})"
