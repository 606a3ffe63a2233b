"""A recorded run brought to its end: what is missing is done, here or at a provider, once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from qtn._progress import progress_bar
from qtn.devices.budget import Budget
from qtn.devices.engines.base import Engine, Pub, Raw, RemoteEngine
from qtn.devices.lookup import Device, resolve
from qtn.devices.preparation import Batch, Prepared, finish, join, slices, take
from qtn.devices.record.answers import check_answers
from qtn.devices.record.encoding import pack_raw, unpack_raw, unpack_work
from qtn.devices.record.entries import Job, Run, damaged
from qtn.devices.record.ledger import Ledger
from qtn.devices.record.request import Request, tasks
from qtn.devices.record.submission import Repeats, Submission
from qtn.devices.record.terms import stored_budget, stored_plan
from qtn.devices.result import RunResult
from qtn.errors import ArgumentError, FileError
from qtn.parallel.spreading import spread

__all__ = ["complete_run", "opened", "same_device"]


def complete_run(
    store: Ledger,
    run: Run,
    device: Any,
    *,
    executor: Executor | None = None,
    progress: bool | None = None,
    budget: Budget | None = None,
    again: Repeats | None = None,
) -> RunResult:
    """Bring a recorded run to its end and return its result; finished parts are only read.

    Args:
        store: the ledger.
        run: a run in it.
        device: the device that it was meant for.
        executor: spreads what is missing of a simulated sweep.
        progress: show a bar.
        budget: the most that the run may take in all, repetitions included, checked whenever
            something is still to be submitted; None takes the budget it was recorded with.
        again: what may be submitted a second time.

    Raises:
        ArgumentError: another device than the run's.
        BudgetError: what is left to submit is not covered by the budget.
        DeviceError: a job failed, cannot be read now, or may or may not have been accepted.
        FileError: the ledger is damaged or cannot be written.
    """
    started = time.perf_counter()
    with store.lock(run.id):
        work = opened(store, run)
        left = [j.number for j in store.jobs(run.id) if j.state != "done"]
        total = len(work.batches)
        with progress_bar(total, f"run {run.id}", progress, done=total - len(left)) as bar:
            if left:
                wanted, engine = Device.of(device), same_device(run, device)
                budget = stored_budget(run) if budget is None else budget
                if isinstance(engine, RemoteEngine) and not engine.local:
                    _refuse_executor(executor, run.device)
                    submission = Submission(
                        store, run, wanted, engine, work.pubs, work.batches, again
                    )
                    submission.complete(left, budget, bar.update)
                else:
                    stored_plan(run).priced(engine.name).check(budget)
                    try:
                        for _ in _computed(store, run, work, wanted, left, executor):
                            bar.update()
                    except KeyboardInterrupt as stop:
                        stop.add_note(
                            f"{bar.n} of {total} batches of run {run.id} are in the "
                            "ledger; the same call takes up the rest."
                        )
                        raise
        raw, how = _stored(store, run, work)
    found = finish(work.prepared, raw, work.observables, work.single, run.shots)
    return RunResult(found, run.device, how, run.shots, time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class Opened:
    """The work of a recorded run: circuits, number of observables, and the share of each job."""

    prepared: list[Prepared]
    observables: int
    single: bool
    batches: list[Batch]

    @property
    def pubs(self) -> list[Pub]:
        """All measured circuits with their values."""
        return [pub for p in self.prepared for pub in p.pubs]


def opened(store: Ledger, run: Run) -> Opened:
    """Read the work of a run, cut into its jobs.

    Raises:
        FileError: it is damaged, or does not fit the jobs that the ledger has.
    """
    try:
        prepared, observables, single = unpack_work(store.blob(run.work))
        batches = slices([pub for p in prepared for pub in p.pubs], run.batch)
    except FileError:
        raise
    except Exception as error:
        raise damaged(run.id, store.folder, f"its work is not readable ({error})") from error
    if len(batches) != len(store.jobs(run.id)):
        raise damaged(run.id, store.folder, "it has another number of jobs than its work needs")
    return Opened(prepared, observables, single, batches)


def same_device(run: Run, device: Any) -> Engine:
    """Return the engine of the device that a run belongs to.

    Raises:
        ArgumentError: `device` is another one, where nothing of the run would be found.
    """
    engine = resolve(device)
    if run.device not in (Device.of(device).label, engine.name):
        raise ArgumentError(
            f"Argument `device` is {Device.of(device).label!r}, but run {run.id} belongs to "
            f"{run.device!r}. Give that device; on another one its jobs would not be found and be "
            "submitted a second time."
        )
    return engine


def _refuse_executor(executor: Executor | None, device: str) -> None:
    if executor is not None:
        raise ArgumentError(
            f"Argument `executor` is for simulations, but {device} runs its "
            "jobs itself. Leave it out."
        )


def _computed(
    store: Ledger,
    run: Run,
    work: Opened,
    device: Device,
    numbers: Sequence[int],
    executor: Executor | None,
) -> Iterator[Job]:
    """Compute jobs of a simulated run and store what each gave, as they finish."""
    request = Request(device, work.prepared, work.observables, work.single, run.shots, run.seed)
    todo = {k: work.batches[k] for k in numbers}
    for number, (raw, how) in spread(tasks(request, todo), executor):
        job = store.job(run.id, number)
        yield store.finish(job, pack_raw(raw, how), time.time() - job.changed)


def _stored(store: Ledger, run: Run, work: Opened) -> tuple[list[Raw], str]:
    """Read all raw results of a finished run and compare them with the work."""
    parts: list[Sequence[Raw]] = []
    ways: dict[str, None] = {}
    pubs = work.pubs
    for job, batch in zip(store.jobs(run.id), work.batches, strict=True):
        data = store.blob(str(job.result))
        try:
            raw, how = unpack_raw(data)
            check_answers(take(pubs, batch), raw, run.shots, f"Job {job.number}")
        except Exception as error:
            reason = f"the result of job {job.number} is not its own ({error})"
            raise damaged(run.id, store.folder, reason) from error
        parts.append(raw)
        ways[how] = None
    return join(len(pubs), work.batches, parts), "; ".join(ways)
