"""Kills processes that run jobs, resumes them, and counts what was lost or submitted twice.

Run as a program, so that it can fork children from a process without threads:
`python crash_worker.py FOLDER random TRIALS` kills at random instants, `... steps` kills once
before and once after every single step of a job's life. Prints one JSON line.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit
from tqdm.auto import tqdm

from qtn.devices import Device, Transpiled, run, transpile_for
from qtn.devices.engines.local_queue import LocalJob, LocalQueue
from qtn.devices.record.ledger import Ledger

CIRCUITS = 3

# tqdm's own lock is shared by forked processes, and a killed holder would never give it back; a
# program started on its own has a lock of its own, so give every fork one
tqdm.set_lock(threading.RLock())


class OneCircuitQueue(LocalQueue):
    """Takes one circuit per job, so that a run has several jobs."""

    @property
    def max_circuits(self) -> int:
        return 1


def circuits() -> list[Transpiled]:
    found = []
    for k in range(CIRCUITS):
        circuit = QuantumCircuit(2)
        circuit.ry(0.5 + k, 0)
        circuit.cx(0, 1)
        found.append(transpile_for(circuit, "tensor"))
    return found


READY = circuits()  # transpiled once, so that a process spends its time on jobs


def work(folder: Path, seed: int, digest: Path | None = None) -> None:
    """One process: run the request to its end and leave a digest of its bits."""
    device = Device(OneCircuitQueue(folder / "queue", "tensor"), reads=3, first_wait=0.01)
    result = run(READY, device=device, shots=20, seed=seed, ledger=folder / "ledger")
    if digest is not None:
        digest.write_text(bits_digest(result))


def bits_digest(result: Any) -> str:
    return hashlib.sha256(b"".join(b.array.tobytes() for b in result.bits)).hexdigest()


def fork(task: Any) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            task()
            code = 0
        finally:
            os._exit(code)
    return child


def state_now(folder: Path, seed: int) -> str:
    """The least advanced state of the run's jobs, as the dead process left them."""
    if not (folder / "ledger" / "ledger.sqlite").exists():
        return "nothing written"
    book = Ledger(folder / "ledger")
    states = [j.state for r in book.runs() if r.seed == seed for j in book.jobs(r.id)]
    book.close()
    return "+".join(sorted(set(states))) or "nothing written"


def resume_and_count(folder: Path, seed: int, report: Counter[str]) -> None:
    digest = folder / f"digest-{seed}"
    _, status = os.waitpid(fork(lambda: work(folder, seed, digest)), 0)
    book = Ledger(folder / "ledger")
    runs = [r for r in book.runs() if r.seed == seed]
    jobs = [j for r in runs for j in book.jobs(r.id)]
    tags = {j.tag for j in jobs}
    queue = OneCircuitQueue(folder / "queue")
    accepted = Counter(
        tag
        for path in queue.folder.glob("job-*")
        for tag in json.loads((path / "request.json").read_text())["job_tags"]
        if tag in tags
    )
    finished = status == 0 and len(runs) == 1 and [j.state for j in jobs] == ["done"] * CIRCUITS
    report["lost"] += not finished or len(accepted) != CIRCUITS
    report["twice"] += any(count > 1 for count in accepted.values()) or len(runs) > 1
    book.close()


def random_instants(folder: Path, trials: int) -> Counter[str]:
    report: Counter[str] = Counter()
    chance = random.Random(1)
    os.environ["QISKIT_PARALLEL"] = "FALSE"
    work(folder, 10**6)  # whatever is loaded on first use is loaded before the first fork
    started = time.monotonic()
    os.waitpid(fork(lambda: work(folder, 10**6 + 1)), 0)
    span = 1.1 * (time.monotonic() - started)
    for seed in range(trials):
        child = fork(lambda seed=seed: work(folder, seed))
        time.sleep(chance.uniform(0, span))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        report[f"state: {state_now(folder, seed)}"] += 1
        resume_and_count(folder, seed, report)
    report["trials"] = trials
    return report


def every_step(folder: Path) -> Counter[str]:
    """Kill before and after each call that changes anything, until a process gets through."""
    report: Counter[str] = Counter()
    work(folder, 10**6)
    while True:
        step = report["trials"]
        child = fork(lambda step=step: (arm(step), work(folder, step)))
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return report
        report[f"state: {state_now(folder, step)}"] += 1
        resume_and_count(folder, step, report)
        report["trials"] += 1


def arm(step: int) -> None:
    """Make this process kill itself at the given checkpoint."""
    left = [step]

    def checkpoint() -> None:
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1

    def guarded(owner: type, name: str) -> None:
        original = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            checkpoint()
            result = original(*args, **kwargs)
            checkpoint()
            return result

        setattr(owner, name, call)

    for name in ("create", "move", "finish", "_put", "_event"):
        guarded(Ledger, name)
    guarded(OneCircuitQueue, "run")
    guarded(LocalJob, "compute")


if __name__ == "__main__":
    place, mode, *rest = sys.argv[1:]
    Path(place).mkdir(parents=True, exist_ok=True)
    found = (
        every_step(Path(place)) if mode == "steps" else random_instants(Path(place), int(rest[0]))
    )
    sys.stdout.write(json.dumps(found))
