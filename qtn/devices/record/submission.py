"""One run's jobs at a provider: submitted once, found again, fetched, cancelled.

A submission is written down before and after it is made. What a crash leaves in between is settled
by searching the device for the submission's tag; a submission is never repeated on suspicion.
Reading states and results is harmless and is retried with growing pauses. Running, resuming and
cancelling settle a job by the same rule.
"""

from __future__ import annotations

import contextlib
import functools
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from qtn._random import derived_seed
from qtn.devices.budget import Budget
from qtn.devices.costs import RunPlan
from qtn.devices.engines.base import JobFailedError, Pub, RemoteEngine
from qtn.devices.engines.samplers import scrubbed
from qtn.devices.lookup import Device
from qtn.devices.preparation import Batch, take
from qtn.devices.record.answers import check_answers
from qtn.devices.record.encoding import pack_raw
from qtn.devices.record.entries import Job, Run
from qtn.devices.record.ledger import Ledger
from qtn.devices.record.terms import stored_plan
from qtn.errors import DeviceError, FileError

__all__ = ["OutOfPatienceError", "Repeats", "Submission"]

LONGEST_WAIT = 300.0  # seconds between two reads
LOOKS = 3  # at a job that was asked to stop
T = TypeVar("T")


class OutOfPatienceError(DeviceError):
    """The device did not answer in the time that the user gave it."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """What may be submitted a second time; by default nothing.

    Args:
        failed: what failed, or what nobody can tell to have been accepted. This may pay twice.
        cancelled: what was cancelled.
    """

    failed: bool = False
    cancelled: bool = False


class Submission:
    """Exactly-once submission of the batches of one run; the caller holds the run's lock.

    Args:
        store: the ledger.
        run: a run in it.
        device: as the user gave it.
        engine: what `device` resolves to.
        pubs: all circuits of the run.
        batches: their share per job.
        again: what may be submitted a second time; None is nothing.
    """

    def __init__(
        self,
        store: Ledger,
        run: Run,
        device: Device,
        engine: RemoteEngine,
        pubs: Sequence[Pub],
        batches: Sequence[Batch],
        again: Repeats | None = None,
    ) -> None:
        self.store, self.run, self.device, self.engine = store, run, device, engine
        self.pubs, self.batches = pubs, batches
        self.again = again or Repeats()
        self.deadline = self._deadline()

    # -- running -----------------------------------------------------------------------------

    def complete(
        self, numbers: Sequence[int], budget: Budget | None, done: Callable[[], Any]
    ) -> None:
        """Submit what was not, wait for all, store every first result.

        Where one job is in trouble nothing more is submitted, but what has finished at the
        provider is fetched before the trouble is told.
        """
        jobs = [self.store.job(self.run.id, number) for number in numbers]
        with self._salvaging(jobs):
            for k, job in enumerate(jobs):
                jobs[k] = self.settled(job)
        waiting = [job for job in jobs if job.state != "submitted"]
        if waiting:
            self.planned(waiting).check(budget)
        with self._salvaging(jobs):
            for k, job in enumerate(jobs):
                if job.state != "submitted":
                    jobs[k] = self.submitted(self._as_prepared(job))
            self.deadline = self._deadline()  # the wait begins when all is submitted
            for job in jobs:
                self.collected(job, self.device.reads)
                done()

    @contextlib.contextmanager
    def _salvaging(self, jobs: list[Job]) -> Iterator[None]:
        try:
            yield
        except DeviceError:
            for job in jobs:
                with contextlib.suppress(Exception):
                    now = self.store.job(self.run.id, job.number)
                    if now.state == "submitted" and self._state(now) == "DONE":
                        self.collected(now, 1)
            raise

    def settled(self, job: Job) -> Job:
        """Decide what became of a job that an earlier process left behind.

        Returns:
            The job: submitted, or to be submitted (in any other state).

        Raises:
            DeviceError: it must not be submitted without the user's word.
        """
        if job.state == "failed" and not self.again.failed:
            raise DeviceError(
                f"Job {job.number} of run {self.run.id} has failed: {job.error}. "
                f"`qtn jobs resume {self.run.id} --resubmit` submits (and pays) again."
            )
        if job.state == "cancelled" and not (self.again.cancelled or self.again.failed):
            raise DeviceError(
                f"Job {job.number} of run {self.run.id} was cancelled. Give another `seed` to make "
                "a new request, or make the same call of qtn.run again to submit it anew."
            )
        if job.state != "submitting":
            return job
        found = self.searched(job)
        if found is not None:
            return found
        if self.engine.search_is_complete or self.again.failed:
            return job
        raise DeviceError(
            f"Job {job.number} of run {self.run.id} may or may not have reached "
            f"{self.run.device}: a process ended during its submission, and a search for the tag "
            f"{job.tag} finds nothing. Look at the provider's own list; if it is not there, "
            f"`qtn jobs resume {self.run.id} --resubmit` submits it."
        )

    def searched(self, job: Job) -> Job | None:
        """Look for a job by its tag; None if the provider shows none."""
        read = functools.partial(self.engine.find, job.tag)
        found = list(dict.fromkeys(self.reading(read, "searched", self.device.reads)))
        if len(found) > 1:
            raise DeviceError(
                f"{self.run.device} has {len(found)} jobs with the tag {job.tag}: "
                f"{', '.join(found)}. Cancel all but one there, then run again."
            )
        return self.store.move(job, "submitted", job_id=found[0], error=None) if found else None

    def planned(self, waiting: Sequence[Job]) -> RunPlan:
        """Return what the run takes in all if these jobs are submitted, repetitions included."""
        executions = [sum(pub.bindings for pub in take(self.pubs, batch)) for batch in self.batches]
        again = 0
        jobs = {job.number: job for job in self.store.jobs(self.run.id)}
        for job in jobs.values():
            again += executions[job.number] * job.tag.count("-again")
        for job in waiting:
            unclear = job.state == "submitting" and not self.engine.search_is_complete
            again += executions[job.number] * (job.state == "failed" or unclear)
        plan = stored_plan(self.run).priced(self.engine.name)
        return plan.scaled(1.0 + again / sum(executions)) if again else plan

    def _as_prepared(self, job: Job) -> Job:
        """Return a job as prepared; a repeated one under a tag of its own."""
        if job.state == "prepared":
            return job
        if job.state == "submitting":
            return self.store.move(job, "prepared")
        tag = job.tag + ("-again" if job.state == "failed" else "-anew")
        return self.store.move(job, "prepared", tag=tag, job_id=None, error=None)

    def submitted(self, job: Job) -> Job:
        """Submit a prepared job, once."""
        pubs = self._pubs(job)
        job = self.store.move(job, "submitting", calibration=self.engine.calibration())
        try:
            job_id = self.engine.submit(pubs, self.run.shots, self._seed(job), job.tag)
        except Exception as error:
            reason = scrubbed(error)
            found = self.searched(job)
            if found is not None:  # accepted, only the answer was lost
                return found
            if self.engine.search_is_complete:
                self.store.move(job, "prepared")
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
            return self.store.move(job, "submitted", job_id=job_id)
        except FileError as error:
            raise FileError(
                f"Job {job_id} was submitted, but that could not be written: {error} Make room and "
                "run again: it will be found by its tag and not be submitted twice."
            ) from error

    def collected(self, job: Job, reads: int) -> Job:
        """Wait for a job and store its raw result, if none is stored yet."""
        self._refuse_namesakes(job)
        pubs = self._pubs(job)

        def read() -> tuple[Any, str]:
            answer = self.engine.collect(str(job.job_id), pubs, self.run.shots, self._seed(job))
            check_answers(pubs, answer[0], self.run.shots, f"Job {job.job_id}")
            return answer

        try:
            bits, how = self.reading(read, f"read (job {job.job_id})", reads)
        except JobFailedError as error:
            self.store.move(job, "failed", error=scrubbed(error))
            raise
        if job.calibration and job.calibration != self.engine.calibration():
            how += " (the device was calibrated anew between submission and result)"
        job = self.store.finish(job, pack_raw(bits, how), time.time() - job.changed)
        usage = None
        with contextlib.suppress(Exception):  # the result is safe; its bill is only told
            usage = self.within(functools.partial(self.engine.usage, str(job.job_id)), "billed")
        self.engine.forget(str(job.job_id))
        return self.store.account(job, usage) if usage is not None else job

    def _refuse_namesakes(self, job: Job) -> None:
        """Two jobs with one id: nobody can tell whose result comes back."""
        others = self.store.namesakes(job, self.run.device)
        if others:
            error = (
                f"the provider gave it the id {job.job_id}, which job {others[0].number} of run "
                f"{others[0].run} has too, so that their results cannot be told apart"
            )
            self.store.move(job, "failed", error=error)
            raise DeviceError(
                f"Job {job.number} of run {self.run.id} is not used: {error}. "
                f"`qtn jobs resume {self.run.id} --resubmit` submits (and pays) again."
            )

    # -- cancelling --------------------------------------------------------------------------

    def cancelled(self, job: Job) -> Job:
        """Cancel a job unless it has finished; what has finished at the provider is fetched.

        A job counts as cancelled only when it never left this machine or when the provider itself
        says so. Otherwise it stays what it is, with the reason in `error`.
        """
        if job.state in ("done", "cancelled", "failed"):
            return job
        if job.state == "prepared":
            return self.store.move(job, "cancelled")
        try:
            if job.state == "submitting":
                found = self.searched(job)
                if found is None and self.engine.search_is_complete:
                    return self.store.move(job, "cancelled")
                if found is None:
                    return self._noted(
                        job,
                        "it may have reached the provider, but a search for its tag finds nothing",
                    )
                job = found
            return self._stopped(job)
        except DeviceError as error:
            return self._noted(self.store.job(job.run, job.number), scrubbed(error))

    def _stopped(self, job: Job) -> Job:
        """Ask the provider to stop a job, and believe what it then says about it."""
        state, reason = self._state(job), ""
        if state not in ("DONE", "CANCELLED", "ERROR"):
            reason = "the provider was asked to stop it and has not said that it did"
            try:
                stop = functools.partial(self.engine.cancel, str(job.job_id))
                if self.within(stop, "asked to cancel") is False:
                    reason = "the provider did not stop it"
            except Exception as error:
                reason = scrubbed(error)
            for look in range(LOOKS):
                state = self._state(job)
                if state in ("DONE", "CANCELLED", "ERROR"):
                    break
                time.sleep(0.0 if look == LOOKS - 1 else min(self.device.first_wait, LONGEST_WAIT))
        if state == "CANCELLED":
            return self.store.move(job, "cancelled", error=None)
        if state in ("DONE", "ERROR"):
            return self.collected(job, 2)
        return self._noted(job, reason + (f" (it is {state})" if state else ""))

    def _noted(self, job: Job, reason: str) -> Job:
        if job.state not in ("submitting", "submitted"):
            return job
        return self.store.move(job, job.state, error=f"not cancelled: {reason}")

    def _state(self, job: Job) -> str:
        """Return what the provider says of a job; empty if it says nothing."""
        try:
            return self.within(functools.partial(self.engine.status, str(job.job_id)), "asked")
        except Exception:
            return ""

    # -- reading -----------------------------------------------------------------------------

    def reading(self, read: Callable[[], T], what: str, reads: int) -> T:
        """Call `read` until it succeeds, at most `reads` times, with doubling pauses.

        After `Device.patience` seconds it gives up, also on a call that does not return.
        """
        wait = self.device.first_wait
        for attempt in range(1, reads + 1):
            try:
                return self.within(read, what)
            except (JobFailedError, OutOfPatienceError):
                raise
            except Exception as error:
                if attempt == reads:
                    raise DeviceError(
                        f"{self.run.device} could not be {what} in {attempt} attempts: "
                        f"{scrubbed(error)}. The job stays there; run again to resume."
                    ) from None
            time.sleep(min(wait, LONGEST_WAIT, max(self.deadline - time.monotonic(), 0.0)))
            wait *= 2
        raise AssertionError("unreachable")

    def within(self, read: Callable[[], T], what: str) -> T:
        """Call `read` and return its result, or raise when the deadline comes first."""
        if self.device.patience is None:
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
                f"{self.device.patience:g} s. Run {self.run.id} is recorded and its jobs "
                f"stay there: make the same call again, or `qtn jobs resume {self.run.id}`, to go "
                "on waiting; nothing is submitted twice."
            ) from None
        if not good:
            raise answer
        return cast(T, answer)

    def _deadline(self) -> float:
        patience = self.device.patience
        return math.inf if patience is None else time.monotonic() + patience

    def _pubs(self, job: Job) -> list[Pub]:
        return take(self.pubs, self.batches[job.number])

    def _seed(self, job: Job) -> int:
        return derived_seed(self.run.seed, "sample", job.number)
