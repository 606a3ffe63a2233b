"""When, by which command, with which seed, data and versions a comparison was made."""

from __future__ import annotations

import hashlib
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from qtn._display import Fields
from qtn._secrets import without_named

PACKAGES = (
    *("qtn-toolkit", "qiskit", "qiskit-aer", "quimb", "cotengra", "torch", "scikit-learn"),
    *("numpy", "scipy", "numba"),
)


@dataclass(frozen=True, slots=True, repr=False)
class Made(Fields):
    """The making of a comparison; it stands in the data, so that a page written twice is the same.

    Args:
        date: UTC, as "2026-01-31 12:00:00".
        command: the command line; empty where there was none, as in a notebook.
        seed: of baselines and resampling.
        system: operating system, processor, Python.
        versions: per package its version; empty where it is not installed.
        hashes: per part of the data its sha256.
    """

    date: str = ""
    command: str = ""
    seed: int = 0
    system: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)


def made_now(seed: int, **data: Any) -> Made:
    """Return the making of what is computed now.

    Args:
        seed: of baselines and resampling.
        data: arrays by name; their hashes are kept.
    """
    return Made(
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        command=command_line(sys.argv, sys.modules["__main__"]),
        seed=seed,
        system=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        versions={name: _version(name) for name in sorted(PACKAGES)},
        hashes={name.replace("_", " "): digest(value) for name, value in sorted(data.items())},
    )


def command_line(arguments: Sequence[str], main: Any) -> str:
    """Return the command that a program was started by, without credentials; "" without one.

    Folders before the program's name say nothing elsewhere and are left out.

    Args:
        arguments: as `sys.argv`.
        main: the module that runs.
    """
    program = arguments[0] if arguments else ""
    spec = getattr(main, "__spec__", None)
    if program in ("", "-c", "-") or "ipykernel" in program:
        return ""
    if spec is not None:
        words = ["python", "-m", spec.name.removesuffix(".__main__")]
    else:
        name = Path(program).name
        words = ["python", name] if name.endswith(".py") else [name]
    return without_named(shlex.join([*words, *arguments[1:]]))


def digest(value: Any) -> str:
    """Return the sha256 of an array's type, shape and content, of texts as UTF-8.

    Example:
        >>> digest([0.0, 1.0])[:8] == digest(np.array([0.0, 1.0]))[:8]
        True
    """
    array = np.ascontiguousarray(value)
    found = hashlib.sha256(f"{array.dtype.str}|{array.shape}|".encode())
    if array.dtype.kind in "biufc":
        found.update(array.tobytes())
    else:
        found.update("\0".join(map(str, array.ravel().tolist())).encode(errors="replace"))
    return found.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
