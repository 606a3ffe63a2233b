"""Running a plan, and estimates from its outcomes.

Every step calls the same methods of every technique, in the order of their stages; nothing here
knows a technique by its class or by its options.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers import BitArray

from qtn._display import Display, Displayed
from qtn._figures.extrapolation import Fit
from qtn._progress import progress_bar, watching
from qtn.devices import Transpiled
from qtn.devices.record.ledger import LedgerLike
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.interop.observables import ObservableLike
from qtn.mitigation.allocate import pilot_shots, remaining_shots
from qtn.mitigation.planning import checked_techniques, plan
from qtn.mitigation.plans import Plan
from qtn.mitigation.running import calibrated, held_to_budget, sampled
from qtn.mitigation.shot_budget import MIN_SHOTS, ShotBudget
from qtn.mitigation.techniques.base import Technique
from qtn.mitigation.values.calibration import ReadoutCalibration
from qtn.mitigation.values.combination import (
    Combined,
    Readings,
    Values,
    averaged,
    nothing,
    plain_sum,
)
from qtn.mitigation.values.correct import Corrector, DualCorrector
from qtn.states.operators import Observable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Measured(Displayed):
    """Outcomes of a plan; estimates with any part of its techniques come from the same data.

    Args:
        plan: what was run.
        bits: one `BitArray` per planned circuit.
        calibrations: one `BitArray` per calibration circuit.
        corrector: turns outcomes into moments, as the plan's techniques say.
        corrected: stages of the techniques that had a say in it.
    """

    plan: Plan
    bits: tuple[BitArray, ...]
    calibrations: tuple[BitArray, ...]
    corrector: Corrector
    corrected: frozenset[str] = frozenset()

    def _brief(self) -> str:
        return repr(self.plan)

    def _display(self) -> Display:
        rows = [
            ("device", self.plan.executor.name),
            ("circuits", len(self.bits)),
            ("calibration circuits", len(self.calibrations)),
            ("shots", self.plan.shots),
            ("noise factors", ", ".join(f"{f:g}" for f in self.plan.factors)),
            ("techniques", ", ".join(t.label for t in self.plan.techniques) or "none"),
        ]
        note = ".estimate() applies the techniques, .raw() none of them."
        return Display("Measured outcomes", rows, notes=[note])

    @property
    def calibration(self) -> ReadoutCalibration | None:
        """Rates of the readout, where it has rates."""
        return self.corrector.calibration

    def estimate(self, techniques: Technique | Iterable[Technique] | None = None) -> Estimate:
        """Return the value with its standard error.

        Args:
            techniques: a part of the plan's techniques, for instance `[]` for the raw value; None
                applies all. Options of fits may differ from the plan's, noise factors may not.

        Raises:
            ArgumentError: a technique that the plan did not prepare, options that need other
                outcomes, or one left out without which the outcomes tell nothing.
        """
        return _estimate(self if techniques is None else self._part(techniques))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what the techniques make of the outcomes: see `Estimate.plot`."""
        return self.estimate().plot(ax)

    def raw(self) -> Estimate:
        """Return the unmitigated value from the circuits at noise factor 1.

        Where a technique changed all circuits (twirls, decoupling), `method` names it.
        """
        return self.estimate([])

    def combined(self) -> tuple[Readings, list[Combined]]:
        """Return the values of all terms, and what the techniques make of each observable."""
        readings = self.readings()
        return readings, [_combined(self.plan, readings, o) for o in self.plan.observables]

    def readings(self) -> Readings:
        """Return the corrected values of all programs at all noise factors."""
        prepared, techniques = self.plan, self.plan.techniques
        settings = len(prepared.factors) if prepared.active("settings", techniques) else 1
        training = prepared.task.training if prepared.active("training", techniques) else ()
        values = [self._values(k, settings) for k in range(1 + len(training))]
        return Readings(
            values[0],
            prepared.factors[:settings],
            self.corrector.variances,
            tuple(values[1:]),
            np.array([p.ideal for p in training]),
            sum(one.shots for one in prepared.planned if one.program > 0),
        )

    def _part(self, techniques: Technique | Iterable[Technique]) -> Measured:
        """Return the same outcomes with a part of the plan's techniques."""
        planned = {type(t): t for t in self.plan.techniques}
        idle = tuple(type(t) for t in self.plan.left_out)
        part: list[Technique] = []
        for technique in [techniques] if isinstance(techniques, Technique) else techniques:
            if isinstance(technique, idle):
                continue
            known = planned.get(type(technique))
            if known is None:
                raise ArgumentError(
                    f"Argument `techniques` holds {type(technique).__name__}, which this "
                    "measurement was not planned with. Plan and run it first."
                )
            part.append(technique.adopt(known))
        stages = {t.stage for t in part}
        for technique in (t for t in self.plan.techniques if t.stage not in stages):
            if not technique.removable:
                raise ArgumentError(
                    f"Argument `techniques` leaves out {technique.label}, without which these "
                    "outcomes tell nothing. Plan and run the measurement without it."
                )
            if not technique.overrides("variants", "correct", "combine"):
                part.append(technique)  # it only changed the circuits, and these are the ones
        prepared = replace(self.plan, techniques=checked_techniques(part))
        correction = _corrector(prepared, self.calibrations)
        return Measured(prepared, self.bits, self.calibrations, *correction)

    def _values(self, program: int, settings: int) -> Values:
        """Average the copies of every basis and setting of one program."""
        observable, planned = self.plan.observable, self.plan.planned
        values = Values.empty(
            settings, self.plan.bindings, len(observable.terms), len(self.corrector.variances)
        )
        for index, basis in enumerate(observable.bases):
            for setting in range(settings):
                place = (program, index, setting)
                copies = [k for k, one in enumerate(planned) if one.place == place]
                moments = [self.corrector.moments(self.bits[k], basis) for k in copies]
                weights = [planned[k].weight for k in copies]
                strata = [planned[k].stratum for k in copies]
                values.place(setting, basis.terms, averaged(moments, weights, strata))
        return values


