"""What a command prints: lines for people, or with --json one object and no more."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import typer


def show(record: Mapping[str, Any], lines: Sequence[str], as_json: bool) -> None:
    """Print the record as one JSON object, or the lines."""
    if as_json:
        typer.echo(json.dumps(plain(record), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        typer.echo("\n".join(lines))


def plain(value: Any) -> Any:
    """Return a value as JSON has them: what is not finite becomes null, as RFC 8259 knows no NaN.

    Example:
        >>> import numpy as np
        >>> plain({"x": np.float64(0.5), "y": (1, float("nan"))})
        {'x': 0.5, 'y': [1, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(v) for key, v in value.items()}
    if hasattr(value, "tolist"):  # arrays and numbers of NumPy, which is not loaded for them
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, complex):
        return [value.real, value.imag]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def headline(result: Any) -> str:
    """Return in a line what ran, where and how."""
    return (
        f"{len(result)} circuit(s) on {result.device}, {result.shots} shots each, "
        f"{result.seconds:.2f} s: {result.engine}"
    )
