"""Plan a mitigated measurement: which circuits will run, how often, and at what overhead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._checks import fail, finite_array, positive_int
from qtn._random import derived_seed
from qtn.devices import Transpiled, transpile_for
from qtn.devices.transpile import measured
from qtn.errors import ArgumentError
from qtn.mitigation.calibration import ReadoutCalibration, calibration_circuits
from qtn.mitigation.execute import Executor
from qtn.mitigation.folding import fold, two_qubit_gates
from qtn.mitigation.observables import Observable, ObservableLike, parse_observable
from qtn.mitigation.readout import Readout
from qtn.mitigation.technique import Technique
from qtn.mitigation.zne import ZNE

MAX_SHOTS = 10_000_000  # per circuit; more is a typing error or a job for another day
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One measured native circuit with its place on the axes of the pipeline."""

    circuit: QuantumCircuit
    values: Floats | None
    shots: int
    basis: int
    setting: int


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a mitigated measurement will run; printing it states the cost before anything runs.

    Attributes:
        native: the transpiled circuit.
        values: (bindings, parameters) or None.
        observable: terms and measurement bases.
        techniques: in pipeline order.
        factors: noise factors, one per setting.
        jobs: circuits to run.
        calibration: circuits that calibrate the readout (may be empty), with their shots.
        known: a readout calibration brought along.
    """

    executor: Executor
    native: Transpiled
    values: Floats | None
    observable: Observable
    techniques: tuple[Technique, ...]
    factors: tuple[float, ...]
    jobs: tuple[Job, ...]
    calibration: tuple[QuantumCircuit, ...]
    calibration_shots: int
    known: ReadoutCalibration | None
    seed: int

    @property
    def bindings(self) -> int:
        """Number of parameter bindings (1 without parameters)."""
        return 1 if self.values is None else len(self.values)

    @property
    def circuits(self) -> int:
        """Number of circuit executions with different gates or parameters."""
        return len(self.jobs) * self.bindings + len(self.calibration)

    @property
    def shots(self) -> int:
        """Total number of shots, calibration included."""
        jobs = sum(job.shots for job in self.jobs) * self.bindings
        return jobs + len(self.calibration) * self.calibration_shots

    @property
    def overhead(self) -> float:
        """Total shots over the shots of the unmitigated measurement."""
        plain = sum(job.shots for job in self.jobs if job.setting == 0) * self.bindings
        return self.shots / plain

    def find(self, technique: type[Technique]) -> Any:
        """Return the technique of this class in the pipeline, or None."""
        return next((t for t in self.techniques if isinstance(t, technique)), None)

    def __str__(self) -> str:
        gates = two_qubit_gates(self.native.circuit)
        names = ", ".join(t.label for t in self.techniques) or "none"
        lines = [
            f"Mitigation plan on {self.executor.name}: {names}",
            f"  circuit       {len(self.native.qubits)} qubits, {gates} two-qubit gates, "
            f"{self.bindings} binding{'s' * (self.bindings != 1)}",
            f"  observable    {len(self.observable.terms)} terms in "
            f"{len(self.observable.bases)} measurement bases",
            f"  noise factors {', '.join(f'{f:g}' for f in self.factors)}",
            f"  calibration   {len(self.calibration)} circuits of {self.calibration_shots} shots",
            f"  total         {self.circuits} circuits, {self.shots} shots, "
            f"{self.overhead:.2f} times the unmitigated shots",
        ]
        return "\n".join(lines)


def plan(
    circuit: Any,
    observable: ObservableLike,
    techniques: Technique | Iterable[Technique] = (),
    *,
    device: Any,
    shots: int = 4096,
    seed: int = 0,
) -> Plan:
    """Lay out a mitigated measurement without running it.

    Args:
        circuit: as in `mitigate`.
        observable: as in `mitigate`.
        techniques: as in `mitigate`.
        device: as in `mitigate`.
        shots: executions of every circuit and binding.
        seed: seed of everything random.

    Returns:
        The plan; print it for its cost, `run` it with `qtn.mitigation.measure`.

    Raises:
        ArgumentError: as in `mitigate`.

    Cost: one transpilation.
    """
    shots = positive_int("shots", shots, maximum=MAX_SHOTS, way_out="Split the work into runs.")
    chosen = _checked_techniques(techniques)
    executor = Executor.of(device)
    native, values = _native(circuit, device, seed)
    parsed = parse_observable(observable, len(native.qubits))
    if not parsed.terms:
        raise ArgumentError(
            "Argument `observable` is a multiple of the identity, whose value is known: "
            f"{parsed.constant:g}. There is nothing to measure."
        )
    zne: ZNE | None = next((t for t in chosen if isinstance(t, ZNE)), None)
    readout: Readout | None = next((t for t in chosen if isinstance(t, Readout)), None)
    factors = (1.0,) if zne is None else zne.factors
    jobs = _jobs(executor, native, values, parsed, zne, shots)
    known = None if readout is None else readout.checked(native.qubits)
    calibrating = readout is not None and known is None
    width = executor.width(native.circuit.num_qubits)
    circuits = calibration_circuits(width, native.qubits) if calibrating else []
    per_circuit = 0 if readout is None else (readout.shots or shots)
    return Plan(
        executor, native, values, parsed, chosen, factors, jobs,
        tuple(circuits), per_circuit if circuits else 0, known, seed,
    )  # fmt: skip


def _checked_techniques(techniques: Technique | Iterable[Technique]) -> tuple[Technique, ...]:
    listed = [techniques] if isinstance(techniques, Technique) else list(techniques)
    for technique in listed:
        if not isinstance(technique, Technique):
            raise fail(
                "techniques", "a list of techniques such as [Readout(), ZNE()]", technique,
                "Give objects, not names or classes.",
            )  # fmt: skip
    stages = [t.stage for t in listed]
    for technique in listed:
        if stages.count(technique.stage) > 1:
            same = [type(t).__name__ for t in listed if t.stage == technique.stage]
            raise ArgumentError(
                f"Argument `techniques` holds {' and '.join(same)}, which take the same step. "
                "Keep one of them."
            )
    order = ("measure", "select", "readout", "idle", "insert", "noise", "learn")
    return tuple(sorted(listed, key=lambda t: order.index(t.stage)))


def _native(circuit: Any, device: Any, seed: int) -> tuple[Transpiled, Floats | None]:
    """Transpile once; check the bindings against the parameters."""
    values = None
    if isinstance(circuit, tuple | list):
        if len(circuit) != 2:
            raise fail("circuit", "a circuit or a pair (circuit, parameter values)", circuit)
        circuit, values = circuit
    given = circuit.circuit if isinstance(circuit, Transpiled) else circuit
    if not isinstance(given, QuantumCircuit):
        raise fail("circuit", "a QuantumCircuit or a pair (circuit, parameter values)", given)
    names = [p.name for p in given.parameters]
    if values is not None:
        values = finite_array("circuit", values, dtype=float)
        values = values.reshape(1, -1) if values.ndim == 1 else values
    if (0 if values is None else values.shape[-1]) != len(names):
        held = 0 if values is None else values.shape[-1]
        raise ArgumentError(
            f"Argument `circuit` has {len(names)} free parameters, but {held} values per binding. "
            "Give (circuit, array of shape (bindings, parameters)), in the order of "
            "circuit.parameters."
        )
    native = circuit
    if not isinstance(circuit, Transpiled):
        bare = given.remove_final_measurements(inplace=False)
        native = transpile_for(bare, device, seed)
    if any(i.clbits for i in native.circuit.data):
        raise ArgumentError(
            "Argument `circuit` measures or branches before its end, which mitigation cannot take. "
            "Defer measurements to the end of the circuit."
        )
    if values is not None:
        kept = [p.name for p in native.circuit.parameters]
        if kept != names:  # transpilation removed a parameter without effect
            values = values[:, [names.index(name) for name in kept]]
    return native, values


def _jobs(
    executor: Executor,
    native: Transpiled,
    values: Floats | None,
    observable: Observable,
    zne: ZNE | None,
    shots: int,
) -> tuple[Job, ...]:
    jobs = []
    for index, basis in enumerate(observable.bases):
        label = basis.letters[::-1]
        ready = measured(native, label, executor.target, merge=True)
        for setting, factor in enumerate((1.0,) if zne is None else zne.factors):
            folded = ready
            if factor != 1:
                assert zne is not None
                folded = fold(ready, factor, method=zne.folding, allowed=executor.allowed)
            jobs.append(Job(folded, values, shots, index, setting))
    return tuple(jobs)


def renewed(old: Plan, techniques: Sequence[Technique]) -> Plan:
    """Return the plan with fewer techniques, for a second estimate from the same data."""
    return replace(old, techniques=_checked_techniques(techniques))


def run_seed(seed: int, *names: str | int) -> int:
    """Seed of one part of the work."""
    return derived_seed(seed, "mitigate", *names)
