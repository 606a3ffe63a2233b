"""What this machine computes with: NVIDIA GPUs, and the threads of its BLAS library.

GPUs are asked of the driver, by nvidia-ml-py, so that no CUDA library is loaded for it.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU.

    Args:
        name: as the driver has it.
        memory: size of its memory, in bytes.
        driver: version of the driver.
    """

    name: str
    memory: int
    driver: str


@functools.cache
def gpus() -> tuple[Gpu, ...]:
    """Return the GPUs that the driver's management library (NVML) names; none without it.

    Example:
        >>> all(gpu.memory > 0 for gpu in gpus())
        True
    """
    import pynvml

    return read_gpus(pynvml)


def read_gpus(nvml: Any) -> tuple[Gpu, ...]:
    """Return what `pynvml` says; a call that fails means that there is no GPU to use."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return ()
    try:
        driver = nvml.nvmlSystemGetDriverVersion()
        found = [_one(nvml, index, driver) for index in range(nvml.nvmlDeviceGetCount())]
        return tuple(gpu for gpu in found if gpu is not None)
    except nvml.NVMLError:
        return ()
    finally:
        nvml.nvmlShutdown()


def _one(nvml: Any, index: int, driver: str) -> Gpu | None:
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        return Gpu(nvml.nvmlDeviceGetName(handle), int(memory.total), driver)
    except nvml.NVMLError:
        return None


@functools.lru_cache(maxsize=1)
def _blas(modules: int) -> Any:
    """Return the BLAS libraries that are loaded, each with its `num_threads`.

    It looks at all libraries, for some ten milliseconds: hence again only once further modules
    have been imported, with which libraries come.
    """
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas").lib_controllers


WIDE = 128  # bonds up to which more threads than one cost more than they bring
MOST = 4  # threads that share products of wider bonds


class _Torch:
    """torch's own threads, seen as those of a BLAS library."""

    def __init__(self, torch: Any) -> None:
        self.filepath, self._torch = "torch", torch

    @property
    def num_threads(self) -> int:
        return int(self._torch.get_num_threads())

    def set_num_threads(self, count: int) -> None:
        self._torch.set_num_threads(count)


class _Caps:
    """The blocks of `few_threads` that are open, in all threads of this process.

    The numbers that they change belong to the process. Blocks of several threads that overlap
    would give back each other's caps if each remembered what it found; here the program's own
    numbers are kept until the last block is left, and the lowest cap holds meanwhile.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._open: dict[object, tuple[int, int, bool]] = {}  # thread, cap, firm
        self._own: dict[str, int] = {}  # threads that the program had

    def enter(self, most: int, firm: bool) -> object:
        block = object()
        with self._lock:
            self._open[block] = threading.get_ident(), most, firm
            self._apply()
        return block

    def leave(self, block: object) -> None:
        with self._lock:
            self._open.pop(block, None)
            self._apply()
            if not self._open:
                self._own.clear()

    def forked(self) -> None:
        """Forget, in a child, the lock and the blocks of threads that it does not have."""
        self._lock, here = threading.RLock(), threading.get_ident()
        self._open = {block: cap for block, cap in self._open.items() if cap[0] == here}

    def firm(self) -> int | None:
        """Return the lowest firm cap."""
        with self._lock:
            return min((most for _, most, firm in self._open.values() if firm), default=None)

    def _apply(self) -> None:
        allowed = self._allowed()
        pools = list(_blas(len(sys.modules)))
        torch = sys.modules.get("torch")
        if hasattr(torch, "set_num_threads"):  # not while it is being imported
            pools.append(_Torch(torch))
        for pool in pools:
            now = pool.num_threads
            if now is None:
                continue
            own = self._own.setdefault(pool.filepath, now)
            wanted = own if allowed is None else min(own, allowed)
            if wanted != now:
                # threadpoolctl lets only the first thread set anything; here the caps of all
                # threads are known together.
                free = getattr(pool, "clear_controlling_thread", lambda force: None)
                free(force=True)
                pool.set_num_threads(wanted)
                free(force=True)

    def _allowed(self) -> int | None:
        """Return the lowest of what threads may use: each its innermost cap and all firm ones."""
        inner: dict[int, int] = {}
        firm = None
        for thread, most, is_firm in self._open.values():
            inner[thread] = most
            if is_firm:
                firm = most if firm is None else min(firm, most)
        return min([*inner.values(), *([] if firm is None else [firm])], default=None)


_CAPS = _Caps()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_CAPS.forked)


@contextmanager
def few_threads(most: int, *, firm: bool = False) -> Iterator[None]:
    """Let BLAS and torch use at most `most` threads inside the block; never more than before.

    Products of some hundred rows take less time than it takes sixteen threads to agree on them:
    samples of a chain of bond 64 took seven times longer with sixteen threads than with four.
    A block inside may have more again, up to what the program had, since it knows better how wide
    its products are; but not inside a `firm` one, which is for results that must not depend on
    the number of threads. As a decorator it holds for every call of a function.

    Example:
        >>> with few_threads(1):
        ...     pass
    """
    block = _CAPS.enter(most, firm)
    try:
        yield
    finally:
        _CAPS.leave(block)


def workers() -> int:
    """Return how many threads of Python may compute at once: one per core, fewer in firm blocks.

    Example:
        >>> with few_threads(1, firm=True):
        ...     workers()
        1
    """
    cores = os.cpu_count() or 1
    firm = _CAPS.firm()
    return cores if firm is None else min(cores, firm)


def suited(bond: int) -> int:
    """Return the threads that products of matrices of a bond gain from, for `few_threads`.

    Example:
        >>> suited(64), suited(512)
        (1, 4)
    """
    return 1 if bond <= WIDE else MOST


def by_bond(function: Callable[P, R]) -> Callable[P, R]:
    """Give a function the threads that suit the widest index of its first argument's tensors.

    Those are a sequence of arrays, or what an object has under the name `tensors`.

    Example:
        >>> import numpy as np
        >>> by_bond(len)([np.eye(2)])
        1
    """

    @functools.wraps(function)
    def capped(*args: P.args, **kwargs: P.kwargs) -> R:
        first: Any = args[0] if args else next(iter(kwargs.values()))
        tensors = getattr(first, "tensors", first)
        with few_threads(suited(max((max(t.shape, default=1) for t in tensors), default=1))):
            return function(*args, **kwargs)

    return capped


class GrowingThreads:
    """One thread inside the block until a bond is wide, then a few.

    Example:
        >>> with GrowingThreads() as threads:
        ...     threads.saw(8)
    """

    def __init__(self) -> None:
        self._limit = ExitStack()
        self._wide = False

    def __enter__(self) -> GrowingThreads:
        self._limit.enter_context(few_threads(1))
        return self

    def __exit__(self, *raised: object) -> None:
        self._limit.close()

    def saw(self, bond: int) -> None:
        """Take more threads from now on if a bond is wide."""
        if not self._wide and bond > WIDE:
            self._wide = True
            self._limit.close()
            self._limit.enter_context(few_threads(MOST))
