"""The plan of a mitigated measurement, as data: circuits, shots, techniques, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._display import Display, Displayed
from qtn._figures.axes import axes_of
from qtn._figures.histogram import draw_classes
from qtn._optional import data_frame
from qtn._random import derived_seed
from qtn.devices import Transpiled
from qtn.devices.costs import together
from qtn.interop.counting import two_qubit_gates
from qtn.mitigation.techniques.base import Program, Task, Technique, Variant
from qtn.mitigation.values.execute import Executor
from qtn.states.operators import Observable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PlannedCircuit:
    """One measured native circuit with its shots and its place on the axes of the pipeline."""

    circuit: QuantumCircuit
    values: Floats | None
    shots: int
    program: int
    basis: int
    setting: int
    weight: float
    flips: int
    stratum: int

    @property
    def place(self) -> tuple[int, int, int]:
        """Program, basis and setting: the copies of one place are averaged."""
        return self.program, self.basis, self.setting


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plan(Displayed):
    """What a mitigated measurement will run; printing it states the cost before anything runs.

    Args:
        executor: the device.
        task: what is measured: circuit, observables, noise settings, training, calibration.
        techniques: in pipeline order, with all that they computed about the circuit.
        planned: circuits to run.
        calibration_shots: executions of each calibration circuit.
        seed: seed of everything random.
        owners: by field of `task`, the stage of the technique that set it.
        why: reason for the techniques, if they were chosen automatically.
        left_out: techniques asked for that have nothing to do on this circuit.
        single: whether one observable was asked for, not a list.
        acted: stages of the techniques that changed the task or a circuit.
    """

    executor: Executor
    task: Task
    techniques: tuple[Technique, ...]
    planned: tuple[PlannedCircuit, ...]
    calibration_shots: int
    seed: int
    owners: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    left_out: tuple[Technique, ...] = ()
    single: bool = True
    acted: frozenset[str] = frozenset()

    @property
    def native(self) -> Transpiled:
        """The transpiled circuit."""
        return self.task.native

    @property
    def values(self) -> Floats | None:
        """(bindings, parameters), or None."""
        return self.task.values

    @property
    def observables(self) -> tuple[Observable, ...]:
        """One per value asked for, all on the same terms and measurement bases."""
        return self.task.observables

    @property
    def observable(self) -> Observable:
        """Terms and bases, each term with the weight that it has in all values."""
        return self.task.observable

    @property
    def factors(self) -> tuple[float, ...]:
        """Noise factors, one per setting."""
        return tuple(setting.factor for setting in self.task.settings)

    @property
    def programs(self) -> tuple[Program, ...]:
        """The target, then training circuits with their ideal values."""
        return (Program(self.native, None), *self.task.training)

    @property
    def calibration(self) -> tuple[Variant, ...]:
        """Circuits that calibrate the readout (may be empty)."""
        return self.task.calibration

    @property
    def bindings(self) -> int:
        """Number of parameter bindings (1 without parameters)."""
        return 1 if self.values is None else len(self.values)

    @property
    def circuits(self) -> int:
        """Number of circuit executions with different gates or parameters."""
        return len(self.planned) * self.bindings + len(self.calibration)

    @property
    def shots(self) -> int:
        """Total number of shots, calibration and training included."""
        own = sum(one.shots for one in self.planned) * self.bindings
        return own + len(self.calibration) * self.calibration_shots

    @property
    def overhead(self) -> float:
        """Total shots over those spent on the target at its own noise."""
        own = sum(j.shots for j in self.planned if j.setting == 0 and j.program == 0)
        return self.shots / (own * self.bindings) if own else 1.0

    @property
    def parts(self) -> list[tuple[list[Any], int]]:
        """All circuits with the shots of each."""
        groups: dict[int, list[Any]] = {}
        for one in self.planned:
            groups.setdefault(one.shots, []).append((one.circuit, one.values))
        found = [(circuits, shots) for shots, circuits in groups.items() if shots]
        if self.calibration:
            found.append(([v.circuit for v in self.calibration], self.calibration_shots))
        return found

    @property
    def seconds(self) -> float | None:
        """CPU seconds of this machine that the runs take, as forecast; None where nobody knows."""
        plans = self.executor.dry_runs(self.parts)
        return together(plans).here if plans else None

    def find(self, technique: type) -> Any:
        """Return the technique of this class in the pipeline, or None."""
        return next((t for t in self.techniques if isinstance(t, technique)), None)

    def spending(self) -> dict[str, int]:
        """Return the shots of each part: of every noise factor, training, calibration."""
        parts = {
            f"factor {factor:g}": self.bindings * sum(
                one.shots for one in self.planned if one.program == 0 and one.setting == k
            )
            for k, factor in enumerate(self.factors)
        }  # fmt: skip
        training = self.bindings * sum(one.shots for one in self.planned if one.program > 0)
        calibration = len(self.calibration) * self.calibration_shots
        others = {"training": training, "calibration": calibration}
        return parts | {name: shots for name, shots in others.items() if shots}

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw on what the shots will be spent: noise factors, training, calibration.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.

        Returns:
            The axes.
        """
        spent = self.spending()
        bars = {"shots": list(spent.values())}
        return draw_classes(axes_of(ax), list(spent), bars, xlabel="part", ylabel="shots")

    def to_frame(self) -> pd.DataFrame:
        """Return the planned circuits as a pandas data frame, one line each.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return data_frame([
            {"program": one.program, "basis": self.observable.bases[one.basis].label,
             "factor": self.factors[one.setting], "shots": one.shots, "weight": one.weight,
             "two_qubit_gates": two_qubit_gates(one.circuit)}
            for one in self.planned
        ])  # fmt: skip

    def _names(self) -> str:
        return ", ".join(t.label for t in self.techniques) or "none"

    def _brief(self) -> str:
        cost = f"{self.circuits} circuits, {self.shots} shots"
        return f"{self._names()}: {cost} on {self.executor.name}"

    def _display(self) -> Display:
        gates = two_qubit_gates(self.native.circuit)
        trained = self.spending().get("training", 0)
        training = f"{len(self.programs) - 1} circuits, {trained:,} shots" if trained else None
        rows = [
            ("device", self.executor.name),
            ("techniques", self._names()),
            ("chosen because", self.why),
            ("left out", ", ".join(t.label for t in self.left_out)),
            ("circuit", f"{len(self.native.qubits)} qubits, {gates} two-qubit gates, "
             f"{self.bindings} binding{'s' * (self.bindings != 1)}"),
            ("observable", f"{len(self.observable.terms)} terms in "
             f"{len(self.observable.bases)} measurement bases"),
            ("noise factors", ", ".join(f"{f:g}" for f in self.factors)),
            ("calibration", f"{len(self.calibration)} circuits of {self.calibration_shots} shots"),
            ("training", training),
            *self.task.forecast.items(),
            ("total", f"{self.circuits} circuits, {self.shots:,} shots, {self.overhead:.2f} times "
             "the unmitigated shots"),
            ("forecast", self._forecast()),
        ]  # fmt: skip
        return Display("Mitigation plan", rows)

    def _forecast(self) -> str | None:
        """Say which CPU seconds of this machine are expected."""
        runs = self.seconds
        told = [] if runs is None else [f"runs {runs:.2g} s"]
        told += [f"{t.label} {t.seconds:.2g} s" for t in self.techniques if t.seconds]
        return ", ".join(told) or None

    def active(self, part: str, techniques: tuple[Technique, ...]) -> bool:
        """Whether a field of the task belongs to one of these techniques."""
        return self.owners.get(part) in {t.stage for t in techniques}


def run_seed(seed: int, *names: str | int) -> int:
    """Seed of one part of the work."""
    return derived_seed(seed, "mitigate", *names)
