"""Work and the terms under which it runs: performed at once, or written to the ledger first."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from importlib.metadata import version

from qtn._progress import progress_bar, say, spoken, watching
from qtn._random import derived_seed
from qtn.devices.budget import Budget
from qtn.devices.costs import RunPlan
from qtn.devices.engines.base import Engine, Pub, Raw
from qtn.devices.engines.portions import PATIENCE
from qtn.devices.lookup import Device, resolve
from qtn.devices.preparation import Batch, Prepared, join, take
from qtn.devices.record.answers import check_answers
from qtn.devices.record.encoding import pack_work
from qtn.devices.record.entries import Run
from qtn.devices.record.executors import Task
from qtn.devices.record.ledger import Ledger
from qtn.parallel.spreading import spread

__all__ = ["Request", "expected_seconds", "perform", "tasks"]


@dataclass(frozen=True, slots=True)
class Request:
    """Prepared work and the terms under which it runs.

    Args:
        device: as the caller gave it.
        prepared: the circuits, transpiled and measured.
        observables: their number; 0 for counts.
        single: whether the observable came alone (then values have no axis over observables).
        shots: per circuit, binding and measurement basis.
        seed: of all random streams.
        budget: the most that may be taken.
    """

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

    def record(self, store: Ledger, intent: str, engine: Engine, plan: RunPlan) -> Run:
        """Write the request to the ledger with all its jobs prepared; the same one only once."""
        with store.lock(f"intent-{intent[:16]}"):
            known = store.by_intent(intent)
            if known is not None:
                return known
            work = pack_work(self.prepared, self.observables, self.single)
            run_id = intent[:10]
            earlier = store.count(intent)
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
            return store.create(run, work, plan.jobs)


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
    seconds = expected_seconds(request, batches, progress)
    with progress_bar(len(batches), "run", progress, seconds=seconds) as bar:
        for number, (bits, how) in spread(tasks(request, todo, first), executor):
            check_answers(take(request.pubs, todo[number]), bits, request.shots, how)
            found[number] = bits, how
            bar.update()
    ordered = [found[k] for k in range(len(batches))]
    ways = "; ".join(dict.fromkeys(how for _, how in ordered))
    return join(len(request.pubs), batches, [bits for bits, _ in ordered]), ways


def expected_seconds(
    request: Request, batches: Sequence[Batch], progress: bool | None
) -> float | None:
    """Return the seconds that batches are expected to take here, and say what would be quicker.

    None where nobody watches, and where an engine does not tell.
    """
    if not watching(progress):
        return None
    engine = resolve(request.device)
    pubs = [pub for batch in batches for pub in take(request.pubs, batch)]
    seconds = engine.predicted(pubs, request.shots) if engine.local else None
    if seconds is not None and seconds > PATIENCE:
        say(
            f"{request.device.label} is expected to take about {spoken(seconds)} for "
            f"{request.shots} shots. Fewer shots take less; device='tensor' has no noise and is "
            "much faster where bonds are small. Ctrl-C returns the shots taken until then.",
            progress,
        )
    return seconds


def tasks(request: Request, todo: dict[int, Batch], first: int = 0) -> dict[int, Task]:
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
