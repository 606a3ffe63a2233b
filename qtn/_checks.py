"""Argument checks: one sentence per failure: the value, what was expected and the way out."""

from __future__ import annotations

import difflib
import math
import numbers
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn.errors import ArgumentError


def fail(name: str, expected: str, value: Any, way_out: str = "") -> ArgumentError:
    """Build the error "Argument `bond` must be a positive integer, but is -3. <way out>"."""
    text = f"Argument `{name}` must be {expected}, but is {_shorten(value)}."
    return ArgumentError(f"{text} {way_out}".rstrip())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'x'? " with the nearest of the known words, else all of them.

    Example:
        >>> did_you_mean("Stairs", ["Auto", "Staircase"])
        "Did you mean 'Staircase'? "
    """
    words = sorted(known)
    plain = {name.lower(): name for name in words}
    near = difflib.get_close_matches(word.lower(), plain, n=1, cutoff=0.5)
    if near:
        return f"Did you mean {plain[near[0]]!r}? "
    return f"Known: {', '.join(words)}. "


_LONGEST_NAME, _LONGEST_PATH = 255, 4095  # what file systems take
_ALL = (-math.inf, math.inf)
LARGEST_INT = 2**63 - 1  # what numpy, numba, sqlite and simulators can count


def positive_int(name: str, value: Any, *, maximum: int | None = None, way_out: str = "") -> int:
    """Return `value` as an int of at least 1 (and at most `maximum`)."""
    return bounded_int(name, value, 1, maximum, way_out=way_out)


def bounded_int(
    name: str, value: Any, minimum: int, maximum: int | None = None, *, way_out: str = ""
) -> int:
    """Return `value` as an int within `[minimum, maximum]`, at most 2⁶³ - 1."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool | np.bool_)
    if whole and value > LARGEST_INT and maximum is None:
        maximum = LARGEST_INT
    if not whole or value < minimum or (maximum is not None and value > maximum):
        kind = "a positive integer" if minimum == 1 else f"an integer of at least {minimum}"
        kind += "" if maximum is None else f" and at most {maximum}"
        raise fail(name, kind, value, way_out)
    return int(value)


def real(
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    open_low: bool = False,
    way_out: str = "",
) -> float:
    """Return `value` as a finite float within `[low, high]` (or `(low, high]`)."""
    good = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)
    good = good and _is_finite(value) and low <= value <= high
    if not good or (open_low and value == low):
        bracket = "(" if open_low else "["
        end = ")" if high == math.inf else "]"
        bracket = "(" if low == -math.inf else bracket
        limits = f" in {bracket}{low:g}, {high:g}{end}" if (low, high) != _ALL else ""
        raise fail(name, f"a finite number{limits}", value, way_out)
    return float(value)


def choice(name: str, value: Any, allowed: Iterable[Any], *, way_out: str = "") -> Any:
    """Return the one of `allowed` that `value` equals; True is not 1, and 1.0 is not 1."""
    options = list(allowed)
    for option in options:
        if value is option:
            return option
        if isinstance(value, str | numbers.Number | np.generic) and _alike(value, option):
            return option
    raise fail(name, "one of " + ", ".join(repr(o) for o in options), value, way_out)


def _alike(value: Any, option: Any) -> bool:
    for kind in (bool | np.bool_, str, numbers.Integral, numbers.Number):
        if isinstance(option, kind) or isinstance(value, kind):
            both = isinstance(option, kind) and isinstance(value, kind)
            return both and bool(value == option)
    return False


def flag(name: str, value: Any, *, way_out: str = "") -> bool:
    """Return `value` if it is True or False; "no" and 0 are neither."""
    if not isinstance(value, bool | np.bool_):
        raise fail(name, "True or False", value, way_out)
    return bool(value)


def text(name: str, value: Any, *, way_out: str = "") -> str:
    """Return `value` if it is text."""
    if not isinstance(value, str):
        raise fail(name, "text", value, way_out)
    return value


