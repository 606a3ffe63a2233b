"""The reading of the driver's library, from one that answers like it; threads of BLAS."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pynvml
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from qtn._machine import MOST, WIDE, Gpu, GrowingThreads, few_threads, gpus, read_gpus, suited


class Nvml:
    """Two GPUs, of which the second has fallen off the bus."""

    NVMLError = pynvml.NVMLError

    def __init__(self, starts: bool = True, counts: bool = True) -> None:
        self.starts, self.counts, self.ended = starts, counts, False

    def nvmlInit(self) -> None:
        if not self.starts:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    def nvmlShutdown(self) -> None:
        self.ended = True

    def nvmlDeviceGetCount(self) -> int:
        if not self.counts:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)
        return 2

    def nvmlSystemGetDriverVersion(self) -> str:
        return "580.1"

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        if index == 1:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return index

    def nvmlDeviceGetName(self, handle: int) -> str:
        return "NVIDIA H100"

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> SimpleNamespace:
        return SimpleNamespace(total=80 << 30)


def test_what_the_library_answers_is_read_and_the_library_closed() -> None:
    nvml = Nvml()
    assert read_gpus(nvml) == (Gpu("NVIDIA H100", 80 << 30, "580.1"),)
    assert nvml.ended
    assert read_gpus(Nvml(starts=False)) == ()
    failing = Nvml(counts=False)
    assert read_gpus(failing) == ()
    assert failing.ended


@pytest.mark.gpu
def test_a_gpu_is_found() -> None:
    assert gpus()
    assert gpus()[0].memory > 1 << 30


def blas_threads() -> set[int]:
    return {found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"}


def test_threads_are_taken_away_and_given_back_but_never_added() -> None:
    assert np.eye(2).sum() == 2.0  # numpy's library is loaded
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with few_threads(1):
            assert blas_threads() == {1}
        assert blas_threads() == before
        with few_threads(8):
            assert blas_threads() == before


def test_torch_has_few_threads_too() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with few_threads(2):
            assert torch.get_num_threads() == 2
        with few_threads(4):
            assert torch.get_num_threads() == 3
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_threads_grow_with_the_bond() -> None:
    assert (suited(WIDE), suited(WIDE + 1)) == (1, MOST)
    assert np.eye(2).sum() == 2.0
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with GrowingThreads() as threads:
            threads.saw(WIDE)
            assert blas_threads() == {1}
            threads.saw(WIDE + 1)
            threads.saw(2)
            assert blas_threads() == before  # never more than that
        assert blas_threads() == before
