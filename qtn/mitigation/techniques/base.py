"""What a mitigation technique is: a frozen set of options with a place in the pipeline.

A pipeline runs circuits along four axes: programs (the target, and training circuits of learned
maps), measurement bases, noise settings (one per noise factor) and copies (random variants that are
averaged). A technique takes part by overriding one or more of four methods, which the pipeline
calls in this order; it knows techniques by these methods alone:

    variants    the task -> the task with other observables or measured circuits, noise settings,
                training programs or calibration circuits
    dress       a measured circuit -> circuits that stand for it
    correct     outcomes -> moments: means of the terms with their covariance
    combine     values of all terms -> one value

The order in the caller's list does not matter; it is always that of the stages, because readout
correction has to come before extrapolation and folding before twirling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives.containers import BitArray
from qiskit.transpiler import PassManager
from qiskit.transpiler.passes import Optimize1qGatesDecomposition

from qtn._display import Settings
from qtn._random import generator
from qtn.devices import Transpiled
from qtn.errors import ArgumentError
from qtn.mitigation.values.combination import Combined, Readings
from qtn.mitigation.values.correct import Corrector
from qtn.mitigation.values.execute import Executor
from qtn.states.operators import Observable, spread_of

Floats = NDArray[np.float64]
STAGES = ("measure", "select", "readout", "idle", "insert", "noise", "learn")
METHODS = ("variants", "dress", "correct", "combine")


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A measured native circuit; its outcomes count with `weight`, after undoing `flips`.

    Args:
        circuit: native gates and final measurements.
        factor: noise factor of its setting.
        weight: factor of its value (quasi-probabilities have signs and norms).
        flips: bit mask of classical bits that were flipped on purpose before the measurement.
        stratum: copies of one stratum are alike by chance, those of different ones by design.
        share: shots relative to the other copies.
    """

    circuit: QuantumCircuit
    factor: float = 1.0
    weight: float = 1.0
    flips: int = 0
    stratum: int = 0
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Setting:
    """A noise setting: its noise factor, and its shots relative to the other settings."""

    factor: float = 1.0
    share: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A native circuit and, for training circuits, the ideal values of all terms."""

    native: Transpiled
    ideal: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be measured; `Technique.variants` returns it with more, or something else, in it.

    Args:
        native: the circuit, transpiled to the device.
        observables: one per value, all on the same terms and measurement bases.
        values: (bindings, parameters), or None.
        settings: noise settings; the first is that of the unmitigated value.
        training: training circuits with their ideal values.
        calibration: circuits whose outcomes `Technique.correct` gets.
        calibration_shots: executions of each of them; None leaves them to the plan.
        adaptive: whether a pilot run decides how the shots are shared out.
        typical: returns root mean square values (terms,) of circuits like this one, where they can
            be known.
        given: the circuit before it was transpiled; None where it came transpiled.
        measured: native circuits with measurements, one per basis, of a technique that does not
            measure qubit by qubit; empty: the circuit, turned to the axes of each basis.
        forecast: what techniques expect of the result, by name; the plan shows it.
    """

    native: Transpiled
    observables: tuple[Observable, ...]
    values: Floats | None = None
    settings: tuple[Setting, ...] = (Setting(),)
    training: tuple[Program, ...] = ()
    calibration: tuple[Variant, ...] = ()
    calibration_shots: int | None = None
    adaptive: bool = False
    typical: Callable[[], Floats | None] | None = None
    given: QuantumCircuit | None = None
    measured: tuple[QuantumCircuit, ...] = ()
    forecast: Mapping[str, str] = field(default_factory=dict)

    @property
    def observable(self) -> Observable:
        """Terms and bases, each term with the weight that it has in all values."""
        return spread_of(self.observables)


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What techniques may use while they build circuits: the device, and random numbers."""

    executor: Executor
    seed: int = 0
    _streams: dict[str, np.random.Generator] = field(default_factory=dict, init=False, repr=False)

    @property
    def rng(self) -> np.random.Generator:
        """Generator of the random copies."""
        return self.stream("copies")

    def stream(self, name: str) -> np.random.Generator:
        """Return the generator of this name; streams do not depend on each other."""
        if name not in self._streams:
            self._streams[name] = generator(self.seed, "mitigate", name)
        return self._streams[name]


@dataclass(frozen=True, eq=False, repr=False)
class Technique(Settings):
    """Base of all techniques; each is a frozen dataclass of its options.

    A technique names its stage and overrides at least one of `variants`, `dress`, `correct` and
    `combine`; one that overrides none of them would do nothing, and is refused. Errors pass through
    all of them: `correct` returns covariances and the derivatives by calibration rates, `combine`
    the derivatives by the values, through which the pipeline propagates them.

    Class attributes:
        stage: its place, one of `STAGES`; a pipeline holds at most one technique of each stage.
        on_gates: whether it acts on the noise of two-qubit gates alone, so that it has nothing to
            do on a circuit without such gates and is left out there.
        removable: whether its outcomes also tell the value without it (`Measured.estimate`).

    Example:
        >>> from dataclasses import dataclass
        >>> from qtn.mitigation import Technique, mitigate
        >>> @dataclass(frozen=True)
        ... class Doubled(Technique):
        ...     stage = "insert"
        ...     def dress(self, variant, context):
        ...         return [variant, variant]
        >>> from qiskit import QuantumCircuit
        >>> flipped = QuantumCircuit(1); _ = flipped.x(0)
        >>> found = mitigate(flipped, "Z", Doubled(), device="aer", shots=100, progress=False)
        >>> found.value, found.method
        (-1.0, 'doubled')
    """

    _hidden: ClassVar[frozenset[str]] = frozenset(
        (
            "adopt",
            "check_beside",
            "combine",
            "correct",
            "dress",
            "overrides",
            "prepare",
            "seconds",
            "variants",
        )
    )

    stage: ClassVar[str] = ""
    on_gates: ClassVar[bool] = False
    removable: ClassVar[bool] = True

    @property
    def label(self) -> str:
        """Short name for `Estimate.method` and the plan."""
        return type(self).__name__.lower()

    @property
    def seconds(self) -> float:
        """CPU seconds of this machine that it will compute for an estimate, as forecast."""
        return 0.0

    def check_beside(self, others: Sequence[Technique]) -> None:
        """Refuse techniques that do not compose with this one, before anything is planned.

        Raises:
            ArgumentError: names one that has to be left out.
        """
        return

    def prepare(self, task: Task, context: Context) -> Self:
        """Return the technique with all that it computes about a circuit before it runs.

        Raises:
            ArgumentError: a circuit or observable that it cannot take.
        """
        return self

    def adopt(self, planned: Self) -> Self:
        """Return these options with what `planned`, prepared for the same circuit, has computed.

        Raises:
            ArgumentError: options that need other outcomes than those of the plan.
        """
        return self

    def variants(self, task: Task, context: Context) -> Task:
        """Return what is to be measured: other observables, more settings, programs, calibration.

        Args:
            task: as the techniques of earlier stages left it.
            context: device and random numbers.
        """
        return task

    def dress(self, variant: Variant, context: Context) -> Sequence[Variant]:
        """Return circuits that stand for `variant`: their weighted values are averaged.

        Called for every program, basis and setting, latest stage first.
        """
        return [variant]

    def correct(
        self, corrector: Corrector, task: Task, outcomes: Sequence[BitArray], device: str
    ) -> Corrector:
        """Return what turns the outcomes of one circuit into moments of its terms.

        Args:
            corrector: what the techniques before made of it: readout correction first, then the
                others in the order of their stages.
            task: what was measured.
            outcomes: of the circuits `task.calibration`.
            device: name of the device.
        """
        return corrector

    def combine(
        self, readings: Readings, observable: Observable, before: Callable[[], Combined]
    ) -> Combined:
        """Return the value of an observable, with its derivatives, from the values of its terms.

        Args:
            readings: values of all terms at all settings of all programs, with covariances.
            observable: its coefficients; the constant is added afterwards.
            before: calls the techniques of earlier stages; without any, Σ c_t · value_t.
        """
        return before()

    def overrides(self, *names: str) -> bool:
        """Whether it overrides any of these methods."""
        return any(getattr(type(self), name) is not getattr(Technique, name) for name in names)


def free_parameters(technique: Technique) -> ArgumentError:
    """Return the error of a technique that needs a circuit without free parameters."""
    return ArgumentError(
        f"{type(technique).__name__} takes a circuit without free parameters, but `circuit` has "
        "some. Bind them (circuit.assign_parameters) and mitigate one binding a time."
    )


def merged(circuit: QuantumCircuit, executor: Executor) -> QuantumCircuit:
    """Fuse neighbouring one-qubit gates into the fewest native ones; two-qubit gates stay.

    Gates with free parameters are left alone.
    """
    if executor.target is None:
        return circuit
    done: QuantumCircuit = PassManager([Optimize1qGatesDecomposition(target=executor.target)]).run(
        circuit
    )
    return done
