"""Optional packages: imported where they are needed, with the pip line when they are missing.

torch is needed in many places that can be imported without it: `from qtn._optional import torch`
gives the package or a stand-in for it. Classes may derive from what the stand-in pretends to have,
and nothing is an instance of it; whoever calls any of it gets a `MissingExtraError` that names the
pip line. The rooms that never need torch never ask for it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from qtn.errors import MissingExtraError

if TYPE_CHECKING:
    import pandas as pd
    import torch as torch
    from torch import Tensor as Tensor
    from torch import nn as nn
    from torch.nn import functional as functional


def require(module: str, extra: str) -> ModuleType:
    """Import `module`, which the extra `extra` of the distribution brings."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise MissingExtraError(
            f"This needs the package `{package}`, which {_state(package, error)}. "
            f'Install it with: pip install "qtn-toolkit[{extra}]"'
        ) from error


def _state(package: str, error: ImportError | None) -> str:
    """Say whether a package that cannot be imported is missing or broken, and how."""
    if error is None or (isinstance(error, ModuleNotFoundError) and error.name in (package, None)):
        return "is not installed"
    return f"is installed but cannot be imported ({str(error)[:200]})"


def data_frame(records: Sequence[Mapping[str, Any]], index: str | None = None) -> pd.DataFrame:
    """Return records, one line each, as a pandas data frame.

    Args:
        records: values by the name of their column.
        index: the column that names the lines; None numbers them.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    frame: Any = require("pandas", "frames").DataFrame
    found: pd.DataFrame = frame.from_records(list(records), index=index)
    return found


def __getattr__(name: str) -> Any:
    """Return torch or what is often used of it, imported when it is first asked for (PEP 562)."""
    if name == "torch":
        return _torch()
    if name in ("nn", "Tensor"):
        return getattr(_torch(), name)
    if name == "functional":
        return _torch().nn.functional
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        _broken["torch"] = error
        return Absent("torch")


_broken: dict[str, ImportError] = {}


def torch_is_there() -> bool:
    """Say whether torch is installed."""
    return not isinstance(_torch(), Absent)


def need_torch() -> None:
    """Raise `MissingExtraError` before any work starts, where torch is not installed.

    Example:
        >>> need_torch()
    """
    if not torch_is_there():
        missing()


class Absent:
    """A name of a package that is not installed.

    Args:
        name: the dotted name.
    """

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):  # what Python asks of any object, for instance to copy it
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        missing()

    def __mro_entries__(self, _: tuple[Any, ...]) -> tuple[type, ...]:
        return (_Base,)

    def __instancecheck__(self, _: Any) -> bool:
        return False


class _Base:
    """In the place of a class of torch that a class derives from; it cannot be made."""

    def __init__(self, *_: Any, **__: Any) -> None:
        missing()


def missing() -> NoReturn:
    """Raise the error that names the pip line."""
    raise MissingExtraError(
        f"This needs the package `torch`, which {_state('torch', _broken.get('torch'))}. "
        "Install it with: "
        'pip install "qtn-toolkit[train]". Without a GPU, install the CPU build of torch first, '
        "which is many times smaller: pytorch.org gives its pip line under "
        '"Compute Platform: CPU".'
    )
