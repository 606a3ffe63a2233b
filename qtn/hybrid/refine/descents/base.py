"""What a search on a device gets and what it is: a job, a state that a file can keep, a method."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, file_path, finite_array, positive_int, real, text
from qtn._display import Fields
from qtn._io import load, save
from qtn._random import derived_seed, generator
from qtn.devices import Budget
from qtn.devices.budget import check_budget
from qtn.devices.costs import RunPlan
from qtn.errors import ArgumentError
from qtn.mitigation.planning import checked_techniques

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TAIL = 3  # the last one of so many parts of the steps is averaged


# Settings (settings, angles), numbers of rows and the seed of the shots give values and standard
# errors, (settings, rows, outputs): linear in the mean values of the circuits.
Outputs = Callable[[Floats, Ints, int], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A loss that a device measures, as a function of angles.

    Args:
        angles: where the search begins, in radian; each turns a Pauli rotation.
        outputs: measures settings on rows.
        losses: takes outputs (settings, rows, outputs) and the rows' numbers to losses
            (settings, rows); the loss is their mean.
        train: numbers of the rows to learn from.
        held: numbers of the rows that decide between start and end.
        plan: what settings × rows take on the device, together.
        fingerprint: tells the job from others in a checkpoint.
        seed: of shots and directions.
    """

    angles: Floats
    outputs: Outputs
    losses: Callable[[Floats, Ints], Floats]
    train: Ints
    held: Ints
    plan: Callable[[int, int], RunPlan]
    fingerprint: str = ""
    seed: int = 0

    def measured(self, settings: Floats, rows: Ints, *names: str | int) -> Measured:
        """Measure settings on rows; the names choose the stream of shots."""
        values, errors = self.outputs(settings, rows, derived_seed(self.seed, *names))
        return Measured(self, rows, values, errors)

    def batch(self, size: int, *names: str | int) -> Ints:
        """Return rows of a step: `size` training rows, none twice."""
        if size >= len(self.train):
            return self.train
        chosen = generator(self.seed, "rows", *names).choice(self.train, size, replace=False)
        return np.sort(chosen)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Outputs of settings on rows.

    Args:
        job: what was measured.
        rows: their numbers.
        values: (settings, rows, outputs).
        errors: their standard errors.
    """

    job: Job
    rows: Ints
    values: Floats
    errors: Floats

    @property
    def losses(self) -> Floats:
        """The loss of every setting."""
        return np.asarray(self.job.losses(self.values, self.rows).mean(axis=1))

    def contrast(self, weights: Floats) -> tuple[float, float]:
        """Return Σ_k w_k L_k over settings and its standard error.

        The rows are the same in all settings: what varies between them is in the error, with the
        shot noise. A single row has its shot noise alone, to first order.
        """
        per_row = weights @ self.job.losses(self.values, self.rows)
        if len(per_row) > 1:
            spread = float(np.std(per_row, ddof=1)) / len(per_row) ** 0.5
            return float(per_row.mean()), spread
        moved = self.job.losses(self.values + self.errors, self.rows)
        steps = moved - self.job.losses(self.values, self.rows)
        return float(per_row.mean()), float(np.linalg.norm(weights * steps[:, 0]))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Descent(Fields):
    """How far a search has come; a file of it lets the same call go on.

    Args:
        angles: those of the next step, (angles,).
        total: sum of the angles of the last steps, which are averaged.
        averaged: how many these are.
        step: steps done.
        numbers: what the method carries from step to step.
        history: the loss measured at every step.
        fingerprint: of the job and the method.
    """

    kind: ClassVar[str] = "device-descent"

    angles: Floats
    total: Floats
    averaged: int = 0
    step: int = 0
    numbers: dict[str, float] = field(default_factory=dict)
    history: tuple[float, ...] = ()
    fingerprint: str = ""

    @property
    def end(self) -> Floats:
        """The angles of the last steps on average, which shot noise moves less than the last."""
        return self.total / self.averaged if self.averaged else self.angles

    def moved(self, angles: Floats, loss: float, steps: int) -> Descent:
        """Return the state after one step of `steps`."""
        late = self.step + 1 > steps - max(1, steps // TAIL)
        return replace(
            self,
            angles=angles,
            total=self.total + angles if late else self.total,
            averaged=self.averaged + late,
            step=self.step + 1,
            history=(*self.history, loss),
        )

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        arrays = {"angles": self.angles, "total": self.total, "history": np.array(self.history)}
        header = {
            "averaged": self.averaged,
            "step": self.step,
            "numbers": self.numbers,
            "fingerprint": self.fingerprint,
        }
        return arrays, header

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Descent:
        """Rebuild from what `pack` returned."""
        angles = finite_array("angles", arrays["angles"], ndim=1, dtype=float)
        total = finite_array("total", arrays["total"], ndim=1, dtype=float)
        history = finite_array("history", arrays["history"], ndim=1, dtype=float)
        step = bounded_int("step", header["step"], 0)
        if angles.shape != total.shape or len(history) != step:
            raise fail("history", f"{step} losses, and as many sums as angles", history)
        numbers = {text("numbers", k): real("numbers", v) for k, v in header["numbers"].items()}
        return cls(
            angles, total, bounded_int("averaged", header["averaged"], 0, step), step, numbers,
            tuple(history.tolist()),
            text("fingerprint", header["fingerprint"]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDevice(ABC):
    """Base of the searches that ask a device for the loss.

    Args:
        shots: per circuit, row and setting of the angles.
        most_shots: of the whole search, calibration and validation included; fewer steps are made
            where they would not do for all. None for no limit.
        rows: training rows per step, drawn anew for each; an energy has one.
        validation: how often start and end are measured on the rows held out.
        confidence: with which the end must be below the start there to be taken.
        checkpoint: a file for the state after every step, from which the same call goes on.
        device: where an energy is measured, see `qtn.run`; a deployed model has its own.
        mitigation: techniques of `qtn.mitigate` for an energy; a deployed model has its own.
        budget: the most that all runs for an energy may take; a deployed model has its own.

    Raises:
        ArgumentError: a number outside its range, no technique, or no budget.
    """

    shots: int = 1024
    most_shots: int | None = None
    rows: int = 16
    validation: int = 8
    confidence: float = 0.95
    checkpoint: Any = None
    device: Any = "aer"
    mitigation: tuple[Any, ...] = ()
    budget: Budget | None = None

    def __post_init__(self) -> None:
        check_budget(self.budget)
        object.__setattr__(self, "mitigation", checked_techniques(self.mitigation))
        positive_int("shots", self.shots)
        if self.most_shots is not None:
            positive_int("most_shots", self.most_shots)
        positive_int("rows", self.rows)
        positive_int("validation", self.validation)
        real("confidence", self.confidence, 0.5, 1.0, open_low=True)
        if self.confidence == 1.0:
            raise fail("confidence", "below 1", self.confidence)
        if self.checkpoint is not None:
            file_path("checkpoint", self.checkpoint)

    @abstractmethod
    def settings(self, angles: int) -> tuple[int, int]:
        """Return how many settings of the angles the calibration takes, and every step."""

    @abstractmethod
    def begin(self, job: Job, steps: int) -> Descent:
        """Return the state before the first step, calibrated."""

    @abstractmethod
    def advance(self, job: Job, state: Descent, steps: int) -> Descent:
        """Return the state after one more of `steps` steps."""

    def print_of(self, job: Job, steps: int) -> str:
        """Return what tells this search from others in a checkpoint."""
        options = {k: v for k, v in _options(self).items() if k not in ("checkpoint", "budget")}
        told = json.dumps([type(self).__name__, repr(options), steps, job.seed, job.fingerprint])
        digest = hashlib.sha256(told.encode())
        digest.update(np.ascontiguousarray(job.angles).tobytes())
        digest.update(np.ascontiguousarray(job.train).tobytes())
        return digest.hexdigest()


def resumed(path: Any, expected: str) -> Descent | None:
    """Return the state at `path`, or None where there is none.

    Raises:
        FileError: the file is damaged or foreign.
        ArgumentError: it belongs to another search.
    """
    if path is None or not Path(path).exists():
        return None
    found = load(path)
    if not isinstance(found, Descent) or found.fingerprint != expected:
        raise ArgumentError(
            f"Argument `checkpoint` must be a checkpoint of this very search, but `{path}` belongs "
            "to other circuits, settings or rows. Give another path, or delete that file to start "
            "afresh."
        )
    return found


def kept(path: Any, state: Descent) -> None:
    """Write the state to `path`, if there is one."""
    if path is not None:
        save(state, path)


def _options(method: OnDevice) -> dict[str, Any]:
    names = [name for kind in type(method).__mro__ for name in getattr(kind, "__slots__", ())]
    return {name: getattr(method, name) for name in sorted(names)}
