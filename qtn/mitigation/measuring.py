"""Running a plan, and estimates from its outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers import BitArray

from qtn._progress import progress_bar
from qtn.devices import Transpiled
from qtn.devices.budget import Plan as DevicePlan
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.interop.observables import Basis, Observable, ObservableLike
from qtn.mitigation.allocate import pilot_shots, remaining_shots
from qtn.mitigation.planning import Plan, plan, renewed, run_seed
from qtn.mitigation.shot_budget import MIN_SHOTS, ShotBudget
from qtn.mitigation.techniques.base import NoiseTechnique, Technique
from qtn.mitigation.techniques.learn import LearnTechnique
from qtn.mitigation.techniques.readout import Readout
from qtn.mitigation.techniques.select import PostSelection
from qtn.mitigation.values.calibration import ReadoutCalibration, calibration_from_bits
from qtn.mitigation.values.combination import Combined, Values, averaged, combine
from qtn.mitigation.values.correct import Corrector, DualCorrector, twirled_corrector, unflipped
from qtn.mitigation.values.correct_joint import PairCorrector, SubspaceCorrector, pair_matrices
from qtn.mitigation.values.outcomes import Moments

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Outcomes of a plan; estimates with any part of its techniques come from the same data.

    Attributes:
        plan: what was run.
        bits: one `BitArray` per job.
        corrector: readout correction, if the plan had one.
        calibration: its rates, where it has rates.
    """

    plan: Plan
    bits: tuple[BitArray, ...]
    corrector: Corrector | None
    calibration: ReadoutCalibration | None

    def estimate(self, techniques: Iterable[Technique] | None = None) -> Estimate:
        """Return the value with its standard error.

        Args:
            techniques: a part of the plan's techniques, for instance `[]` for the raw value; None
                applies all. Options of fits may differ from the plan's, noise factors may not.

        Raises:
            ArgumentError: a technique that the plan did not prepare.
        """
        if techniques is None:
            return _estimate(self)
        idle = tuple(type(t) for t in self.plan.left_out)
        part = [t for t in techniques if not isinstance(t, idle)]
        for technique in part:
            if self.plan.find(type(technique)) is None:
                raise ArgumentError(
                    f"Argument `techniques` holds {type(technique).__name__}, which this "
                    "measurement was not planned with. Plan and run it first."
                )
        renewal = renewed(self.plan, part)
        return _estimate(Measured(renewal, self.bits, self.corrector, self.calibration))

    def combined(self) -> tuple[Values, list[Combined]]:
        """Return the values of all terms at all noise factors, and what each observable makes."""
        prepared, corrector = self.plan, self.corrector
        if corrector is None or prepared.find(Readout) is None:
            corrector = DualCorrector.plain(prepared.observable)
        settings = 1 if prepared.find(NoiseTechnique) is None else len(prepared.factors)
        wanted = len(prepared.programs) if prepared.find(LearnTechnique) else 1
        values = [_program_values(self, corrector, k, settings) for k in range(wanted)]
        each = [combine(values, prepared, o, corrector.variances) for o in prepared.observables]
        return values[0], each

    def raw(self) -> Estimate:
        """Return the unmitigated value from the circuits at noise factor 1."""
        return self.estimate([])


