"""numba's compiler as the house uses it: kept on disk where a folder can be written, and announced.

A kernel is compiled when it is first called, once for each kind of argument, and numba keeps the
result: beside the module, else in the user's cache folder, or in the folder that
`NUMBA_CACHE_DIR` names. Where none can be written it is compiled in every process anew.

What makes compilation long is, in this order: calls of numpy inside a kernel (`np.dot` and
`np.linalg` most of all), allocations and slices, further functions, lines. Hence plain loops,
products by `qtn.states.kernels.blas`, room that the caller provides, and `inner` functions, for
which no code is written that Python could call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
from numba.core import event

from qtn._progress import compiled_kernel, compiling_kernel

FAST: dict[str, Any] = {"fastmath": True}
OWN = "qtn."
OTHERS = "quimb."


@dataclass(frozen=True, slots=True)
class Compilation:
    """A kernel that was compiled in this process.

    Args:
        name: module and function.
        seconds: CPU time it took.
    """

    name: str
    seconds: float


KERNELS: list[Any] = []  # of the modules that are loaded
COMPILED: list[Compilation] = []
_njit: Any = numba.njit
_COMMON = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return `numba.njit` with the house's options: no GIL, numpy's rules of division.

    Args:
        **options: what numba takes.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            made = _njit(cache=True, **_COMMON, **options)(function)
        except RuntimeError:  # no folder can be written
            made = _njit(**_COMMON, **options)(function)
        KERNELS.append(made)
        return made

    return decorate


def inner(**options: Any) -> Any:
    """Return the compiler of functions that other kernels call and Python does not.

    With `inline="always"` they are written into what calls them, and compiled nowhere else.
    """
    return _njit(no_cpython_wrapper="inline" not in options, **_COMMON, **options)


class _Listener(event.Listener):
    """Hears what numba compiles: kernels called by Python, and not what these call."""

    def __init__(self) -> None:
        self._open: list[tuple[str, float, float]] = []

    def on_start(self, event: Any) -> None:
        function = event.data["dispatcher"].py_func
        name = f"{function.__module__}.{function.__qualname__}"
        if not self._open and name.startswith((OWN, OTHERS)):
            compiling_kernel(function.__name__.strip("_"))
        self._open.append((name, time.process_time(), time.perf_counter()))

    def on_end(self, event: Any) -> None:
        if not self._open:
            return
        name, cpu, wall = self._open.pop()
        if not self._open and name.startswith((OWN, OTHERS)):
            COMPILED.append(Compilation(name, time.process_time() - cpu))
            compiled_kernel(name.rpartition(".")[2].strip("_"), time.perf_counter() - wall)


event.register("numba:compile", _Listener())
