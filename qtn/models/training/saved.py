"""What files keep of any estimator: its parameters and the names of its columns."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from qtn._checks import fail, positive_int

# JSON has no keys but strings, so that a mapping is written as pairs under this name.
_PAIRS = "pairs"


def packed_parameters(parameters: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return the parameters of an estimator as JSON can hold them.

    Args:
        parameters: as `get_params` gives them.
        seed: what the last fit drew from; written in the place of a generator as `random_state`.
    """
    out = dict(parameters)
    if "checkpoint" in out:
        # Where one run wrote and resumed is nothing that a file may tell another machine.
        out["checkpoint"] = None
    if not isinstance(out["random_state"], numbers.Integral | None):
        out["seed"], out["random_state"] = seed, None
    for name, value in out.items():
        if isinstance(value, Mapping):
            out[name] = {_PAIRS: [[plain(k), plain(v)] for k, v in value.items()]}
        else:
            out[name] = plain(value)
    return out


def unpacked_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that `packed_parameters` wrote."""
    out = {
        name: dict(map(tuple, value[_PAIRS])) if isinstance(value, dict) else value
        for name, value in parameters.items()
    }
    return out | ({"checkpoint": None} if "checkpoint" in out else {})


def checked_history(history: Any) -> dict[str, list[float]]:
    """Return the history of a training as a file has it: lists of numbers of one length.

    Raises:
        ArgumentError: it is anything else.
    """
    good = isinstance(history, dict) and all(isinstance(v, list) for v in history.values())
    numbers_only = good and all(
        isinstance(x, numbers.Real) and not isinstance(x, bool) for v in history.values() for x in v
    )
    if not numbers_only or len({len(v) for v in history.values()}) > 1:
        raise fail("history", "lists of numbers of one length", history)
    return dict(history)


def column_names(model: BaseEstimator) -> list[str] | None:
    """Return the names of the columns that the model was trained on, if they had any."""
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else names.tolist()


def restore_columns(model: BaseEstimator, count: int, names: list[str] | None) -> None:
    """Give a model back the number and the names of its columns."""
    model.n_features_in_ = positive_int("columns", count)
    if names is not None:
        if len(names) != count or not all(isinstance(name, str) for name in names):
            raise fail("column_names", f"{count} names", names)
        model.feature_names_in_ = np.array(names, dtype=object)


def plain(value: Any) -> Any:
    """Return numpy numbers and arrays as Python's own, tuples as lists."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value