def measure(prepared: Plan, *, ledger: LedgerLike = None, progress: bool | None = None) -> Measured:
    """Run a plan and keep the outcomes.

    Args:
        prepared: from `plan`.
        ledger: as in `qtn.run`; the same plan measured again takes up the runs that are in it.
        progress: show a bar.

    Returns:
        The outcomes, from which `estimate` computes values with all or part of the techniques.

    Cost: `prepared.shots` executions.
    """
    planned = prepared.planned
    prepared = replace(prepared, executor=replace(prepared.executor, ledger=ledger))
    held_to_budget(prepared)
    seconds = prepared.seconds if watching(progress) else None
    with progress_bar(len(planned), "mitigate", progress, seconds=seconds) as bar:
        calibrations = calibrated(prepared)
        correction = _corrector(prepared, calibrations)
        if not prepared.task.adaptive:
            bits = sampled(prepared, [one.shots for one in planned], "jobs")
            bar.update(len(planned))
            return Measured(prepared, bits, calibrations, *correction)
        first = pilot_shots(planned, MIN_SHOTS)
        pilot = sampled(prepared, first, "pilot")
        found = Measured(prepared, pilot, calibrations, *correction).combined()
        extra = remaining_shots(prepared, first, found[0].target, found[1])
        rest = sampled(prepared, extra, "jobs")
        bar.update(len(planned))
    bits = tuple(
        one if more is None else BitArray.concatenate_shots([one, more])
        for one, more in zip(pilot, rest, strict=True)
    )
    spent = [replace(one, shots=b.num_shots) for one, b in zip(planned, bits, strict=True)]
    return Measured(replace(prepared, planned=tuple(spent)), bits, calibrations, *correction)


def _corrector(
    prepared: Plan, calibrations: Sequence[BitArray]
) -> tuple[Corrector, frozenset[str]]:
    """Let the techniques say how outcomes become moments: the readout first, which reads bits.

    Also return the stages of those that did.
    """
    task, device = prepared.task, prepared.executor.name
    corrector: Corrector = DualCorrector.plain(task.observable)
    stages = set()
    for technique in sorted(prepared.techniques, key=lambda t: t.stage != "readout"):
        made = technique.correct(corrector, task, calibrations, device)
        if made is not corrector:
            stages.add(technique.stage)
        corrector = made
    return corrector, frozenset(stages)


def _combined(prepared: Plan, readings: Readings, observable: Observable) -> Combined:
    """Let the techniques combine the values of all terms, each on top of those before."""
    if observable.is_constant:
        return nothing(readings)
    techniques = prepared.techniques

    def step(k: int) -> Combined:
        if k < 0:
            return plain_sum(readings, observable)
        given: list[Combined] = []

        def before() -> Combined:
            given.append(step(k - 1))
            return given[-1]

        technique = techniques[k]
        made = technique.combine(readings, observable, before)
        if any(made is one for one in given):
            return made
        return replace(made, labels={technique.stage: technique.label} | dict(made.labels))

    return step(len(techniques) - 1)


