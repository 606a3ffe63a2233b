"""Plan a mitigated measurement: which circuits will run, how often, and at what overhead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._checks import fail, finite_array, items, positive_int
from qtn.devices import Budget, Transpiled, transpile_for
from qtn.devices.budget import check_budget
from qtn.devices.measurements import unmeasured
from qtn.devices.placement.transpile import measured
from qtn.devices.pubs import parameter_rows
from qtn.errors import ArgumentError
from qtn.interop.circuits import read_circuit
from qtn.interop.counting import two_qubit_gates
from qtn.interop.observables import ObservableLike, is_single, parse_observables
from qtn.mitigation.auto import calibration_part, choose
from qtn.mitigation.plans import Plan, PlannedCircuit
from qtn.mitigation.shot_budget import ShotBudget, Split, basis_weights, checked_shots
from qtn.mitigation.techniques.base import METHODS, STAGES, Context, Task, Technique, Variant
from qtn.mitigation.values.execute import Executor

MAX_SHOTS = 10_000_000  # per circuit; more is a typing error or a job for another day
MEASURES_ITSELF = "mitigation needs to choose the measurement bases"
SUCH_AS = "a list of techniques such as [Readout(), ZNE()]"
Floats = NDArray[np.float64]


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
    if automatic and techniques != "auto":
        raise fail("techniques", 'a list of techniques or "auto"', techniques)
    chosen, why = () if isinstance(techniques, str) else checked_techniques(techniques), ""
    check_budget(budget)
    executor = Executor.of(device, budget)
    native, values, given = _native(circuit, device, seed)
    wanted = parse_observables(observable, len(native.qubits))
    asked = Task(native, wanted, values, given=given)
    if automatic:
        choice = choose(native.circuit, asked.observable, executor.target, shots)
        chosen, why = checked_techniques(choice.techniques), choice.why
    chosen, left_out = _with_work(chosen, asked)
    context = Context(executor, seed)
    chosen, task, owners, acted = _prepared(chosen, asked, context)
    if automatic and isinstance(shots, ShotBudget) and shots.calibration is None:
        typical = None if task.typical is None else task.typical()
        best = calibration_part(native, task.observable, executor.target, typical)
        shots = replace(shots, calibration=best)
    split = _split(shots, task)
    planned = _planned(task, chosen, split, _shares(asked, task), context, acted)
    calibration_shots = 0
    if task.calibration:
        bases = len(asked.observable.bases) if isinstance(shots, ShotBudget) else 1
        equal = split.calibration * bases // len(task.calibration)
        calibration_shots = task.calibration_shots or checked_shots(equal, "a calibration circuit")
    single = is_single(observable)
    return Plan(
        executor, task, chosen, planned, calibration_shots, seed, owners, why, left_out, single,
        frozenset(acted),
    )  # fmt: skip


def checked_techniques(techniques: Technique | Iterable[Technique]) -> tuple[Technique, ...]:
    """Return techniques in pipeline order; each stage at most once.

    Raises:
        ArgumentError: not a technique, one that does nothing, an unknown stage, two of a stage, or
            two that do not compose.
    """
    listed = (
        [techniques]
        if isinstance(techniques, Technique)
        else items("techniques", techniques, SUCH_AS)
    )
    for technique in listed:
        if not isinstance(technique, Technique):
            raise fail(
                "techniques", SUCH_AS, technique,
                "Give objects, not names or classes.",
            )  # fmt: skip
        _check_contract(technique)
    stages = [t.stage for t in listed]
    for technique in listed:
        if stages.count(technique.stage) > 1:
            same = [type(t).__name__ for t in listed if t.stage == technique.stage]
            raise ArgumentError(
                f"Argument `techniques` holds {' and '.join(same)}, which take the same step. "
                "Keep one of them."
            )
    ordered = tuple(sorted(listed, key=lambda t: STAGES.index(t.stage)))
    _check_combining(ordered)
    for technique in ordered:
        technique.check_beside([other for other in ordered if other is not technique])
    return ordered


def _check_contract(technique: Technique) -> None:
    """Check that a technique has a place in the pipeline and does something there."""
    name = type(technique).__name__
    if technique.stage not in STAGES:
        raise ArgumentError(
            f"Argument `techniques` holds {name}, whose stage is {technique.stage!r}. Name one of "
            f"{', '.join(map(repr, STAGES))}: `stage: ClassVar[str] = ...` in the class."
        )
    if not technique.overrides(*METHODS):
        raise ArgumentError(
            f"Argument `techniques` holds {name}, which does nothing: it overrides none of "
            f"{', '.join(METHODS)}. Write one of these methods in the class."
        )


def _check_combining(ordered: Sequence[Technique]) -> None:
    """Check that no technique is there for its `combine` alone where a later one combines."""
    combining = [t for t in ordered if t.overrides("combine")]
    for technique in combining[:-1]:
        if not technique.overrides("variants", "dress", "correct"):
            name, last = type(technique).__name__, type(combining[-1]).__name__
            raise ArgumentError(
                f"Argument `techniques` holds {name}, which combines values only, and {last}, "
                "which combines them at a later stage. Keep one of them."
            )


def _with_work(
    chosen: tuple[Technique, ...], task: Task
) -> tuple[tuple[Technique, ...], tuple[Technique, ...]]:
    """Split techniques into those that have something to do on a circuit and the others.

    A constant needs no measurement. A circuit of which the transpiler leaves no two-qubit gate has
    no noise that could be amplified or inverted.
    """
    if not task.observable.terms:
        return (), chosen
    if two_qubit_gates(task.native.circuit):
        return chosen, ()
    return tuple(t for t in chosen if not t.on_gates), tuple(t for t in chosen if t.on_gates)


def _prepared(
    chosen: Sequence[Technique], task: Task, context: Context
) -> tuple[tuple[Technique, ...], Task, dict[str, str], set[str]]:
    """Let every technique compute what it needs and say what it measures, stage by stage."""
    ready, owners, acted = [], {}, set()
    for technique in chosen:
        technique = technique.prepare(task, context)
        changed = technique.variants(task, context)
        for name, new, old in (
            ("observables", changed.observables, task.observables),
            ("settings", changed.settings, task.settings),
            ("training", changed.training, task.training),
            ("calibration", changed.calibration, task.calibration),
        ):
            if new is not old:
                owners[name] = technique.stage
        if changed is not task:
            acted.add(technique.stage)
        task = changed
        ready.append(technique)
    _check_measured(task)
    return tuple(ready), task, owners, acted


def _check_measured(task: Task) -> None:
    """Check that measured circuits, where a technique gives them, are what the task measures."""
    if task.measured and len(task.measured) != len(task.observable.bases):
        raise ArgumentError(
            f"The techniques give {len(task.measured)} measured circuits, but the observable has "
            f"{len(task.observable.bases)} measurement bases. Give one circuit for each of them."
        )
    if task.measured and task.training:
        raise ArgumentError(
            "One technique measures circuits of its own, and another learns from training circuits "
            "that would be measured otherwise. Keep one of them."
        )


def _split(shots: int | ShotBudget, task: Task) -> Split:
    """Share the shots of one basis out among target, training and calibration."""
    shares = tuple(setting.share for setting in task.settings)
    if not isinstance(shots, ShotBudget):
        return Split.equal(shots, shares)
    return Split.of(
        shots, shares, len(task.training), len(task.calibration), task.calibration_shots
    )


def _shares(asked: Task, task: Task) -> Floats:
    """Shots of every basis relative to one that was asked for.

    Where a technique measures another observable, its bases share the shots of those asked for.
    """
    count = len(asked.observable.bases)
    if task.observables is asked.observables:
        return np.ones(count)
    return np.asarray(count * basis_weights(task.observable))


def _native(
    circuit: Any, device: Any, seed: int
) -> tuple[Transpiled, Floats | None, QuantumCircuit | None]:
    """Transpile once; check the bindings against the parameters.

    Also return the circuit before, unless it came transpiled.
    """
    values = None
    if isinstance(circuit, tuple | list):
        if len(circuit) != 2:
            raise fail("circuit", "a circuit or a pair (circuit, parameter values)", circuit)
        circuit, values = circuit
    given = read_circuit(circuit, way_out="Or give a pair (circuit, parameter values).")
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
        native, bare = circuit, None
    else:
        bare = unmeasured(given, MEASURES_ITSELF)
        native = transpile_for(bare, device, seed)
    if any(i.clbits for i in native.circuit.data):
        raise ArgumentError(
            "Argument `circuit` was transpiled together with its measurements, which may have "
            "removed gates that the observable needs. Transpile it without measurements."
        )
    if values is not None:
        kept = [p.name for p in native.circuit.parameters]
        if kept != names:  # transpilation removed a parameter without effect
            values = values[:, [names.index(name) for name in kept]]
    return native, values, bare


def _planned(
    task: Task,
    techniques: Sequence[Technique],
    split: Split,
    shares: Floats,
    context: Context,
    acted: set[str],
) -> tuple[PlannedCircuit, ...]:
    """Return every circuit that runs: programs × bases × settings × copies."""
    found: list[PlannedCircuit] = []
    target = context.executor.target
    bases = task.observable.bases
    for program, native in enumerate([task.native, *(p.native for p in task.training)]):
        for basis, letters in enumerate(b.label for b in bases):
            own = task.measured if program == 0 else ()
            ready = own[basis] if own else measured(native, letters, target, merge=True)
            for setting, options in enumerate(task.settings):
                variants = _copies(Variant(ready, options.factor), techniques, context, acted)
                total = (split.training if program else split.target)[setting]
                total, whole = int(total * shares[basis]), sum(v.share for v in variants)
                for v in variants:
                    each = checked_shots(int(total * v.share / whole + 1e-9), "each circuit")
                    found.append(
                        PlannedCircuit(
                            v.circuit, task.values, each, program, basis, setting, v.weight,
                            v.flips, v.stratum,
                        )
                    )  # fmt: skip
    return tuple(found)


def _copies(
    variant: Variant, techniques: Sequence[Technique], context: Context, acted: set[str]
) -> Sequence[Variant]:
    """Return the circuits that stand for one, latest stage first; note who changed anything."""
    found: Sequence[Variant] = [variant]
    for technique in reversed(techniques):
        copies = [copy for one in found for copy in technique.dress(one, context)]
        if copies != found:
            acted.add(technique.stage)
        found = copies
    return found
