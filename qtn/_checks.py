"""Argument checks: one sentence per failure: the value, what was expected and the way out."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn.errors import ArgumentError


def fail(name: str, expected: str, value: Any, way_out: str = "") -> ArgumentError:
    """Build the error "Argument `bond` must be a positive integer, but is -3. <way out>"."""
    text = f"Argument `{name}` must be {expected}, but is {_shorten(value)}."
    return ArgumentError(f"{text} {way_out}".rstrip())


def positive_int(name: str, value: Any, *, maximum: int | None = None, way_out: str = "") -> int:
    """Return `value` as an int of at least 1 (and at most `maximum`)."""
    return bounded_int(name, value, 1, maximum, way_out=way_out)


def bounded_int(
    name: str, value: Any, minimum: int, maximum: int | None = None, *, way_out: str = ""
) -> int:
    """Return `value` as an int within `[minimum, maximum]`."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool | np.bool_)
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
    good = good and math.isfinite(value) and low <= value <= high
    if not good or (open_low and value == low):
        bracket = "(" if open_low else "["
        limits = "" if (low, high) == (-math.inf, math.inf) else f" in {bracket}{low:g}, {high:g}]"
        raise fail(name, f"a finite number{limits}", value, way_out)
    return float(value)


def choice(name: str, value: Any, allowed: Iterable[Any], *, way_out: str = "") -> Any:
    """Return `value` if it is one of `allowed`."""
    options = list(allowed)
    if not any(value is option or value == option for option in options):
        raise fail(name, "one of " + ", ".join(repr(o) for o in options), value, way_out)
    return value


def finite_array(
    name: str, value: ArrayLike, *, ndim: int | None = None, dtype: Any = None, way_out: str = ""
) -> NDArray[Any]:
    """Return `value` as an array of finite numbers with `ndim` axes."""
    try:
        array = np.asarray(value, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise fail(name, "an array of numbers", value, way_out) from error
    if array.dtype.kind not in "fciub":
        raise fail(name, "an array of numbers", array, way_out)
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


def _shorten(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