def _estimate(data: Measured) -> Estimate:
    """Correct the readout of every circuit, then combine copies, noise factors and terms."""
    prepared = data.plan
    observables = prepared.observables
    if not prepared.planned:
        values = [np.full(prepared.bindings, o.constant) for o in observables]
        return _shaped(prepared, values, [np.zeros_like(v) for v in values], 0, "exact: a constant")
    readings, found = data.combined()
    values = [o.constant + one.value for o, one in zip(observables, found, strict=True)]
    variances = [one.variance(readings) for one in found]
    method = _method(data, found)
    if prepared.why:
        bounded = [np.clip(v, *o.bounds) for v, o in zip(values, observables)]
        if any((b != v).any() for b, v in zip(bounded, values, strict=True)):
            values, method = bounded, f"{method}; moved to the edge of the possible values"
    made = _shaped(prepared, values, variances, _spent(prepared, readings), method)
    return replace(made, fits=tuple(_named_fits(found)))


def _named_fits(found: Sequence[Combined]) -> Iterator[Fit]:
    """Yield the extrapolations of all observables, numbered where there are several."""
    for k, one in enumerate(found):
        for fit in one.fits:
            yield fit if len(found) == 1 else replace(fit, label=f"observable {k}: {fit.label}")


def _spent(prepared: Plan, readings: Readings) -> int:
    """Shots behind an estimate, calibration and training included."""
    programs, settings = 1 + len(readings.training), len(readings.factors)
    used = [p for p in prepared.planned if p.program < programs and p.setting < settings]
    shots = prepared.bindings * sum(one.shots for one in used)
    if prepared.active("calibration", prepared.techniques):
        shots += len(prepared.calibration) * prepared.calibration_shots
    return shots


def _method(data: Measured, found: Sequence[Combined]) -> str:
    """Say what was done: every technique by its label, or by what it says about its fit.

    One that changed no circuit, no outcome and no value is not named.
    """
    prepared, shown = data.plan, list[str]()
    acted = prepared.acted | data.corrected
    for technique in prepared.techniques:
        own = [one.labels[technique.stage] for one in found if technique.stage in one.labels]
        if own or technique.stage in acted:
            shown += dict.fromkeys(own or [technique.label])
    method = " + ".join(shown) or "counts"
    for idle in prepared.left_out:
        method += f"; {idle.label} left out, because the circuit has no two-qubit gate"
    return method


def _shaped(
    prepared: Plan, values: Sequence[Floats], variances: Sequence[Floats], shots: int, method: str
) -> Estimate:
    """Return values per observable as an estimate: (bindings,) (observables,), each if asked."""
    value = np.stack(values, axis=-1)
    stderr = np.sqrt(np.stack(variances, axis=-1))
    if prepared.single:
        value, stderr = value[:, 0], stderr[:, 0]
    if prepared.values is None:
        value, stderr = value[0], stderr[0]
    if np.ndim(value) == 0:
        return Estimate(float(value), float(stderr), shots, method)
    return Estimate(value, stderr, shots, method)


@dataclass(frozen=True, slots=True, eq=False)
class TermValues:
    """Corrected values of all terms at all noise factors: what a learned map takes.

    Args:
        mean: (settings, terms).
        variances: (settings, terms).
        native: the circuit that ran.
        observable: the terms.
        shots: spent.
    """

    mean: Floats
    variances: Floats
    native: Transpiled
    observable: Observable
    shots: int


def term_values(
    circuit: Any,
    observable: ObservableLike,
    techniques: Iterable[Technique],
    *,
    device: Any,
    shots: int | ShotBudget,
    seed: int,
) -> TermValues:
    """Measure all terms at all noise factors without extrapolation; arguments as in `mitigate`."""
    prepared = plan(circuit, observable, techniques, device=device, shots=shots, seed=seed)
    found = measure(prepared, progress=False).readings()
    values = found.target
    rates = np.einsum("sbtr,r->sbt", values.gradient**2, found.rate_variances)
    return TermValues(
        values.mean[:, 0],
        (values.variances + rates)[:, 0],
        prepared.native,
        prepared.observable,
        prepared.shots,
    )
