"""A queue on this machine that behaves like a provider: jobs outlive the process that sent them.

It stands in for hardware in tests, notebooks and rehearsals of long runs: a real `BackendV2` whose
jobs are accepted by an atomic rename, carry tags, can be listed and retrieved by id from any
process, and give one fixed result.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, qpy
from qiskit.providers import BackendV2, JobStatus, JobV1, Options
from qiskit.result import Result
from qiskit.transpiler import Target
from qiskit_aer import AerSimulator

from qtn._io import write_atomic
from qtn.devices.engines.base import Engine, Pub
from qtn.devices.engines.simulators import named_engine
from qtn.errors import DeviceError, FileError

__all__ = ["LocalJob", "LocalQueue"]


class LocalQueue(BackendV2):
    """A backend whose jobs live in a folder.

    Args:
        folder: where jobs are kept; created if missing.
        device: the simulated device behind the queue; remembered in the folder. None takes what
            the folder remembers, else noiseless Aer.
        seconds: how long every job takes, as if it waited for others.
        worker: start a detached process per job, which computes it even when the submitting
            process has ended; False computes a job when its result is first asked for.

    Raises:
        FileError: the folder cannot be used.
    """

    search_is_complete = True  # a job is in the folder, or was never accepted

    def __init__(
        self,
        folder: str | os.PathLike[str],
        device: str | None = None,
        *,
        seconds: float = 0.0,
        worker: bool = False,
    ) -> None:
        self.folder = Path(folder).absolute()
        super().__init__(name=f"queue:{self.folder}")
        note = self.folder / "device.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if device is not None or not note.exists():
                text = json.dumps({"device": device or "aer"})
                write_atomic(note, text.encode())
            self.device = str(json.loads(note.read_text())["device"])
        except (OSError, ValueError, KeyError) as error:
            raise FileError(f"The queue folder {self.folder} cannot be used ({error}).") from error
        self._target: Target | None = None
        self._seconds = seconds
        self._worker = worker

    @property
    def engine(self) -> Engine:
        """The simulator behind the queue."""
        return named_engine(self.device)

    @property
    def target(self) -> Target:
        if self._target is None:
            self._target = self.engine.target or AerSimulator(method="statevector").target
        return self._target

    @property
    def max_circuits(self) -> int | None:
        return 100

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1024, memory=True, seed_simulator=0, job_tags=[])

    def run(self, run_input: QuantumCircuit | Sequence[QuantumCircuit], **options: Any) -> LocalJob:
        """Accept a job: it exists from the moment its folder has its final name."""
        circuits = [run_input] if isinstance(run_input, QuantumCircuit) else list(run_input)
        request = {
            name: options.get(name, getattr(self.options, name))
            for name in ("shots", "seed_simulator", "job_tags")
        }
        if request["seed_simulator"] is None:
            request["seed_simulator"] = int.from_bytes(os.urandom(4), "big")
        request["created"] = time.time()
        request["seconds"] = self._seconds
        job_id = uuid.uuid4().hex[:20]
        draft = self.folder / f".draft-{job_id}"
        draft.mkdir()
        stream = io.BytesIO()
        qpy.dump(circuits, stream)
        (draft / "circuits.qpy").write_bytes(stream.getvalue())
        (draft / "request.json").write_text(json.dumps(request))
        draft.rename(self.folder / f"job-{job_id}")
        if self._worker:
            command = [
                sys.executable,
                "-m",
                "qtn.devices.engines.local_queue",
                str(self.folder),
                job_id,
            ]
            quiet = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in (0, 1, 2)]
            # a session of its own: it lives on when this process is killed
            os.posix_spawn(sys.executable, command, os.environ, file_actions=quiet, setsid=True)
        return LocalJob(self, job_id)

    def jobs(self, job_tags: Sequence[str] = ()) -> list[LocalJob]:
        """Return the jobs that carry all the given tags, oldest first."""
        found = []
        for path in self.folder.glob("job-*"):
            request = json.loads((path / "request.json").read_text())
            if set(job_tags) <= set(request["job_tags"]):
                found.append((request["created"], LocalJob(self, path.name.removeprefix("job-"))))
        return [job for _, job in sorted(found, key=lambda entry: entry[0])]

    def retrieve_job(self, job_id: str) -> LocalJob:
        """Return a job by its id.

        Raises:
            DeviceError: there is no such job.
        """
        if not (self.folder / f"job-{job_id}").is_dir():
            raise DeviceError(f"The queue {self.folder} has no job {job_id!r}.")
        return LocalJob(self, job_id)


class LocalJob(JobV1):
    """A job of a `LocalQueue`."""

    def __init__(self, backend: LocalQueue, job_id: str) -> None:
        super().__init__(backend, job_id)
        self._folder = backend.folder / f"job-{job_id}"
        self._queue = backend

    def tags(self) -> list[str]:
        """Return the tags that came with the submission."""
        request = json.loads((self._folder / "request.json").read_text())
        return [str(tag) for tag in request["job_tags"]]

    def submit(self) -> None:
        """Nothing is left to do: a job exists once it was accepted."""

    def status(self) -> JobStatus:
        if (self._folder / "cancelled").exists():
            return JobStatus.CANCELLED
        done = (self._folder / "result.npz").exists()
        return JobStatus.DONE if done else JobStatus.RUNNING

    def cancel(self) -> bool:
        """Cancel the job unless it is done."""
        if self.status() is not JobStatus.DONE:
            (self._folder / "cancelled").touch()
        return self.status() is JobStatus.CANCELLED

    def result(self) -> Result:
        """Wait for the result; whoever computes it first fixes it."""
        request = json.loads((self._folder / "request.json").read_text())
        # the clock may have been set back since, but nobody waits longer than the job takes
        left = min(request["created"] + request["seconds"] - time.time(), request["seconds"])
        ready = time.monotonic() + left
        while time.monotonic() < ready and self.status() is JobStatus.RUNNING:
            time.sleep(0.02)
        if self.status() is JobStatus.CANCELLED:
            raise DeviceError(f"Job {self.job_id()} was cancelled.")
        if self.status() is not JobStatus.DONE:
            self.compute()
        with np.load(self._folder / "result.npz", allow_pickle=False) as stored:
            memories = [stored[name].tolist() for name in sorted(stored.files, key=int)]
        experiments = []
        for memory in memories:
            counts: dict[str, int] = {}
            for outcome in memory:
                counts[outcome] = counts.get(outcome, 0) + 1
            experiments.append(
                {
                    "shots": len(memory),
                    "success": True,
                    "data": {"counts": counts, "memory": memory},
                    "status": "DONE",
                }
            )
        return Result.from_dict(
            {
                "backend_name": self._queue.name,
                "backend_version": "1",
                "job_id": self.job_id(),
                "success": True,
                "results": experiments,
            }
        )

    def compute(self) -> None:
        """Compute the result, unless another process was faster."""
        request = json.loads((self._folder / "request.json").read_text())
        circuits = qpy.load(io.BytesIO((self._folder / "circuits.qpy").read_bytes()))
        bits, _ = self._queue.engine.sample(
            [Pub(c) for c in circuits], request["shots"], request["seed_simulator"]
        )
        stream = io.BytesIO()
        arrays: dict[str, Any] = {}
        for k, b in enumerate(bits):
            width = 8 * b.array.shape[-1]
            rows = [int.from_bytes(row.tobytes(), "big") for row in b.array]
            arrays[str(k)] = np.array([hex(r) for r in rows], dtype=f"<U{2 + width // 4}")
        np.savez_compressed(stream, **arrays)
        draft = self._folder / f".result-{uuid.uuid4().hex}"
        draft.write_bytes(stream.getvalue())
        try:
            os.link(draft, self._folder / "result.npz")  # fails if a result is there already
        except FileExistsError:
            pass
        finally:
            draft.unlink()


def main(arguments: Sequence[str]) -> None:
    """Compute one job: `python -m qtn.devices.engines.local_queue FOLDER JOB`."""
    folder, job_id = arguments
    LocalQueue(folder).retrieve_job(job_id).result()


if __name__ == "__main__":
    main(sys.argv[1:])
