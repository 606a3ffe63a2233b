"""The reading of the driver's library, from one that answers like it; threads of BLAS."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pynvml
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from qtn._machine import (
    MOST,
    WIDE,
    Gpu,
    GrowingThreads,
    _Caps,
    by_bond,
    few_threads,
    gpus,
    read_gpus,
    suited,
    workers,
)


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


def test_a_block_inside_may_have_more_again_but_not_in_a_firm_one() -> None:
    assert np.eye(2).sum() == 2.0
    with threadpool_limits(limits=4, user_api="blas"):
        with few_threads(1):
            with few_threads(3):
                assert max(blas_threads()) == 3
            assert max(blas_threads()) == 1
        with few_threads(2, firm=True), few_threads(4):
            assert max(blas_threads()) == 2
        assert max(blas_threads()) == 4


def test_only_a_firm_block_takes_workers_away() -> None:
    cores = os.cpu_count() or 1
    with few_threads(1):
        assert workers() == cores
        with few_threads(1, firm=True), few_threads(4, firm=True):
            assert workers() == 1
    assert workers() == cores


def test_blocks_of_several_threads_give_back_what_the_program_had() -> None:
    assert np.eye(2).sum() == 2.0
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with few_threads(1):
            entered.set()
            leave.wait(10)

    with threadpool_limits(limits=4, user_api="blas"):
        with ThreadPoolExecutor(1) as pool:
            with few_threads(2):
                work = pool.submit(other)
                assert entered.wait(10)
                assert max(blas_threads()) == 1  # the lowest cap of all threads
            assert max(blas_threads()) == 1
            leave.set()
            work.result()
        assert max(blas_threads()) == 4


def test_a_forked_child_keeps_only_its_own_blocks() -> None:
    caps = _Caps()
    mine = caps.enter(2, False)
    caps._open[object()] = (-1, 1, False)  # a thread that the child does not have
    caps.forked()
    assert [most for _, most, _ in caps._open.values()] == [2]
    caps.leave(mine)


def test_threads_suit_the_widest_index_of_tensors() -> None:
    @by_bond
    def threads(_: Any) -> int:
        return max(blas_threads())  # some libraries have one at most

    small, wide = [np.eye(2)], [np.eye(2), np.ones((WIDE + 1, 1))]
    with threadpool_limits(limits=8, user_api="blas"):
        assert threads(small) == threads(SimpleNamespace(tensors=small)) == threads(_=[]) == 1
        assert threads(wide) == MOST
