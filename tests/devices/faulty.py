"""A provider with bad manners: the real backend interface, with chosen faults."""

from __future__ import annotations

import contextlib
import copy
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from qiskit import QuantumCircuit
from qiskit.providers import JobStatus
from qiskit.result import Result
from qiskit.transpiler import InstructionProperties

from qtn.devices.engines.local_queue import LocalJob, LocalQueue

TOKEN = "planted-token-0123456789abcdef0123456789abcdef"


class FaultyQueue(LocalQueue):
    """A `LocalQueue` that misbehaves as told; `calls` counts what was asked of it.

    Faults: "third" (every third call fails), "timeout" (results time out twice), "silent" (they
    always do), "refuse" (submissions are refused), "lost answer" (accepted, but the answer is an
    error), "partial" and "always partial" (results lack an experiment, once or always),
    "no memory" (counts only), "nothing" (neither memory nor counts), "forget" (jobs are unknown
    later), "calibrate" (error rates change after submission), "error" (jobs end in error), "block"
    (results never come back), "billed" (jobs tell their usage), "bill fails", "cancel false" and
    "cancel raises" (jobs are not cancelled), "queued" (jobs wait), "same id" (every submission
    gets one id), "no id" (submissions get none), "all jobs" (searches ignore the tag), "twice"
    (every experiment comes back twice), "short" and "wide" (shots are missing, bits are too many),
    "unsuccessful" (the provider declares its data a failure), "foreign" (the result of another
    job), "unprintable" (an error without text), "negative" and "fraction" (impossible counts).
    """

    def __init__(
        self, folder: Any, *faults: str, device: str = "tensor", whole: bool = True
    ) -> None:
        super().__init__(folder, device)
        if "calibrate" in faults:
            self._target = copy.deepcopy(self.target)  # the engine's is everybody's
        self.faults = set(faults)
        self.calls: Counter[str] = Counter()
        self.search_is_complete = whole
        self.token = TOKEN

    @property
    def max_circuits(self) -> int:
        return 2

    def ask(self, what: str) -> None:
        self.calls[what] += 1
        self.calls["all"] += 1
        if "third" in self.faults and self.calls["all"] % 3 == 0:
            raise ConnectionError(f"503 for {what} (Authorization: Bearer {TOKEN})")

    def run(self, run_input: QuantumCircuit | Sequence[QuantumCircuit], **options: Any) -> LocalJob:
        self.ask("run")
        if "refuse" in self.faults:
            raise ConnectionError(f"refused, token={TOKEN}")
        job = super().run(run_input, **options)
        if "unprintable" in self.faults:
            raise UnprintableError
        if "same id" in self.faults or "no id" in self.faults:
            return StrangeJob(self, job.job_id())
        if "lost answer" in self.faults:
            raise TimeoutError("no answer")
        if "calibrate" in self.faults:
            edge = next(iter(self.target["cx"]))
            self.target.update_instruction_properties("cx", edge, InstructionProperties(error=0.3))
        return FaultyJob(self, job.job_id())

    def jobs(self, job_tags: Sequence[str] = ()) -> list[LocalJob]:
        self.ask("jobs")
        job_tags = () if "all jobs" in self.faults else job_tags
        return super().jobs(job_tags) if self.search_is_complete else []

    def retrieve_job(self, job_id: str) -> LocalJob:
        self.ask("retrieve")
        if "forget" in self.faults:
            raise KeyError(job_id)
        return FaultyJob(self, super().retrieve_job(job_id).job_id())


class UnprintableError(Exception):
    """An exception whose text cannot be read."""

    def __str__(self) -> str:
        raise ValueError("no text")


class FaultyJob(LocalJob):
    """A job of a `FaultyQueue`."""

    def status(self) -> JobStatus:
        if "queued" in self._queue.faults and super().status() is JobStatus.RUNNING:
            return JobStatus.QUEUED
        return JobStatus.ERROR if "error" in self._queue.faults else super().status()

    def cancel(self) -> bool:
        self._queue.ask("cancel")
        if "cancel raises" in self._queue.faults:
            raise ConnectionError("503")
        return False if "cancel false" in self._queue.faults else super().cancel()

    def usage(self) -> float:
        if "bill fails" in self._queue.faults:
            raise ConnectionError("503")
        return 1.5 if "billed" in self._queue.faults else 0.0

    def result(self) -> Result:
        queue = self._queue
        queue.ask("result")
        while "block" in queue.faults:
            time.sleep(0.01)
        if "error" in queue.faults:
            raise RuntimeError(f"internal error 1234 for {TOKEN}")
        if "silent" in queue.faults:
            raise TimeoutError("timed out")
        if "timeout" in queue.faults and queue.calls["result"] <= 2:
            raise TimeoutError("timed out")
        result = super().result()
        for experiment in result.results:
            if "no memory" in queue.faults or "nothing" in queue.faults:
                del experiment.data.memory
            if "nothing" in queue.faults:
                del experiment.data.counts
            spoil(experiment, queue.faults)
        if "unsuccessful" in queue.faults:
            result.success = False
        if "foreign" in queue.faults:
            result.job_id = "another"
        if "twice" in queue.faults:
            result.results = result.results * 2
        first = "partial" in queue.faults and queue.calls["result"] == 1
        if first or "always partial" in queue.faults:
            result.results = result.results[:-1]
        return result


class StrangeJob(FaultyJob):
    """A job that tells no id, or the id of all others."""

    def job_id(self) -> str:
        told = "one-for-all" if "same id" in self._queue.faults else None
        return told  # type: ignore[return-value]


def spoil(experiment: Any, faults: set[str]) -> None:
    """Change the data of an experiment."""
    data = experiment.data
    if "short" in faults:
        data.memory = data.memory[:-1]
    if "wide" in faults:
        data.memory = [hex(int(m, 16) + 16) for m in data.memory]
    if faults & {"negative", "fraction"}:
        del data.memory
        data.counts = {"0x0": 51, "0x1": -1} if "negative" in faults else {"0x0": 49.5, "0x1": 0.5}


def accepted(queue: LocalQueue) -> int:
    """How many jobs the provider has accepted, whatever it says about them."""
    with contextlib.suppress(FileNotFoundError):
        return len(list(queue.folder.glob("job-*")))
    return 0
