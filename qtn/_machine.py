"""What this machine computes with: NVIDIA GPUs, and the threads of its BLAS library.

GPUs are asked of the driver, so that no CUDA library is loaded for it.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_LIBRARY = "libnvidia-ml.so.1"
_NAME_BYTES = 96


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


class _Memory(ctypes.Structure):
    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


@functools.cache
def gpus() -> tuple[Gpu, ...]:
    """Return the GPUs that the driver's management library (NVML) names; none without it.

    Example:
        >>> all(gpu.memory > 0 for gpu in gpus())
        True
    """
    try:
        nvml = ctypes.CDLL(_LIBRARY)
    except OSError:
        return ()
    return read_gpus(nvml)


def read_gpus(nvml: Any) -> tuple[Gpu, ...]:
    """Return what a loaded NVML says; a call that fails means that there is no GPU to use."""
    if nvml.nvmlInit_v2() != 0:
        return ()
    try:
        count = ctypes.c_uint()
        if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
            return ()
        driver = ctypes.create_string_buffer(_NAME_BYTES)
        nvml.nvmlSystemGetDriverVersion(driver, _NAME_BYTES)
        found = [_one(nvml, index, driver.value.decode()) for index in range(count.value)]
        return tuple(gpu for gpu in found if gpu is not None)
    finally:
        nvml.nvmlShutdown()


def _one(nvml: Any, index: int, driver: str) -> Gpu | None:
    handle, memory = ctypes.c_void_p(), _Memory()
    name = ctypes.create_string_buffer(_NAME_BYTES)
    failed = (
        nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(handle))
        or nvml.nvmlDeviceGetName(handle, name, _NAME_BYTES)
        or nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory))
    )
    return None if failed else Gpu(name.value.decode(), int(memory.total), driver)


@functools.lru_cache(maxsize=1)
def _blas(modules: int) -> Any:
    """Return what sets the threads of the BLAS libraries that are loaded.

    It looks at all libraries, for some ten milliseconds: hence again only once further modules
    have been imported, with which libraries come.
    """
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@contextmanager
def few_threads(most: int) -> Iterator[None]:
    """Let BLAS use at most `most` threads inside the block; never more than before.

    Products of some hundred rows take less time than it takes sixteen threads to agree on them:
    samples of a chain of bond 64 took seven times longer with sixteen threads than with four.

    Example:
        >>> with few_threads(1):
        ...     pass
    """
    blas = _blas(len(sys.modules))
    if max((library["num_threads"] for library in blas.info()), default=1) <= most:
        yield
        return
    with blas.limit(limits=most):
        yield
