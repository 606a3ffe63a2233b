"""Bad values in every parameter of every public callable: a clear error, before work starts.

Each parameter of every door (`public_doors`) is replaced, one at a time, by every value of `VALUES`
that its annotation does not admit; the call must then end in a `QtnError` (or in the `TypeError` of
a signature that is called wrongly), and neither in another exception nor in an answer. `ODD` values
have the right type and a strange size: they may be answered or refused, but never end in a raw
exception.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from public_doors import VALUE_NAMES, Door, doors, exempt, public_callables

from qtn.errors import QtnError


class Hostile:
    """An object whose text raises, as lazily loaded objects of others do."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


# What annotations admit: a value is wrong for a parameter that admits none of its kinds.
VALUES: dict[str, tuple[Any, set[str]]] = {
    "None": (None, {"none"}),
    "True": (True, {"bool"}),
    "text": ("no", {"text"}),
    "empty text": ("", set()),
    "digits": ("3", {"text"}),
    "bytes": (b"no", set()),
    "fraction": (2.5, {"real"}),
    "negative": (-7, {"real"}),
    "complex": (1 + 2j, {"complex"}),
    "nan": (math.nan, set()),
    "infinity": (math.inf, set()),
    "array": (np.array([1.0, 2.0, np.nan]), set()),
    "list": ([], {"empty"}),
    "dict": ({"a": 1}, {"mapping"}),
    "object": (object(), set()),
    "class": (int, set()),
    "function": (len, {"function"}),
    "hostile": (Hostile(), set()),
}
ODD: dict[str, tuple[Any, set[str]]] = {
    "huge integer": (10**400, {"integer", "real"}),
    "64-bit integer": (2**63, {"integer", "real"}),
    "tiny": (5e-324, {"real"}),
    "large": (1e300, {"real"}),
    "zero": (0, {"integer", "real"}),
    "numpy integer": (np.int64(1), {"integer", "real"}),
    "numpy float": (np.float64(0.5), {"real"}),
    "long text": ("x" * 100_000, {"text"}),
    "NUL": ("a\0b", {"text", "path"}),
}


def test_the_table_of_values_is_the_one_that_doors_know() -> None:
    assert set(VALUES) == VALUE_NAMES


def test_every_public_callable_has_a_door() -> None:
    missing = public_callables() - set(doors()) - exempt()
    assert not missing, f"no cheap call for {sorted(missing)} in tests/public_doors.py"


def verdict(door: Door, parameter: str, value: Any) -> str:
    """Return "" for a clear refusal, or what happened instead."""
    try:
        with warnings.catch_warnings():
            # A few rows held out may hold nothing to learn, and models say so.
            warnings.filterwarnings("ignore", "The model did not learn")
            door.call(**(door.works | ({parameter: value} if parameter else {})))
    except QtnError as error:
        return "" if str(error).strip() else "an error without a text"
    except TypeError as error:
        return "" if "argument" in str(error) and "positional" in str(error) else f"raw {error!r}"
    except Exception as error:
        return f"raw {type(error).__name__}: {str(error)[:100]}"
    return "accepted"


def test_the_calls_themselves_work() -> None:
    for name, door in doors().items():
        assert verdict(door, *next(iter(door.works.items()), ("", None))) == "accepted", name


def test_wrong_values_are_refused_clearly() -> None:
    wrong = {
        f"{name}({parameter.name}={label})": outcome
        for name, door in doors().items()
        for parameter in door.parameters()
        for label, (value, kinds) in VALUES.items()
        if not (kinds | {label}) & door.kinds(parameter)
        if (outcome := verdict(door, parameter.name, value))
    }
    assert not wrong, "\n" + "\n".join(f"{k}: {v}" for k, v in wrong.items())


def test_odd_values_never_end_in_a_raw_error() -> None:
    raw = {
        f"{name}({parameter.name}={label})": outcome
        for name, door in doors().items()
        for parameter in door.parameters()
        for label, (value, kinds) in ODD.items()
        if kinds & door.kinds(parameter)
        if (outcome := verdict(door, parameter.name, value)).startswith("raw")
    }
    assert not raw, "\n" + "\n".join(f"{k}: {v}" for k, v in raw.items())
