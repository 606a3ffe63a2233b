"""The door `mitigate`: plan, run, estimate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers import BitArray

from qtn._progress import progress_bar
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.mitigation.calibration import ReadoutCalibration, calibration_from_bits
from qtn.mitigation.extrapolate import extrapolate
from qtn.mitigation.observables import ObservableLike
from qtn.mitigation.outcomes import Moments, evaluate, exact_duals
from qtn.mitigation.plan import Plan, plan, renewed, run_seed
from qtn.mitigation.readout import Readout
from qtn.mitigation.technique import Technique
from qtn.mitigation.zne import ZNE

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Outcomes of a plan; estimates with any part of its techniques come from the same data.

    Attributes:
        plan: what was run.
        bits: one `BitArray` per job.
        calibration: readout calibration, if the plan had one.
    """

    plan: Plan
    bits: tuple[BitArray, ...]
    calibration: ReadoutCalibration | None

    def estimate(self, techniques: Iterable[Technique] | None = None) -> Estimate:
        """Return the value with its standard error.

        Args:
            techniques: a part of the plan's techniques, for instance `[]` for the raw value; None
                applies all.

        Raises:
            ArgumentError: a technique that the plan did not prepare.
        """
        if techniques is None:
            return _estimate(self)
        part = list(techniques)
        for technique in part:
            if self.plan.find(type(technique)) is None:
                raise ArgumentError(
                    f"Argument `techniques` holds {type(technique).__name__}, which this "
                    "measurement was not planned with. Plan and run it first."
                )
        return _estimate(Measured(renewed(self.plan, part), self.bits, self.calibration))

    def raw(self) -> Estimate:
        """Return the unmitigated value from the circuits at noise factor 1."""
        return self.estimate([])


def mitigate(
    circuit: Any,
    observable: ObservableLike,
    techniques: Technique | Iterable[Technique] = (),
    *,
    device: Any,
    shots: int = 4096,
    seed: int = 0,
    progress: bool | None = None,
) -> Estimate:
    """Measure an expectation value on a noisy device and remove what can be removed of the noise.

    Args:
        circuit: a `QuantumCircuit` without mid-circuit measurements, a circuit transpiled by
            `qtn.devices.transpile_for`, or a pair of either with parameter values of shape
            (bindings, parameters).
        observable: `SparsePauliOp`, `SparseObservable` (projectors: `"0" * n` is the probability
            of all zeros), `Pauli` or label, on the qubits of `circuit`.
        techniques: any of `Readout()`, `ZNE()`, …, in any order; empty measures plainly.
        device: anything that `qtn.run` takes.
        shots: executions of every circuit and binding.
        seed: seed of simulation, transpilation and random circuits.
        progress: show a bar; None shows it in a terminal or notebook.

    Returns:
        Value and standard error (arrays over bindings for a sweep). The error holds shot noise and
        calibration noise, propagated through correction and extrapolation; it does not hold the
        bias that a technique leaves. `method` names what was done, fallbacks included.

    Raises:
        ArgumentError: a technique, observable, circuit or number that cannot be used.
        DeviceError: the device cannot take the circuits.

    Cost: printed by `qtn.mitigation.plan(...)` with the same arguments.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2); _ = bell.h(0); _ = bell.cx(0, 1)
        >>> mitigate(bell, "ZZ", device="aer", shots=100, progress=False).value
        1.0
    """
    prepared = plan(circuit, observable, techniques, device=device, shots=shots, seed=seed)
    return measure(prepared, progress=progress).estimate()


def measure(prepared: Plan, *, progress: bool | None = None) -> Measured:
    """Run a plan and keep the outcomes.

    Args:
        prepared: from `plan`.
        progress: show a bar.

    Returns:
        The outcomes, from which `estimate` computes values with all or part of the techniques.

    Cost: `prepared.shots` executions.
    """
    executor, seed = prepared.executor, prepared.seed
    calibration = prepared.known
    bits: list[BitArray | None] = [None] * len(prepared.jobs)
    with progress_bar(len(prepared.jobs), "mitigate", progress) as bar:
        if prepared.calibration:
            zero, one = executor.run(
                prepared.calibration,
                shots=prepared.calibration_shots,
                seed=run_seed(seed, "readout"),
            )
            calibration = calibration_from_bits(zero, one, prepared.native.qubits, executor.name)
        for shots in sorted({job.shots for job in prepared.jobs}):
            chosen = [i for i, job in enumerate(prepared.jobs) if job.shots == shots]
            pubs = [(prepared.jobs[i].circuit, prepared.jobs[i].values) for i in chosen]
            results = executor.run(pubs, shots=shots, seed=run_seed(seed, "jobs", shots))
            for index, outcome in zip(chosen, results):
                bits[index] = outcome
            bar.update(len(chosen))
    return Measured(prepared, tuple(b for b in bits if b is not None), calibration)


