"""Plan a mitigated measurement: which circuits will run, how often, and at what overhead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._checks import fail, finite_array, items, positive_int
from qtn._random import derived_seed, generator
from qtn.devices import Budget, Transpiled, transpile_for
from qtn.devices.budget import check_budget
from qtn.devices.measurements import unmeasured
from qtn.devices.placement.transpile import measured
from qtn.devices.pubs import parameter_rows
from qtn.errors import ArgumentError
from qtn.interop.observables import (
    Observable,
    ObservableLike,
    aligned,
    parse_observables,
    spread_of,
)
from qtn.mitigation.auto import calibration_part, choose
from qtn.mitigation.shot_budget import ShotBudget, basis_weights, enough, share
from qtn.mitigation.techniques.base import (
    STAGES,
    Context,
    InsertTechnique,
    MeasureTechnique,
    NoiseTechnique,
    Technique,
    Variant,
)
from qtn.mitigation.techniques.folding import two_qubit_gates
from qtn.mitigation.techniques.learn import LearnTechnique, Program
from qtn.mitigation.techniques.readout import Readout
from qtn.mitigation.techniques.select import PostSelection
from qtn.mitigation.values.calibration import ReadoutCalibration
from qtn.mitigation.values.execute import Executor

MAX_SHOTS = 10_000_000  # per circuit; more is a typing error or a job for another day
MEASURES_ITSELF = "mitigation needs to choose the measurement bases"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One measured native circuit with its place on the axes of the pipeline."""

    circuit: QuantumCircuit
    values: Floats | None
    shots: int
    program: int
    basis: int
    setting: int
    weight: float
    flips: int
    stratum: int


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a mitigated measurement will run; printing it states the cost before anything runs.

    Attributes:
        native: the transpiled circuit.
        values: (bindings, parameters) or None.
        observables: one per value asked for, all on the same terms and measurement bases.
        techniques: in pipeline order.
        factors: noise factors, one per setting.
        programs: the target, then training circuits with their ideal values.
        jobs: circuits to run.
        calibration: circuits that calibrate the readout (may be empty).
        calibration_shots: executions of each of them.
        known: a readout calibration brought along.
        why: reason for the techniques, if they were chosen automatically.
        left_out: techniques asked for that have nothing to do on this circuit.
        single: whether one observable was asked for, not a list.
    """

    executor: Executor
    native: Transpiled
    values: Floats | None
    observables: tuple[Observable, ...]
    techniques: tuple[Technique, ...]
    factors: tuple[float, ...]
    programs: tuple[Program, ...]
    jobs: tuple[Job, ...]
    calibration: tuple[Variant, ...]
    calibration_shots: int
    known: ReadoutCalibration | None
    seed: int
    why: str = ""
    left_out: tuple[Technique, ...] = ()
    single: bool = True

    @property
    def observable(self) -> Observable:
        """Terms and bases, each term with the weight that it has in all values."""
        return spread_of(self.observables)

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
        """Total number of shots, calibration and training included."""
        jobs = sum(job.shots for job in self.jobs) * self.bindings
        return jobs + len(self.calibration) * self.calibration_shots

    @property
    def overhead(self) -> float:
        """Total shots over those spent on the target at its own noise."""
        own = sum(j.shots for j in self.jobs if j.setting == 0 and j.program == 0)
        return self.shots / (own * self.bindings) if own else 1.0

    def find(self, technique: type) -> Any:
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
        ]
        if self.why:
            lines.insert(1, f"  chosen because {self.why}")
        if len(self.programs) > 1:
            spent = sum(j.shots for j in self.jobs if j.program > 0)
            lines.append(f"  training      {len(self.programs) - 1} circuits, {spent} shots")
        lines.append(
            f"  total         {self.circuits} circuits, {self.shots} shots, "
            f"{self.overhead:.2f} times the unmitigated shots"
        )
        return "\n".join(lines)


def plan(
    circuit: Any,
    observable: ObservableLike | Sequence[ObservableLike],
    techniques: Technique | Iterable[Technique] | str = (),
    *,
    device: Any,
    shots: int | ShotBudget = 4096,
    seed: int = 0,
    budget: Budget | None = None,
) -> Plan:
    """Lay out a mitigated measurement without running it.

    Args:
        circuit: as in `mitigate`.
        observable: as in `mitigate`.
        techniques: as in `mitigate`.
        device: as in `mitigate`.
        shots: as in `mitigate`.
        seed: seed of everything random.
        budget: as in `mitigate`; held against the plan when it is run.

    Returns:
        The plan; print it for its cost, run it with `qtn.mitigation.measure`.

    Raises:
        ArgumentError: as in `mitigate`.

    Cost: one transpilation, and the simulation of training circuits.
    """
    if not isinstance(shots, ShotBudget):
        positive_int("shots", shots, maximum=MAX_SHOTS, way_out="Split the work into runs.")
    automatic = isinstance(techniques, str)
    chosen = () if isinstance(techniques, str) else checked_techniques(techniques)
    if automatic and techniques != "auto":
        raise fail("techniques", 'a list of techniques or "auto"', techniques)
    check_budget(budget)
    executor = Executor.of(device, budget)
    native, values = _native(circuit, device, seed)
    parts = parse_observables(observable, len(native.qubits))
    single, parsed, why = not isinstance(observable, list | tuple), spread_of(parts), ""
    if automatic:
        choice = choose(native.circuit, parsed, executor.target, shots)
        chosen, why = checked_techniques(choice.techniques), choice.why
    chosen, left_out = _with_work(chosen, native, parsed)
    planned = len(parsed.bases)
    dress = _one(chosen, MeasureTechnique)
    if dress is not None:
        parts = aligned([dress.dressed(native, part) for part in parts])
        parsed = spread_of(parts)
    selection = _one(chosen, PostSelection)
    if selection is not None:
        selection.check(parsed.n)
    noise, readout, learn = (_one(chosen, k) for k in (NoiseTechnique, Readout, LearnTechnique))
    factors = (1.0,) if noise is None else noise.factors
    programs = (Program(native, None),)
    if learn is not None:
        if values is not None:
            raise ArgumentError(
                f"{type(learn).__name__} takes a circuit without free parameters, but `circuit` "
                "has some. Bind them (circuit.assign_parameters) and mitigate one binding a time."
            )
        programs += learn.programs(native, parsed, generator(seed, "mitigate", "training"))
    known = None if readout is None else readout.checked(native.qubits)
    if noise is not None:
        training = Context(executor, generator(seed, "mitigate", "twins"))
        noise = noise.readied(native, parsed, training)
        chosen = tuple(noise if isinstance(t, NoiseTechnique) else t for t in chosen)
    context = Context(executor, generator(seed, "mitigate", "copies"))
    calibration: tuple[Variant, ...] = ()
    if readout is not None and readout.method == "correlated":
        readout.clusters(parsed.n)
    if readout is not None and known is None:
        width = executor.width(native.circuit.num_qubits)
        calibration = readout.calibration_circuits(width, native.qubits, parsed, context)
    if automatic and isinstance(shots, ShotBudget) and shots.calibration is None:
        typical = None if noise is None else noise.typical_values
        best = calibration_part(native, parsed, executor.target, typical)
        shots = replace(shots, calibration=best)
    split = _Split.of(shots, chosen, factors, len(programs) - 1, len(calibration))
    shares = np.ones(planned) if dress is None else planned * basis_weights(parsed)
    jobs = _jobs(programs, values, parsed, chosen, split, shares, context)
    per_circuit = 0
    if calibration and readout is not None:
        total = split.calibration * (planned if isinstance(shots, ShotBudget) else 1)
        per_circuit = readout.shots or enough(total // len(calibration), "a calibration circuit")
    return Plan(
        executor, native, values, parts, chosen, factors, programs, jobs,
        calibration, per_circuit, known, seed, why, left_out, single,
    )  # fmt: skip


def checked_techniques(techniques: Technique | Iterable[Technique]) -> tuple[Technique, ...]:
    """Return techniques in pipeline order; each stage at most once."""
    listed = (
        [techniques]
        if isinstance(techniques, Technique)
        else items("techniques", techniques, "a list of techniques such as [Readout(), ZNE()]")
    )
    for technique in listed:
        if not isinstance(technique, Technique):
            raise fail(
                "techniques", "a list of techniques such as [Readout(), ZNE()]", technique,
                "Give objects, not names or classes; virtual_distillation is called by itself.",
            )  # fmt: skip
    stages = [t.stage for t in listed]
    for technique in listed:
        if stages.count(technique.stage) > 1:
            same = [type(t).__name__ for t in listed if t.stage == technique.stage]
            raise ArgumentError(
                f"Argument `techniques` holds {' and '.join(same)}, which take the same step. "
                "Keep one of them."
            )
    return tuple(sorted(listed, key=lambda t: STAGES.index(t.stage)))


def _with_work(
    chosen: tuple[Technique, ...], native: Transpiled, observable: Observable
) -> tuple[tuple[Technique, ...], tuple[Technique, ...]]:
    """Split techniques into those that have something to do on a circuit and the others.

    A constant needs no measurement. A circuit of which the transpiler leaves no two-qubit gate has
    no noise that could be amplified or inverted.
    """
    if not observable.terms:
        return (), chosen
    if two_qubit_gates(native.circuit):
        return chosen, ()
    idle = tuple(t for t in chosen if isinstance(t, NoiseTechnique | MeasureTechnique))
    return tuple(t for t in chosen if t not in idle), idle


@dataclass(frozen=True, slots=True)
class _Split:
    """Shots of the target and of every training circuit per setting, and of the calibration."""

    target: tuple[int, ...]
    training: tuple[int, ...]
    calibration: int

    @classmethod
    def of(
        cls,
        shots: int | ShotBudget,
        techniques: Sequence[Technique],
        factors: tuple[float, ...],
        training: int,
        calibrating: int,
    ) -> _Split:
        noise = _one(techniques, NoiseTechnique)
        shares = (1.0,) if noise is None else noise.shares()
        if not isinstance(shots, ShotBudget):
            per_setting = share(shots * len(factors), shares)
            return cls(per_setting, per_setting, 2 * shots)
        readout = _one(techniques, Readout)
        calibration = int(shots.per_basis * shots.calibrating) if calibrating else 0
        if calibrating and readout is not None and readout.shots:
            calibration = calibrating * readout.shots
        rest = shots.per_basis - calibration
        learned = int(rest * shots.training) if training else 0
        per_training = share(learned // max(training, 1), shares)
        return cls(share(rest - learned, shares), per_training, calibration)


def _one(techniques: Sequence[Technique], kind: type) -> Any:
    return next((t for t in techniques if isinstance(t, kind)), None)


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
        values = parameter_rows(given, values)
        values = finite_array("circuit", values, dtype=float)
        values = values.reshape(1, -1) if values.ndim == 1 else values
    if (0 if values is None else values.shape[-1]) != len(names):
        held = 0 if values is None else values.shape[-1]
        raise ArgumentError(
            f"Argument `circuit` has {len(names)} free parameters, but {held} values per binding. "
            "Give (circuit, array of shape (bindings, parameters)), in the order of "
            "circuit.parameters."
        )
    if isinstance(circuit, Transpiled):
        native = circuit
    else:
        native = transpile_for(unmeasured(given, MEASURES_ITSELF), device, seed)
    if any(i.clbits for i in native.circuit.data):
        raise ArgumentError(
            "Argument `circuit` was transpiled together with its measurements, which may have "
            "removed gates that the observable needs. Transpile it without measurements."
        )
    if values is not None:
        kept = [p.name for p in native.circuit.parameters]
        if kept != names:  # transpilation removed a parameter without effect
            values = values[:, [names.index(name) for name in kept]]
    return native, values


def _jobs(
    programs: Sequence[Program],
    values: Floats | None,
    observable: Observable,
    techniques: Sequence[Technique],
    split: _Split,
    shares: Floats,
    context: Context,
) -> tuple[Job, ...]:
    noise = _one(techniques, NoiseTechnique)
    inserts = [t for t in techniques if isinstance(t, InsertTechnique)]
    inserts.sort(key=lambda t: STAGES.index(t.stage), reverse=True)  # twirl, idle, readout
    jobs = []
    for number, program in enumerate(programs):
        for index, basis in enumerate(observable.bases):
            label = basis.letters[::-1]
            ready = measured(program.native, label, context.executor.target, merge=True)
            for setting, factor in enumerate((1.0,) if noise is None else noise.factors):
                base = [Variant(ready)]
                variants = base if noise is None else noise.variants(ready, factor, context)
                for technique in inserts:
                    variants = [w for v in variants for w in technique.apply(v, context)]
                total = (split.target if number == 0 else split.training)[setting]
                total = int(total * shares[index])
                whole = sum(v.share for v in variants)
                for v in variants:
                    each = enough(int(total * v.share / whole + 1e-9), "each circuit")
                    jobs.append(
                        Job(
                            v.circuit, values, each, number, index, setting, v.weight, v.flips,
                            v.stratum,
                        )
                    )  # fmt: skip
    return tuple(jobs)


def renewed(old: Plan, techniques: Sequence[Technique]) -> Plan:
    """Return the plan with fewer techniques, for a second estimate from the same data."""
    kept = [
        t.renewed(old.find(type(t))) if isinstance(t, NoiseTechnique) else t for t in techniques
    ]
    return replace(old, techniques=checked_techniques(kept))


def run_seed(seed: int, *names: str | int) -> int:
    """Seed of one part of the work."""
    return derived_seed(seed, "mitigate", *names)
