"""Executing a request: here or on a device of others, recorded so that nothing is done twice."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from qtn._progress import progress_bar
from qtn._random import derived_seed
from qtn.devices.budget import Budget, Plan
from qtn.devices.lookup import Device, Engine, Pub, Raw, RemoteEngine, resolve
from qtn.devices.preparation import Batch, Prepared, finish, join, slices, take
from qtn.devices.record.answers import check_answers
from qtn.devices.record.encoding import pack_raw, pack_work, unpack_raw, unpack_work
from qtn.devices.record.entries import damaged
from qtn.devices.record.executors import Task, spread
from qtn.devices.record.ledger import Ledger, Run
from qtn.devices.record.submission import Submission
from qtn.devices.result import RunResult
from qtn.errors import ArgumentError, FileError

__all__ = ["Request", "opened", "perform", "recorded", "same_device"]


@dataclass(frozen=True, slots=True)
class Request:
    """Prepared work and the terms under which it runs."""

    device: Device
    prepared: list[Prepared]
    observables: int
    single: bool
    shots: int
    seed: int
    budget: Budget | None = None

    @property
    def pubs(self) -> list[Pub]:
        """All measured circuits with their values."""
        return [pub for p in self.prepared for pub in p.pubs]

    def record(self, book: Ledger, intent: str, engine: Engine, plan: Plan, jobs: int) -> Run:
        """Write the request to the ledger with all its jobs prepared; the same one only once."""
        with book.lock(f"intent-{intent[:16]}"):
            known = book.by_intent(intent)
            if known is not None:
                return known
            work = pack_work(self.prepared, self.observables, self.single)
            run_id = intent[:10]
            earlier = book.count(intent)
            run = Run(
                id=f"{run_id}-{earlier + 1}" if earlier else run_id,
                intent=intent,
                created=time.time(),
                device=self.device.label,
                shots=self.shots,
                seed=self.seed,
                batch=engine.batch,
                work=_sha(work),
                plan=asdict(plan)
                | {"options": engine.options}
                | ({} if self.budget is None else {"budget": asdict(self.budget)}),
                versions=_versions(),
            )
            return book.create(run, work, jobs)


def perform(
    request: Request,
    batches: Sequence[Batch],
    executor: Executor | None,
    progress: bool | None,
    first: int = 0,
) -> tuple[list[Raw], str]:
    """Run all batches without a ledger; return what each circuit gave and what ran it.

    `first` is the number of the first batch in the whole work, which decides on its random stream.
    """
    found: dict[int, tuple[Sequence[Raw], str]] = {}
    todo = dict(enumerate(batches))
    with progress_bar(len(batches), "run", progress) as bar:
        for number, bits, how in spread(_tasks(request, todo, first), executor):
            check_answers(take(request.pubs, todo[number]), bits, request.shots, how)
            found[number] = bits, how
            bar.update()
    ordered = [found[k] for k in range(len(batches))]
    said = "; ".join(dict.fromkeys(how for _, how in ordered))
    return join(len(request.pubs), batches, [bits for bits, _ in ordered]), said


def recorded(
    book: Ledger,
    run: Run,
    device: Any,
    *,
    executor: Executor | None = None,
    progress: bool | None = None,
    budget: Budget | None = None,
    resubmit: bool = False,
    renew: bool = False,
) -> RunResult:
    """Bring a recorded run to its end and return its result; finished parts are only read.

    Args:
        book: the ledger.
        run: a run in it.
        device: the device that it was meant for.
        executor: spreads what is missing of a simulated sweep.
        progress: show a bar.
        budget: the most that the run may take in all, repetitions included, checked whenever
            something is still to be submitted; None takes the budget it was recorded with.
        resubmit: submit again what failed, or what nobody can tell to have been accepted. This
            may pay a second time.
        renew: submit anew what was cancelled.

    Raises:
        ArgumentError: another device than the run's.
        BudgetError: what is left to submit is not covered by the budget.
        DeviceError: a job failed, cannot be read now, or may or may not have been accepted.
        FileError: the ledger is damaged or cannot be written.
    """
    started = time.perf_counter()
    with book.lock(run.id):
        work = opened(book, run)
        pubs = [pub for p in work.prepared for pub in p.pubs]
        left = [j.number for j in book.jobs(run.id) if j.state != "done"]
        with progress_bar(len(work.batches), f"run {run.id}", progress) as bar:
            bar.update(len(work.batches) - len(left))
            if left:
                wanted, engine = Device.of(device), same_device(run, device)
                budget = Plan.budget_of(run) if budget is None else budget
                if isinstance(engine, RemoteEngine) and not engine.local:
                    _refuse_executor(executor, run.device)
                    submission = Submission(
                        *(book, run, wanted, engine, pubs, work.batches),
                        resubmit=resubmit,
                        renew=renew,
                    )
                    submission.complete(left, budget, bar.update)
                else:
                    Plan.stored(run).priced(engine.name).check(budget)
                    request = Request(wanted, work.prepared, work.observables, work.single,
                                      run.shots, run.seed)  # fmt: skip
                    todo = {k: work.batches[k] for k in left}
                    for number, bits, how in spread(_tasks(request, todo), executor):
                        job = book.job(run.id, number)
                        book.finish(job, pack_raw(bits, how), time.time() - job.changed)
                        bar.update()
        raw, said = _stored(book, run, pubs, work.batches)
    found = finish(work.prepared, raw, work.observables, work.single, run.shots)
    return RunResult(found, run.device, said, run.shots, time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class Opened:
    """The work of a recorded run."""

    prepared: list[Prepared]
    observables: int
    single: bool
    batches: list[Batch]


def opened(book: Ledger, run: Run) -> Opened:
    """Read the work of a run, cut into its jobs.

    Raises:
        FileError: it is damaged, or does not fit the jobs that the ledger has.
    """
    try:
        prepared, observables, single = unpack_work(book.blob(run.work))
        batches = slices([pub for p in prepared for pub in p.pubs], run.batch)
    except FileError:
        raise
    except Exception as error:
        raise damaged(run.id, book.folder, f"its work is not readable ({error})") from error
    if len(batches) != len(book.jobs(run.id)):
        raise damaged(run.id, book.folder, "it has another number of jobs than its work needs")
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


def _stored(
    book: Ledger, run: Run, pubs: Sequence[Pub], batches: Sequence[Batch]
) -> tuple[list[Raw], str]:
    """Read all raw results of a finished run and compare them with what was asked."""
    parts: list[Sequence[Raw]] = []
    said: dict[str, None] = {}
    for job, batch in zip(book.jobs(run.id), batches, strict=True):
        data = book.blob(str(job.result))
        try:
            raw, how = unpack_raw(data)
            check_answers(take(pubs, batch), raw, run.shots, f"Job {job.number}")
        except Exception as error:
            reason = f"the result of job {job.number} is not its own ({error})"
            raise damaged(run.id, book.folder, reason) from error
        parts.append(raw)
        said[how] = None
    return join(len(pubs), batches, parts), "; ".join(said)


def _tasks(request: Request, todo: dict[int, Batch], first: int = 0) -> dict[int, Task]:
    """Make each batch a task with its own random stream."""
    return {
        number: Task(
            request.device,
            take(request.pubs, batch),
            request.shots,
            derived_seed(request.seed, "sample", first + number),
        )
        for number, batch in todo.items()
    }


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@functools.cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("qiskit", "qiskit-aer", "numpy")}