def _estimate(data: Measured) -> Estimate:
    """Correct the readout of every circuit, then combine terms and noise factors."""
    prepared = data.plan
    readout, zne = prepared.find(Readout), prepared.find(ZNE)
    n = len(prepared.native.qubits)
    calibration = data.calibration if readout is not None else None
    duals = exact_duals(n) if calibration is None else calibration.duals()
    rate_variances = np.zeros(0) if calibration is None else calibration.variances
    settings = len(prepared.factors) if zne is not None else 1
    values = _Values.empty(settings, prepared, len(rate_variances))
    shots = 0
    for job, bits in zip(prepared.jobs, data.bits):
        if job.setting >= settings:
            continue
        terms = prepared.observable.bases[job.basis].terms
        chosen = tuple(prepared.observable.terms[t] for t in terms)
        values.place(job.setting, terms, evaluate(bits, chosen, duals))
        shots += job.shots * prepared.bindings
    if calibration is not None:
        shots += len(prepared.calibration) * prepared.calibration_shots
    value, variance, labels = values.combined(prepared, zne, rate_variances)
    method = " + ".join(([] if readout is None else [readout.label]) + labels) or "counts"
    return _as_estimate(value, np.sqrt(variance), shots, method, sweep=prepared.values is not None)


@dataclass(frozen=True, slots=True, eq=False)
class _Values:
    """Values of all terms at all noise settings, with covariances and calibration slopes."""

    mean: Floats  # (settings, bindings, terms)
    covariance: Floats  # (settings, bindings, terms, terms)
    gradient: Floats  # (settings, bindings, terms, rates)

    @classmethod
    def empty(cls, settings: int, prepared: Plan, rates: int) -> _Values:
        shape = (settings, prepared.bindings, len(prepared.observable.terms))
        return cls(np.zeros(shape), np.zeros((*shape, shape[-1])), np.zeros((*shape, rates)))

    def place(self, setting: int, terms: tuple[int, ...], moments: Moments) -> None:
        index = list(terms)
        self.mean[setting][:, index] = moments.mean
        self.covariance[setting][:, np.array(index)[:, None], index] = moments.covariance
        self.gradient[setting][:, index] = moments.gradient

    def combined(
        self, prepared: Plan, zne: ZNE | None, rate_variances: Floats
    ) -> tuple[Floats, Floats, list[str]]:
        """Sum the terms and extrapolate; value and variance per binding."""
        observable = prepared.observable
        c, constant = observable.coefficients, observable.constant
        # columns: every term by itself, or one per measurement of the whole observable
        mix = np.diag(c) if zne is not None and zne.per_term else c[:, None]
        mean = self.mean @ mix
        covariance = np.einsum("tk,sbtu,ul->sbkl", mix, self.covariance, mix)
        gradient = np.einsum("tk,sbtr->sbkr", mix, self.gradient)
        if zne is None:
            jacobian, value, labels = np.ones_like(mean[:1]), mean[0], []
        else:
            _, bindings, columns = mean.shape
            flat = mean.reshape(len(mean), -1)
            variances = np.einsum("sbkk->sbk", covariance).reshape(flat.shape)
            limit = np.tile(observable.mixed_values @ mix, bindings)
            fitted = extrapolate(
                np.array(prepared.factors), flat, variances,
                fit=zne.fit, order=zne.order, limit=limit,
            )  # fmt: skip
            value = fitted.value.reshape(bindings, columns)
            jacobian = fitted.jacobian.reshape(mean.shape)
            labels = [f"{zne.label}: {fitted.method}"]
        shot = np.einsum("sbk,sbkl,sbl->b", jacobian, covariance, jacobian)
        slope = np.einsum("sbk,sbkr->br", jacobian, gradient)
        return constant + value.sum(-1), shot + slope**2 @ rate_variances, labels


def _as_estimate(
    value: Floats, stderr: Floats, shots: int, method: str, *, sweep: bool
) -> Estimate:
    if sweep:
        return Estimate(value, stderr, shots, method)
    return Estimate(float(value[0]), float(stderr[0]), shots, method)
