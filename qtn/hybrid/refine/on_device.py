r"""Refinement on the device itself: its shots give the loss, within a budget said beforehand.

What a simulation cannot know, the device's own noise and drift, is in what it measures. The angles
of the written circuit are moved, so that no gate is added but those of an extension. The whole
search is planned and held against its limits before the first shot; in the end start and end are
measured once more, side by side on rows that took no part, and the end is taken only where it is
below the start with the confidence asked for: by chance a worse one passes in one of twenty cases
at .95.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import norm

from qtn._checks import instance, positive_int
from qtn._progress import progress_bar
from qtn.aqc.result import Compiled
from qtn.devices import Budget
from qtn.errors import BudgetError
from qtn.hybrid.refine.descents.base import Descent, Floats, Ints, Job, OnDevice, kept, resumed
from qtn.hybrid.refine.descents.jobs import bound_blocks, energy_job, model_job, opened
from qtn.hybrid.refine.moved import moved_on


@dataclass(frozen=True, slots=True, eq=False)
class Descended:
    """What a search on a device came to.

    Args:
        angles: those of the end, or of the start where the end is not better.
        state: the last state of the search.
        better: whether the end was measured below the start with the confidence asked for.
        gain: by how much it is lower, and its standard error.
        shots: of the whole search.
    """

    angles: Floats
    state: Descent
    better: bool
    gain: tuple[float, float]
    shots: int

    @property
    def notes(self) -> dict[str, Any]:
        """What the provenance of the circuits says of it."""
        return {
            "losses measured": list(self.state.history),
            "gain measured": list(self.gain),
            "end taken": self.better,
            "refinement shots": self.shots,
        }


def descend(
    job: Job, method: OnDevice, steps: int, budget: Budget | None, progress: bool | None = False
) -> Descended:
    """Search for angles of a smaller loss.

    Args:
        job: the loss.
        method: `SPSA(...)` or `ParameterShift(...)`.
        steps: how many at most; `method.most_shots` may allow fewer.
        budget: the most that all runs together may take.
        progress: show a bar.

    Raises:
        BudgetError: not even one step fits, or the plan exceeds the budget, or needs one.
        ArgumentError: a checkpoint of another search.
    """
    done, shots = _planned(job, method, steps, budget)
    expected = method.print_of(job, done)
    state = resumed(method.checkpoint, expected)
    if state is None:
        state = method.begin(job, done)
        kept(method.checkpoint, state)
    with progress_bar(done, "refine on the device", progress, done=state.step) as bar:
        while state.step < done:
            state = method.advance(job, state, done)
            kept(method.checkpoint, state)
            bar.update()
    pair = np.stack([state.end, job.angles])
    gain, error = job.measured(pair, job.held, "validation").contrast(np.array([-1.0, 1.0]))
    better = bool(gain > float(norm.ppf(method.confidence)) * error)
    angles = state.end if better else job.angles
    return Descended(angles, state, better, (gain, error), shots)


def _planned(job: Job, method: OnDevice, steps: int, budget: Budget | None) -> tuple[int, int]:
    """Return how many steps fit, and the shots of all, after holding them against the budget."""
    one = job.plan(1, 1)
    begin, each = method.settings(len(job.angles))
    batch = min(method.rows, len(job.train))
    fixed, step = begin * batch + 2 * len(job.held), each * batch
    if method.most_shots is not None:
        steps = min(steps, (method.most_shots // max(one.shots, 1) - fixed) // step)
        if steps < 1:
            need = (fixed + step) * one.shots
            raise BudgetError(
                f"One step takes {need} shots with calibration and validation, but most_shots="
                f"{method.most_shots}. Allow more, or take fewer shots, rows or validation rows; "
                "nothing was submitted."
            )
    whole = one.scaled(fixed + steps * step)
    whole.check(budget)
    return steps, whole.shots


def lower_on_device(
    compiled: Compiled, observable: Any, method: OnDevice, *, steps: int, seed: int = 0,
    progress: bool | None = False,
) -> Compiled:  # fmt: skip
    """Lower the energy of a compiled circuit by what a device measures.

    Args:
        compiled: prepares the state.
        observable: the Hamiltonian as `qtn.run` takes it.
        method: of the search, with device, mitigation and budget.
        steps: at most.
        seed: of shots and directions.
        progress: show a bar.

    Returns:
        The circuit of the end, or of the start where the end is not measured to be lower.

    Raises:
        BudgetError: see `descend`.
        ArgumentError: a checkpoint of another search.
    """
    clock = time.process_time()
    where = {"device": method.device, "shots": method.shots, "progress": False}
    written = opened(compiled.circuit, compiled.sequence)
    job, free = energy_job(
        written, observable, where=where, techniques=method.mitigation,
        repeats=method.validation, seed=seed, fingerprint=f"{observable!r}",
    )  # fmt: skip
    found = descend(job, method, steps, method.budget, progress)
    blocks = bound_blocks(free, found.angles) if found.better else compiled.sequence
    notes = {"refined": f"energy, {type(method).__name__} on a device"} | found.notes
    return moved_on(compiled, blocks, notes, time.process_time() - clock)


def refine_on_device(
    model: Any,
    rows: Floats,
    losses: Callable[[Floats, Ints], Floats],
    method: OnDevice,
    *,
    held: Ints,
    steps: int,
    seed: int = 0,
) -> Any:
    """Refine the circuits of a deployed classifier by what its own device measures.

    Args:
        model: the deployed model, with device, mitigation and budget; the budget is that of the
            whole search.
        rows: what the circuits bind, as `model.rows` gives it.
        losses: takes scores (…, rows, classes) and the rows' numbers to losses (…, rows).
        method: of the search.
        held: numbers of the rows that decide between start and end.
        steps: at most.
        seed: of shots, rows and directions.

    Returns:
        The model with other circuits, or the same ones where the end is not measured to be lower.

    Raises:
        BudgetError: see `descend`.
        ArgumentError: circuits that bind inputs themselves, a checkpoint of another search.
    """
    instance("method", method, OnDevice, "qtn.hybrid.SPSA(...) or ParameterShift(...)")
    positive_int("steps", steps)
    for part in model.compiled:
        instance("compiled", part, Compiled, "compiled circuits, as Overlap and Label have them")
    clock = time.process_time()
    job, free = model_job(model, rows, losses, held=held, shots=method.shots, seed=seed)
    found = descend(job, method, steps, model.budget, model.progress)
    seconds = (time.process_time() - clock) / len(free)
    notes = {"refined": f"{type(method).__name__} on a device"} | found.notes
    sizes = np.cumsum([circuit.num_parameters for circuit in free])[:-1]
    pairs = zip(free, np.split(found.angles, sizes), model.compiled)
    moved = [
        moved_on(old, bound_blocks(circuit, part) if found.better else old.sequence, notes, seconds)
        for circuit, part, old in pairs
    ]
    return replace(model, compiled=tuple(moved))