def measure(prepared: Plan, *, progress: bool | None = None) -> Measured:
    """Run a plan and keep the outcomes.

    Args:
        prepared: from `plan`.
        progress: show a bar.

    Returns:
        The outcomes, from which `estimate` computes values with all or part of the techniques.

    Cost: `prepared.shots` executions.
    """
    jobs = prepared.jobs
    prepared.executor.check(_parts(prepared))
    with progress_bar(len(jobs), "mitigate", progress) as bar:
        corrector, rates = _calibrated(prepared)
        if getattr(prepared.find(NoiseTechnique), "split", "") != "adaptive":
            bits = _outcomes(prepared, [job.shots for job in jobs], "jobs")
            bar.update(len(jobs))
            return Measured(prepared, bits, corrector, rates)
        first = pilot_shots(jobs, MIN_SHOTS)
        pilot = Measured(prepared, _outcomes(prepared, first, "pilot"), corrector, rates)
        extra = remaining_shots(prepared, first, *pilot.combined())
        rest = _outcomes(prepared, extra, "jobs")
        bar.update(len(jobs))
    bits = tuple(
        one if more is None else BitArray.concatenate_shots([one, more])
        for one, more in zip(pilot.bits, rest, strict=True)
    )
    spent = [replace(job, shots=b.num_shots) for job, b in zip(jobs, bits, strict=True)]
    return Measured(replace(prepared, jobs=tuple(spent)), bits, corrector, rates)


def budget_plans(prepared: Plan) -> list[DevicePlan]:
    """Return what the runs of a plan take on its device, calibration included."""
    return prepared.executor.planned(_parts(prepared))


def _parts(prepared: Plan) -> list[tuple[list[Any], int]]:
    """All circuits of a plan with their shots."""
    groups: dict[int, list[Any]] = {}
    for job in prepared.jobs:
        groups.setdefault(job.shots, []).append((job.circuit, job.values))
    parts = [(circuits, shots) for shots, circuits in groups.items() if shots]
    if prepared.known is None and prepared.find(Readout) is not None:
        circuits = [variant.circuit for variant in prepared.calibration]
        parts.append((circuits, prepared.calibration_shots))
    return parts


def _outcomes(prepared: Plan, shots: Sequence[int], stream: str) -> tuple[BitArray, ...]:
    """Run every job with these shots; None for those without any."""
    jobs, bits = prepared.jobs, [None] * len(prepared.jobs)
    for each in sorted({s for s in shots if s}):
        chosen = [i for i, s in enumerate(shots) if s == each]
        pubs = [(jobs[i].circuit, jobs[i].values) for i in chosen]
        seed = run_seed(prepared.seed, stream, each)
        for index, outcome in zip(chosen, prepared.executor.run(pubs, shots=each, seed=seed)):
            bits[index] = unflipped(outcome, jobs[index].flips)
    return tuple(bits)


def _calibrated(prepared: Plan) -> tuple[Corrector | None, ReadoutCalibration | None]:
    readout, observable = prepared.find(Readout), prepared.observable
    if readout is None:
        return None, None
    if prepared.known is not None:
        return _rate_corrector(readout, prepared, prepared.known), prepared.known
    outcomes = prepared.executor.run(
        [variant.circuit for variant in prepared.calibration],
        shots=prepared.calibration_shots,
        seed=run_seed(prepared.seed, "readout"),
    )
    qubits, name = prepared.native.qubits, prepared.executor.name
    if readout.method == "twirled":
        flipped = [unflipped(b, v.flips) for b, v in zip(outcomes, prepared.calibration)]
        return twirled_corrector(
            observable, BitArray.concatenate_shots(flipped), qubits, name
        ), None
    if readout.method == "correlated":
        clusters = readout.clusters(len(qubits))
        matrices = pair_matrices(outcomes, clusters)
        return PairCorrector(observable, clusters, matrices, prepared.calibration_shots), None
    rates = calibration_from_bits(outcomes[0], outcomes[1], qubits, name)
    return _rate_corrector(readout, prepared, rates), rates


def _rate_corrector(readout: Readout, prepared: Plan, rates: ReadoutCalibration) -> Corrector:
    if readout.method == "subspace":
        return SubspaceCorrector.of(prepared.observable, rates)
    return DualCorrector.tensored(prepared.observable, rates)


