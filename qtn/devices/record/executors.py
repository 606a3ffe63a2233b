"""Spreading simulated batches over any executor; a batch whose worker dies is done again.

Every batch carries its own seed, so it gives the same bits wherever and however often it runs. On
a cluster under SLURM, make the executor with dask-jobqueue
(`Client(SLURMCluster(...)).get_executor()`) and give it to
`qtn.run(..., executor=..., ledger=FOLDER)`; finished batches are in the ledger at once, and the
same call takes up the rest after the allocation ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, as_completed
from dataclasses import dataclass

from qtn.devices.engines.base import Pub, Raw
from qtn.devices.lookup import Device, resolve

__all__ = ["Task", "spread"]

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Task:
    """A batch of circuits for a simulated device, complete in itself."""

    device: Device
    pubs: list[Pub]
    shots: int
    seed: int

    def do(self) -> tuple[Sequence[Raw], str]:
        """Run the batch in this process, which resolves the device for itself."""
        return resolve(self.device).execute(self.pubs, self.shots, self.seed)


def spread(
    tasks: dict[int, Task], executor: Executor | None
) -> Iterator[tuple[int, Sequence[Raw], str]]:
    """Do all tasks, here or on `executor`; yield number, bits and engine as they finish.

    Raises:
        Exception: what a task raised; or what the executor raised for a task whose workers died
            three times.
    """
    if executor is None:
        for number, task in tasks.items():
            yield number, *task.do()
        return
    attempts = dict.fromkeys(tasks, 0)
    waiting: dict[Future[tuple[Sequence[Raw], str]], int] = {}
    left = list(tasks)
    try:
        while left or waiting:
            for number in left:
                attempts[number] += 1
                try:
                    waiting[executor.submit(Task.do, tasks[number])] = number
                except BrokenExecutor:
                    yield number, *tasks[number].do()  # the pool is gone; this process is not
            left = []
            if not waiting:
                return
            future = next(as_completed(waiting))
            number = waiting.pop(future)
            try:
                bits, how = future.result()
            except (Exception, CancelledError) as error:
                if not _worker_died(error) or attempts[number] >= ATTEMPTS:
                    raise
                left = [number]
                continue
            yield number, bits, how
    finally:
        for future in waiting:  # after an error or Ctrl-C nothing is left in the caller's pool
            future.cancel()


def _worker_died(error: BaseException) -> bool:
    if isinstance(error, BrokenExecutor | CancelledError):
        return True
    return type(error).__name__ in ("KilledWorker", "FutureCancelledError")
