"""Work on executors: order of nothing, number of everything; dead workers, errors, Ctrl-C."""

from __future__ import annotations

import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from qtn.errors import ArgumentError
from qtn.parallel.spreading import ATTEMPTS, in_order, spread, std_executor, worker_died


class KilledWorker(Exception):
    """What Dask raises by this name."""


@dataclass
class Task:
    """Gives its number after some failures."""

    number: int
    failures: int = 0
    error: BaseException = field(default_factory=KilledWorker)
    done: int = 0

    def do(self) -> int:
        self.done += 1
        if self.done <= self.failures:
            raise self.error
        return self.number


def test_all_tasks_are_done_once() -> None:
    tasks = {k: Task(k) for k in range(20)}
    with ThreadPoolExecutor(3) as pool:
        assert dict(spread(tasks, pool)) == dict(spread(tasks, None)) == {k: k for k in range(20)}
    assert all(task.done == 2 for task in tasks.values())
    assert dict(spread({}, None)) == {}


def test_a_task_whose_worker_died_is_done_again_but_not_for_ever() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert dict(spread({0: Task(0, ATTEMPTS - 1)}, pool)) == {0: 0}
        with pytest.raises(KilledWorker):
            dict(spread({0: Task(0, ATTEMPTS)}, pool))
        failing = Task(0, 1, ValueError("no"))
        with pytest.raises(ValueError, match="no"):
            dict(spread({0: failing}, pool))
    assert failing.done == 1  # an error of the work itself is not tried again


class Broken(Executor):
    """An executor whose workers die at the first task."""

    def __init__(self) -> None:
        self.broken = False

    def submit(self, *_: Any, **__: Any) -> Future[Any]:  # type: ignore[override]
        if self.broken:
            raise BrokenExecutor
        self.broken = True
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor())
        return future


def test_a_broken_executor_leaves_the_work_to_this_process_if_that_is_allowed() -> None:
    assert dict(spread({k: Task(k) for k in range(3)}, Broken())) == {0: 0, 1: 1, 2: 2}
    with pytest.raises(BrokenExecutor):
        dict(spread({0: Task(0), 1: Task(1)}, Broken(), here=False))


def test_nothing_is_left_in_the_pool_after_an_error() -> None:
    tasks: dict[int, Any] = {0: Task(0, 1, ValueError())}
    tasks |= {k: SimpleNamespace(do=lambda: time.sleep(0.02)) for k in range(1, 200)}
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(ValueError):  # noqa: PT011
            list(spread(tasks, pool))
        started = time.monotonic()
        pool.submit(int).result()
    assert time.monotonic() - started < 2.0  # 200 tasks would take four seconds


def test_an_executor_with_futures_of_its_own_is_refused() -> None:
    other = SimpleNamespace(submit=lambda *_: SimpleNamespace(result=lambda: 1))
    with pytest.raises(ArgumentError, match=r"`executor` must be one whose submit\(\) returns"):
        dict(spread({0: Task(0)}, other))  # type: ignore[arg-type]


def test_a_client_of_dask_is_taken_for_its_executor() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert std_executor(SimpleNamespace(get_executor=lambda: pool)) is pool
        assert std_executor(pool) is pool
    assert std_executor(None) is None
    assert not worker_died(ValueError())


def test_results_in_the_order_of_the_arguments() -> None:
    with ThreadPoolExecutor(3) as pool:
        for executor in (None, pool):
            assert in_order(abs, range(-9, 0), executor) == list(range(9, 0, -1))
    assert in_order(abs, [], None) == []
