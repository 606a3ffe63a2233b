"""quimb without its compilations: imported in a moment, its loops interpreted where we call them.

`import quimb.tensor` compiles kernels that hardly anyone calls, for nine seconds of CPU on a new
machine, and a first truncation compiles for another six. Here kernels are compiled when they are
called, as all others are, and what our own engine calls runs as the plain numpy that it is written
in: a tenth slower on bonds of 8, where LAPACK does not yet take all the time.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from numba.core.dispatcher import Dispatcher

__all__ = ["interpreted", "quimb_tensor"]


def quimb_tensor() -> ModuleType:
    """Return `quimb.tensor`; whoever calls a kernel of it has it compiled then."""
    if "quimb.tensor" not in sys.modules:
        core = importlib.import_module("quimb.core")
        eager = getattr(core, "njit", None)
        if eager is not None:
            with _replaced(core, {"njit": _when_called(eager)}):
                importlib.import_module("quimb.tensor")
    return importlib.import_module("quimb.tensor")


def _when_called(njit: Callable[..., Any]) -> Callable[..., Any]:
    """Return a decorator that forgets signatures, for which numba would compile at once."""

    def decorator(*given: Any, **options: Any) -> Any:
        if given and callable(given[0]):
            return njit(given[0], **options)
        return njit(**options)

    return decorator


@contextmanager
def interpreted() -> Iterator[None]:
    """Let quimb's decompositions run as plain numpy inside the block."""
    module = importlib.import_module("quimb.tensor.decomp")
    compiled = {k: v.py_func for k, v in vars(module).items() if isinstance(v, Dispatcher)}
    with _replaced(module, compiled):
        yield


@contextmanager
def _replaced(module: ModuleType, names: dict[str, Any]) -> Iterator[None]:
    before = {name: getattr(module, name) for name in names}
    vars(module).update(names)
    try:
        yield
    finally:
        vars(module).update(before)