def file_path(name: str, value: Any, *, way_out: str = "") -> Path:
    """Return `value` as a path: text or a path object, neither empty nor with a NUL."""
    try:
        found = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    except Exception:  # a foreign `__fspath__` may raise anything
        found = None
    if not isinstance(found, str) or not found or "\0" in found:
        raise fail(name, "the path of a file, as text or pathlib.Path", value, way_out)
    if len(found) > _LONGEST_PATH or max(map(len, Path(found).parts), default=0) > _LONGEST_NAME:
        raise fail(name, f"a path of names of at most {_LONGEST_NAME} characters", value, way_out)
    return Path(found)


def instance(
    name: str, value: Any, types: type | tuple[type, ...], expected: str, *, way_out: str = ""
) -> Any:
    """Return `value` if it is an object of one of `types`, described as `expected`."""
    if not isinstance(value, types):
        raise fail(name, expected, value, way_out)
    return value


def pool(name: str, value: Any) -> Any:
    """Return an executor: None, or an object with a `submit` as in `concurrent.futures`."""
    if value is not None and (isinstance(value, type) or not callable(_attribute(value, "submit"))):
        way_out = "For instance ThreadPoolExecutor(); None works in this process."
        raise fail(name, "a concurrent.futures.Executor", value, way_out)
    return value


def _attribute(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:  # lazily loaded objects of others
        return None


def items(name: str, value: Any, expected: str, *, way_out: str = "") -> list[Any]:
    """Return what a sequence of things holds, as a list; text and numbers are no sequences."""
    sequence = isinstance(value, Sequence) or (isinstance(value, np.ndarray) and value.ndim > 0)
    if isinstance(value, str | bytes) or not sequence:
        raise fail(name, expected, value, way_out)
    return list(value)


def indices(name: str, value: Any, *, way_out: str = "") -> tuple[int, ...]:
    """Return a sequence of integers of at least 0 as a tuple."""
    found = items(name, value, "a sequence of integers", way_out=way_out)
    return tuple(bounded_int(f"{name}[{i}]", v, 0, way_out=way_out) for i, v in enumerate(found))


def permutation(name: str, value: Any, count: int) -> NDArray[np.int64]:
    """Return a sequence that holds every number from 0 to `count` - 1 once."""
    found = np.asarray(value)
    whole = found.shape == (count,) and found.dtype.kind in "iu"
    if not whole or (np.sort(found) != np.arange(count)).any():
        raise fail(name, f"every number of 0 … {count - 1} once", value)
    return found.astype(np.int64)


def finite_array(
    name: str, value: ArrayLike, *, ndim: int | None = None, dtype: Any = None, way_out: str = ""
) -> NDArray[Any]:
    """Return `value` as an array of finite numbers with `ndim` axes."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fciubO" or (array.dtype.kind == "O" and dtype is None):
            raise fail(name, "an array of numbers", array, way_out)
        if array.dtype.kind == "c" and dtype is not None and np.dtype(dtype).kind != "c":
            raise fail(name, "an array of real numbers", array, way_out)
        array = array if dtype is None else array.astype(dtype, copy=False)
    except ArgumentError:
        raise
    except Exception as error:  # a foreign `__array__` may raise anything
        raise fail(name, "an array of numbers", value, way_out) from error
    if ndim is not None and array.ndim != ndim:
        raise fail(name, f"an array with {ndim} axes", array, way_out)
    if array.size == 0:
        raise fail(name, "a non-empty array", array, way_out)
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ArgumentError(
            f"Argument `{name}` must hold finite numbers only, but is {array[where]} at index "
            f"{where}. {way_out or 'Remove or impute such entries first.'}"
        )
    return array


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond the range of floats
        return False


def _shorten(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    try:
        text = repr(value)
    except Exception:  # lazily loaded objects of others; integers of thousands of digits
        return f"an object of type {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."
