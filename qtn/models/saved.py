"""What files keep of any estimator: its parameters and the names of its columns."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

# JSON has no keys but strings, so that a mapping is written as pairs under this name.
_PAIRS = "pairs"


def packed_parameters(model: BaseEstimator) -> dict[str, Any]:
    """Return the parameters as JSON can hold them.

    A generator as `random_state` is left out: the seed that it gave is written instead.
    """
    out = dict(model.get_params(deep=False))
    if not isinstance(out["random_state"], numbers.Integral | None):
        out["seed"], out["random_state"] = model._seed, None
    for name, value in out.items():
        if isinstance(value, Mapping):
            out[name] = {_PAIRS: [[_plain(k), _plain(v)] for k, v in value.items()]}
        else:
            out[name] = _plain(value)
    return out


def unpacked_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that `packed_parameters` wrote."""
    return {
        name: dict(map(tuple, value[_PAIRS])) if isinstance(value, dict) else value
        for name, value in parameters.items()
    }


def column_names(model: BaseEstimator) -> list[str] | None:
    """Return the names of the columns that the model was trained on, if they had any."""
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else names.tolist()


def restore_columns(model: BaseEstimator, count: int, names: list[str] | None) -> None:
    """Give a model back the number and the names of its columns."""
    model.n_features_in_ = count
    if names is not None:
        model.feature_names_in_ = np.array(names, dtype=object)


def _plain(value: Any) -> Any:
    """Return numpy numbers and arrays as Python's own, tuples as lists."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
