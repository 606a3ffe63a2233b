"""Executing a request: here or on a device of others, recorded so that nothing is done twice.

A submission is written down before and after it is made. What a crash leaves in between is settled
by searching the device for the submission's tag; a submission is never repeated on suspicion.
Reading states and results is harmless and is retried with growing pauses.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeVar, cast

from qtn._progress import progress_bar
from qtn._random import derived_seed
from qtn.devices.executors import Task, spread
from qtn.devices.ledger import Job, Ledger, Run
from qtn.devices.plan import Plan
from qtn.devices.prepare import Batch, Prepared, finish, join, slices, take
from qtn.devices.records import pack_raw, pack_work, unpack_raw, unpack_work
from qtn.devices.resolve import Device, Engine, JobFailedError, Pub, Raw, RemoteEngine, resolve
from qtn.devices.result import RunResult
from qtn.devices.samplers import scrubbed
from qtn.errors import ArgumentError, DeviceError, FileError

__all__ = ["Request", "perform", "recorded"]

LONGEST_WAIT = 300.0  # seconds between two reads
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """Prepared work and the terms under which it runs."""

    device: Device
    prepared: list[Prepared]
    observables: int
    single: bool
    shots: int
    seed: int

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
                plan={name: getattr(plan, name) for name in Plan.__slots__}
                | {"options": engine.options},
                versions=_versions(),
            )
            return book.create(run, work, jobs)


def perform(
    request: Request, batches: Sequence[Batch], executor: Executor | None, progress: bool | None
) -> tuple[list[Raw], str]:
    """Run all batches without a ledger; return what each circuit gave and what ran it."""
    found: dict[int, tuple[Sequence[Raw], str]] = {}
    todo = dict(enumerate(batches))
    with progress_bar(len(batches), "run", progress) as bar:
        for number, bits, how in spread(_tasks(request, todo), executor):
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
    resubmit: bool = False,
) -> RunResult:
    """Bring a recorded run to its end and return its result; finished parts are only read.

    Args:
        book: the ledger.
        run: a run in it.
        device: the device that it was meant for.
        executor: spreads what is missing of a simulated sweep.
        progress: show a bar.
        resubmit: submit again what failed, or what nobody can tell to have been accepted. This
            may pay a second time.

    Raises:
        DeviceError: a job failed, cannot be read now, or may or may not have been accepted.
        FileError: the ledger is damaged or cannot be written.
    """
    started = time.perf_counter()
    with book.lock(run.id):
        prepared, observables, single = unpack_work(book.blob(run.work))
        wanted = Device.of(device)
        request = Request(wanted, prepared, observables, single, run.shots, run.seed)
        batches = slices(request.pubs, run.batch)
        todo = {j.number: batches[j.number] for j in book.jobs(run.id) if j.state != "done"}
        with progress_bar(len(batches), f"run {run.id}", progress) as bar:
            bar.update(len(batches) - len(todo))
            if todo:
                engine = resolve(wanted)
                if isinstance(engine, RemoteEngine) and not engine.local:
                    if executor is not None:
                        raise ArgumentError(
                            f"Argument `executor` is for simulations, but {run.device} runs its "
                            "jobs itself. Leave it out."
                        )
                    _Submission(book, run, request, engine, resubmit).complete(todo, bar.update)
                else:
                    for number, bits, how in spread(_tasks(request, todo), executor):
                        job = book.job(run.id, number)
                        book.finish(job, pack_raw(bits, how), time.time() - job.changed)
                        bar.update()
        raw = [unpack_raw(book.blob(str(j.result))) for j in book.jobs(run.id)]
    said = "; ".join(dict.fromkeys(how for _, how in raw))
    whole = join(len(request.pubs), batches, [part for part, _ in raw])
    found = finish(prepared, whole, observables, single, run.shots)
    return RunResult(found, run.device, said, run.shots, time.perf_counter() - started)


class OutOfPatienceError(DeviceError):
    """The device did not answer in the time that the user gave it."""


class _Submission:
    """Exactly-once submission of the batches of one run; the caller holds the run's lock."""

    def __init__(
        self, book: Ledger, run: Run, request: Request, engine: RemoteEngine, resubmit: bool
    ) -> None:
        self.book, self.run, self.request, self.engine = book, run, request, engine
        self.resubmit = resubmit
        self.deadline = self._deadline()

    def complete(self, todo: dict[int, Batch], done: Callable[[], Any]) -> None:
        """Submit what was not, wait for all, store every first result."""
        jobs = [self.settled(self.book.job(self.run.id, number)) for number in todo]
        jobs = [self.submitted(j, todo) if j.state == "prepared" else j for j in jobs]
        self.deadline = self._deadline()  # the wait begins when all is submitted
        for job in jobs:
            self.collected(job, todo)
            done()

    def settled(self, job: Job) -> Job:
        """Decide what became of a job that an earlier process left behind."""
        if job.state == "failed":
            if not self.resubmit:
                raise DeviceError(
                    f"Job {job.number} of run {self.run.id} has failed: {job.error}. "
                    f"`qtn jobs resume {self.run.id} --resubmit` submits (and pays) again."
                )
            tag = f"{job.tag}-again"
            return self.book.move(job, "prepared", tag=tag, job_id=None, error=None)
        if job.state == "cancelled":
            raise DeviceError(
                f"Job {job.number} of run {self.run.id} was cancelled. Give another `seed` to make "
                "a new request."
            )
        if job.state != "submitting":
            return job
        found = self.reading(functools.partial(self.engine.find, job.tag), "searched")
        if found:
            return self.book.move(job, "submitted", job_id=self._only(found, job))
        if self.engine.search_is_complete or self.resubmit:
            return self.book.move(job, "prepared")
        raise DeviceError(
            f"Job {job.number} of run {self.run.id} may or may not have reached "
            f"{self.run.device}: a process ended during its submission, and a search for the tag "
            f"{job.tag} finds nothing. Look at the provider's own list; if it is not there, "
            f"`qtn jobs resume {self.run.id} --resubmit` submits it."
        )

    def submitted(self, job: Job, todo: dict[int, Batch]) -> Job:
        """Submit a job, once."""
        pubs = take(self.request.pubs, todo[job.number])
        job = self.book.move(job, "submitting", calibration=self.engine.calibration())
        try:
            job_id = self.engine.submit(pubs, self.request.shots, self._seed(job), job.tag)
        except Exception as error:
            reason = scrubbed(error)
            found = self.reading(functools.partial(self.engine.find, job.tag), "searched")
            if found:  # accepted, only the answer was lost
                return self.book.move(job, "submitted", job_id=self._only(found, job))
            if self.engine.search_is_complete:
                self.book.move(job, "prepared")
                raise DeviceError(
                    f"{self.run.device} refused job {job.number} of run {self.run.id} ({reason}). "
                    "Nothing was accepted; run again to try once more."
                ) from None
            raise DeviceError(
                f"The submission of job {job.number} of run {self.run.id} failed ({reason}), and "
                f"it is not known whether {self.run.device} accepted it. It was not repeated; "
                "run again later to search for it."
            ) from None
        try:
            return self.book.move(job, "submitted", job_id=job_id)
        except FileError as error:
            raise FileError(
                f"Job {job_id} was submitted, but that could not be written: {error} Make room and "
                "run again: it will be found by its tag and not be submitted twice."
            ) from error

    def collected(self, job: Job, todo: dict[int, Batch]) -> None:
        """Wait for a job and store its raw result, if none is stored yet."""
        pubs = take(self.request.pubs, todo[job.number])
        read = functools.partial(
            self.engine.collect, str(job.job_id), pubs, self.request.shots, self._seed(job)
        )
        try:
            bits, how = self.reading(read, f"read (job {job.job_id})")
        except JobFailedError as error:
            self.book.move(job, "failed", error=scrubbed(error))
            raise
        if job.calibration and job.calibration != self.engine.calibration():
            how += " (the device was calibrated anew between submission and result)"
        job = self.book.finish(job, pack_raw(bits, how), time.time() - job.changed)
        usage = None
        with contextlib.suppress(Exception):  # the result is safe; its bill is only told
            usage = self.within(functools.partial(self.engine.usage, str(job.job_id)), "billed")
        if usage is not None:
            self.book.account(job, usage)

    def reading(self, read: Callable[[], T], what: str) -> T:
        """Call `read` until it succeeds, at most `Device.reads` times, with doubling pauses.

        After `Device.patience` seconds it gives up, also on a call that does not return.
        """
        wait = self.request.device.first_wait
        for attempt in range(1, self.request.device.reads + 1):
            try:
                return self.within(read, what)
            except (JobFailedError, OutOfPatienceError):
                raise
            except Exception as error:
                if attempt == self.request.device.reads:
                    raise DeviceError(
                        f"{self.run.device} could not be {what} in {attempt} attempts: "
                        f"{scrubbed(error)}. The job stays there; run again to resume."
                    ) from None
            time.sleep(min(wait, LONGEST_WAIT, max(self.deadline - time.monotonic(), 0.0)))
            wait *= 2
        raise AssertionError("unreachable")

    def within(self, read: Callable[[], T], what: str) -> T:
        """Call `read` and return its result, or raise when the deadline comes first."""
        if self.request.device.patience is None:
            return read()
        answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put((True, read()))
            except BaseException as error:
                answers.put((False, error))

        # a daemon: a provider's call that never returns must not keep this process alive
        threading.Thread(target=ask, name="qtn-read", daemon=True).start()
        try:
            good, answer = answers.get(timeout=max(self.deadline - time.monotonic(), 0.0))
        except queue.Empty:
            raise OutOfPatienceError(
                f"{self.run.device} could not be {what} within the patience of "
                f"{self.request.device.patience:g} s. Run {self.run.id} is recorded and its jobs "
                f"stay there: make the same call again, or `qtn jobs resume {self.run.id}`, to go "
                "on waiting; nothing is submitted twice."
            ) from None
        if not good:
            raise answer
        return cast(T, answer)

    def _deadline(self) -> float:
        patience = self.request.device.patience
        return math.inf if patience is None else time.monotonic() + patience

    def _seed(self, job: Job) -> int:
        return derived_seed(self.request.seed, "sample", job.number)

    def _only(self, found: list[str], job: Job) -> str:
        if len(found) > 1:
            raise DeviceError(
                f"{self.run.device} has {len(found)} jobs with the tag {job.tag}: "
                f"{', '.join(found)}. Cancel all but one there, then run again."
            )
        return found[0]


def _tasks(request: Request, todo: dict[int, Batch]) -> dict[int, Task]:
    """Make each batch a task with its own random stream."""
    return {
        number: Task(
            request.device,
            take(request.pubs, batch),
            request.shots,
            derived_seed(request.seed, "sample", number),
        )
        for number, batch in todo.items()
    }


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@functools.cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("qiskit", "qiskit-aer", "numpy")}
