"""Work on any executor: handed out, collected as it is done, done again where a worker died.

A piece of work is complete in itself and gives the same wherever and however often it is done, so
that results do not depend on the executor, on its workers or on their deaths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from qtn._checks import fail

FUTURES = "one whose submit() returns a concurrent.futures.Future"
ATTEMPTS = 3  # of one piece whose workers die

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Work(Protocol[R_co]):
    """One piece of work; it is pickled where the executor's workers are other processes."""

    def do(self) -> R_co:
        """Do it in this process."""
        ...


def spread(
    tasks: Mapping[int, Work[R]], executor: Executor | None, *, here: bool = True
) -> Iterator[tuple[int, R]]:
    """Do all tasks, in this process or on an executor; yield number and result as they finish.

    Args:
        tasks: the work by number.
        executor: None does them one after the other.
        here: whether this process does what an executor without workers has left over.

    Raises:
        ArgumentError: an executor whose futures are not those of the standard library.
        Exception: what a task raised; or what the executor raised for a task whose workers died
            three times, or for all that are left when it can go on no more.

    Example:
        >>> from types import SimpleNamespace
        >>> dict(spread({7: SimpleNamespace(do=lambda: "done")}, None))
        {7: 'done'}
    """
    if executor is None:
        for number, task in tasks.items():
            yield number, task.do()
        return
    waiting: dict[Future[R], int] = {}
    finished: SimpleQueue[Future[R]] = SimpleQueue()
    attempts = dict.fromkeys(tasks, 0)
    left = list(tasks)
    try:
        while left or waiting:
            for number in left:
                attempts[number] += 1
                try:
                    future = executor.submit(_do, tasks[number])
                except BrokenExecutor:
                    if not here:
                        raise
                    yield number, tasks[number].do()
                else:
                    if not hasattr(future, "add_done_callback"):
                        raise fail("executor", FUTURES, executor, "For instance Dask's executor.")
                    waiting[future] = number
                    future.add_done_callback(finished.put)
            left = []
            if not waiting:
                return
            future = finished.get()
            number = waiting.pop(future)
            try:
                result = future.result()
            except (Exception, CancelledError) as error:
                if not worker_died(error) or attempts[number] >= ATTEMPTS:
                    raise
                left = [number]
                continue
            yield number, result
    finally:
        for future in waiting:  # after an error or Ctrl-C nothing is left in the caller's pool
            future.cancel()


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its argument, as work."""

    function: Callable[[Any], Any]
    argument: Any

    def do(self) -> Any:
        """Return what the function gives."""
        return self.function(self.argument)


def in_order(
    function: Callable[[Any], Any], arguments: Iterable[Any], executor: Executor | None
) -> list[Any]:
    """Return what a function gives for each argument, computed here or on an executor.

    Example:
        >>> in_order(abs, [-1, 2], None)
        [1, 2]
    """
    calls = {k: Call(function, argument) for k, argument in enumerate(arguments)}
    found = dict(spread(calls, executor))
    return [found[k] for k in range(len(found))]


def _do(task: Work[R]) -> R:
    return task.do()


def worker_died(error: BaseException) -> bool:
    """Whether an executor's error says that a worker was lost, not that the work failed."""
    if isinstance(error, BrokenExecutor | CancelledError):
        return True
    return type(error).__name__ in ("KilledWorker", "FutureCancelledError")


def std_executor(executor: Any) -> Any:
    """Return the `concurrent.futures.Executor` of a Dask client; everything else as it is."""
    return executor.get_executor() if hasattr(executor, "get_executor") else executor