def _estimate(data: Measured) -> Estimate:
    """Correct the readout of every circuit, then combine copies, noise factors and terms."""
    prepared = data.plan
    if not prepared.jobs:
        return _shaped(prepared, [o.constant for o in prepared.observables], 0, "exact: a constant")
    _, found = data.combined()
    wanted = len(prepared.programs) if prepared.find(LearnTechnique) else 1
    settings = 1 if prepared.find(NoiseTechnique) is None else len(prepared.factors)
    shots = prepared.bindings * sum(
        j.shots for j in prepared.jobs if j.program < wanted and j.setting < settings
    )
    if prepared.find(Readout) is not None:
        shots += len(prepared.calibration) * prepared.calibration_shots
    shown = [t.label for t in prepared.techniques if t.stage in ("measure", "select", "readout")]
    shown += [t.label for t in prepared.techniques if t.stage in ("idle", "insert")]
    shown += list(dict.fromkeys(label for one in found for label in one.labels))
    method = " + ".join(shown) or "counts"
    for idle in prepared.left_out:
        method += f"; {idle.label} left out, because the circuit has no two-qubit gate"
    values = [one.value for one in found]
    if prepared.why:
        bounded = [np.clip(v, *o.bounds) for v, o in zip(values, prepared.observables)]
        if any((b != v).any() for b, v in zip(bounded, values, strict=True)):
            values, method = bounded, f"{method}; moved to the edge of the possible values"
    return _shaped(prepared, values, shots, method, found)


def _shaped(
    prepared: Plan, values: Sequence[Any], shots: int, method: str, found: Sequence[Combined] = ()
) -> Estimate:
    """Return values per observable as an estimate: (bindings,) (observables,), each if asked."""
    shape = (len(prepared.observables), prepared.bindings)
    value = np.stack([np.broadcast_to(v, shape[1:]) for v in values], axis=-1)
    stderr = np.zeros(value.shape)
    for column, one in enumerate(found):
        stderr[:, column] = np.sqrt(one.variance)
    if prepared.single:
        value, stderr = value[:, 0], stderr[:, 0]
    if prepared.values is None:
        value, stderr = value[0], stderr[0]
    if np.ndim(value) == 0:
        return Estimate(float(value), float(stderr), shots, method)
    return Estimate(value, stderr, shots, method)


def _program_values(data: Measured, corrector: Corrector, program: int, settings: int) -> Values:
    """Average the copies of every basis and setting of one program."""
    prepared = data.plan
    observable = prepared.observable
    values = Values.empty(
        settings, prepared.bindings, len(observable.terms), len(corrector.variances)
    )
    for index, basis in enumerate(observable.bases):
        for setting in range(settings):
            place = (program, index, setting)
            copies = [
                k
                for k, job in enumerate(prepared.jobs)
                if (job.program, job.basis, job.setting) == place
            ]
            moments = [_moments(data, corrector, k, basis) for k in copies]
            weights = [prepared.jobs[k].weight for k in copies]
            strata = [prepared.jobs[k].stratum for k in copies]
            values.place(setting, basis.terms, averaged(moments, weights, strata))
    return values


def _moments(data: Measured, corrector: Corrector, job: int, basis: Basis) -> Moments:
    """Values of one circuit, after post-selection if there is one."""
    selection = data.plan.find(PostSelection)
    if selection is None:
        return corrector.moments(data.bits[job], basis.terms)
    rows = selection.kept(data.bits[job], basis.letters)
    parts = [corrector.moments(row, basis.terms) for row in rows]
    return Moments(
        np.concatenate([p.mean for p in parts]),
        np.concatenate([p.covariance for p in parts]),
        np.concatenate([p.gradient for p in parts]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class TermValues:
    """Corrected values of all terms at all noise factors: what a learned map takes.

    Attributes:
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
    data = measure(prepared, progress=False)
    corrector = data.corrector or DualCorrector.plain(prepared.observable)
    values = _program_values(data, corrector, 0, len(prepared.factors))
    rates = np.einsum("sbtr,r->sbt", values.gradient**2, corrector.variances)
    return TermValues(
        values.mean[:, 0],
        (values.variances + rates)[:, 0],
        prepared.native,
        prepared.observable,
        prepared.shots,
    )
