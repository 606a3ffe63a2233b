"""What this machine computes with: NVIDIA GPUs, and the threads of its BLAS library.

GPUs are asked of the driver, by nvidia-ml-py, so that no CUDA library is loaded for it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any


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
    """Return what sets the threads of the BLAS libraries that are loaded.

    It looks at all libraries, for some ten milliseconds: hence again only once further modules
    have been imported, with which libraries come.
    """
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


WIDE = 128  # bonds up to which more threads than one cost more than they bring
MOST = 4  # threads that share products of wider bonds


@contextmanager
def few_threads(most: int) -> Iterator[None]:
    """Let BLAS and torch use at most `most` threads inside the block; never more than before.

    Products of some hundred rows take less time than it takes sixteen threads to agree on them:
    samples of a chain of bond 64 took seven times longer with sixteen threads than with four.

    Example:
        >>> with few_threads(1):
        ...     pass
    """
    with ExitStack() as limits:
        blas = _blas(len(sys.modules))
        if max((library["num_threads"] for library in blas.info()), default=1) > most:
            limits.enter_context(blas.limit(limits=most))
        torch = sys.modules.get("torch")  # has threads of its own, where it has been loaded
        if torch is not None and (before := torch.get_num_threads()) > most:
            torch.set_num_threads(most)
            limits.callback(torch.set_num_threads, before)
        yield


def suited(bond: int) -> int:
    """Return the threads that products of matrices of a bond gain from, for `few_threads`.

    Example:
        >>> suited(64), suited(512)
        (1, 4)
    """
    return 1 if bond <= WIDE else MOST


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
