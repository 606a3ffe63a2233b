"""Qiskit primitives V2 on tensor networks: samples and expectation values at any width.

A noiseless circuit is simulated by a matrix product state, a noisy device by its density operator
as a real matrix product state in the Pauli basis (exact channels, no trajectories). What all
bindings of a circuit share, everything up to the last two-qubit gates, is simulated once; a
binding then costs its trailing one-qubit gates, which are absorbed into the measurement.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import (
    BaseEstimatorV2,
    BaseSamplerV2,
    BitArray,
    DataBin,
    PrimitiveJob,
    PrimitiveResult,
    PubResult,
    SamplerPubResult,
)
from qiskit.primitives.containers.estimator_pub import EstimatorPub, EstimatorPubLike
from qiskit.primitives.containers.sampler_pub import SamplerPub, SamplerPubLike

from qtn._checks import fail, positive_int, real
from qtn._random import generator
from qtn.devices.measurements import RESERVED, unmeasured
from qtn.devices.tensor.reported import Noise
from qtn.devices.tensor.simulator import Simulator
from qtn.devices.tensor.sweep import SimulationReport
from qtn.errors import ArgumentError

__all__ = ["SimulationReport", "TensorEstimator", "TensorSampler", "reseeded"]

Array = NDArray[Any]
SeedLike = np.random.Generator | int | None
MAX_SHOTS = 10**7
LOSSLESS = 1e-12  # weight lost to rounding alone


class TensorSampler(BaseSamplerV2):
    """Sampler of circuits of any width, noiseless or with an Aer noise model.

    Takes what Qiskit's `StatevectorSampler` takes and returns what it returns, at widths that no
    state vector reaches. Each binding's counts are independent exact samples; the only error is
    the truncation of bonds. `metadata["simulation"]` of a result that is noisy or not exact
    tells what was lost.
    Circuits may also be reset and measured in the middle, with noise as long as the qubits that
    have met since their last reset are about ten; noiseless ones may hold conditions "a bit or
    register equals a number". What cannot be simulated raises a `DeviceError` that names "aer".

    Args:
        noise_model: Aer noise model with one- and two-qubit errors and one-qubit readout errors,
            in the qubit numbers of the circuits.
        backend: take the noise model of this backend if none is given.
        max_bond: upper limit of the bond dimensions; None for no limit.
        cutoff: relative squared weight that one truncation may lose. The default keeps the error
            of a probability near 1e-5 for a few hundred noisy two-qubit gates.
        seed: seed of the samples; with an integer the same call gives the same counts, with a
            `Generator` it goes on, with None nothing can be repeated.
        default_shots: shots when neither `run` nor the pub says.

    Raises:
        ArgumentError: for a bond, cutoff, seed or number of shots out of range.
        DeviceError: for circuits or noise models that the engine cannot take.

    Cost:
        O(8 χ³) per two-qubit gate once per circuit, then O(n χ² u) per binding, u = number of
        different outcome prefixes, at most the shots; with noise χ is that of the density
        operator and a gate costs O(64 χ³). Mid-circuit events: at most once per shot.

    Example:
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> bell.measure_all()
        >>> counts = TensorSampler(seed=1).run([bell], shots=100).result()[0].data.meas.get_counts()
        >>> sorted(counts), sum(counts.values())
        (['00', '11'], 100)
    """

    def __init__(
        self,
        noise_model: Noise | None = None,
        backend: Any = None,
        *,
        max_bond: int | None = None,
        cutoff: float = 1e-9,
        seed: SeedLike = None,
        default_shots: int = 1024,
    ) -> None:
        self._simulator = Simulator(noise_model, backend, max_bond, cutoff)
        self._seed = _checked_seed(seed)
        self._shots = positive_int("default_shots", default_shots, maximum=MAX_SHOTS)

    @property
    def default_shots(self) -> int:
        """Shots when neither `run` nor the pub says."""
        return self._shots

    @property
    def seed(self) -> SeedLike:
        """The seed as given."""
        return self._seed

    def run(
        self, pubs: Iterable[SamplerPubLike], *, shots: int | None = None
    ) -> PrimitiveJob[PrimitiveResult[SamplerPubResult]]:
        """Sample circuits; one result per pub, with a `BitArray` per classical register.

        Raises:
            ArgumentError: more than 10⁷ shots, or a register named like a field of a `DataBin`.
            ValueError, TypeError: pubs that Qiskit itself refuses.
        """
        number = self._shots if shots is None else shots
        coerced = [SamplerPub.coerce(pub, number) for pub in pubs]
        for pub in coerced:
            positive_int("shots", pub.shots, maximum=MAX_SHOTS)
            _check_registers(pub.circuit)
        if any(not pub.circuit.cregs for pub in coerced):
            warnings.warn(
                "A circuit has no classical register, so its result will be empty. Add "
                "measurements, for instance with circuit.measure_all().",
                UserWarning,
                stacklevel=2,
            )
        rng = self._seed
        if not isinstance(rng, np.random.Generator):
            rng = np.random.default_rng() if rng is None else generator(rng, "tensor-sampler")
        job: PrimitiveJob[PrimitiveResult[SamplerPubResult]] = PrimitiveJob(self._run, coerced, rng)
        job._submit()
        return job

    def _run(
        self, pubs: list[SamplerPub], rng: np.random.Generator
    ) -> PrimitiveResult[SamplerPubResult]:
        return PrimitiveResult([self._run_pub(p, rng) for p in pubs], metadata={"version": 2})

    def _run_pub(self, pub: SamplerPub, rng: np.random.Generator) -> SamplerPubResult:
        circuit, shape = pub.circuit, pub.parameter_values.shape
        sweep = self._simulator.sweep(circuit, _rows(pub), sampled=True)
        bits = np.zeros((sweep.bindings, pub.shots, circuit.num_clbits), dtype=bool)
        for binding in range(sweep.bindings):
            bits[binding] = sweep.sample(binding, pub.shots, rng)
        bits = bits.reshape(*shape, *bits.shape[1:])
        told = {"shots": pub.shots, "circuit_metadata": circuit.metadata}
        return SamplerPubResult(
            DataBin(**_registers(circuit, bits), shape=shape),
            metadata=told | _account(sweep.report(), self._simulator.ideal),
        )


def reseeded(sampler: TensorSampler, seed: int) -> TensorSampler:
    """Return a sampler of another seed that shares what this one knows of its noise model."""
    other = copy.copy(sampler)
    other._seed = _checked_seed(seed)
    return other


class TensorEstimator(BaseEstimatorV2):
    """Expectation values of Pauli observables and projectors, noiseless or noisy.

    Takes what Qiskit's `StatevectorEstimator` takes and returns what it returns, at widths that no
    state vector reaches. The values are exact up to the truncation of bonds; a precision above 0
    asks for the sampling error of an experiment, which is then added as normal noise of that
    standard deviation. Readout errors of the noise model are left out, as in Qiskit's estimators;
    measurements at the end of a circuit change nothing, others are refused.

    Args:
        noise_model: as in `TensorSampler`.
        backend: take the noise model of this backend if none is given.
        max_bond: upper limit of the bond dimensions; None for no limit.
        cutoff: relative squared weight that one truncation may lose.
        default_precision: standard deviation of the values when neither `run` nor the pub says;
            0 for exact values.
        seed: seed of the noise, as in `StatevectorEstimator`: with an integer every pub gets the
            same noise.

    Raises:
        ArgumentError: for a bond, cutoff, precision or seed out of range.
        DeviceError: for circuits or noise models that the engine cannot take.

    Example:
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> round(float(TensorEstimator().run([(bell, "ZZ")]).result()[0].data.evs), 12)
        1.0
    """

    def __init__(
        self,
        noise_model: Noise | None = None,
        backend: Any = None,
        *,
        max_bond: int | None = None,
        cutoff: float = 1e-14,
        default_precision: float = 0.0,
        seed: SeedLike = None,
    ) -> None:
        self._simulator = Simulator(noise_model, backend, max_bond, cutoff)
        self._precision = real("default_precision", default_precision, 0.0)
        self._seed = _checked_seed(seed)

    @property
    def default_precision(self) -> float:
        """Standard deviation when neither `run` nor the pub says."""
        return self._precision

    @property
    def seed(self) -> SeedLike:
        """The seed as given."""
        return self._seed

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> PrimitiveJob[PrimitiveResult[PubResult]]:
        """Estimate observables, broadcast against parameter values as NumPy does.

        Raises:
            ArgumentError: a precision that is no finite number of at least 0, a complex
                coefficient, or measurements before the end of a circuit.
            ValueError, TypeError: pubs that Qiskit itself refuses.
        """
        wanted = self._precision if precision is None else real("precision", precision, 0.0)
        coerced = [EstimatorPub.coerce(pub, wanted) for pub in pubs]
        for pub in coerced:
            real("precision", pub.precision, 0.0)
            for observable in np.asarray(pub.observables).flat:
                _check_hermitian(observable)
        work = [(pub, unmeasured(pub.circuit, "an estimator takes no outcomes")) for pub in coerced]
        job: PrimitiveJob[PrimitiveResult[PubResult]] = PrimitiveJob(self._run, work)
        job._submit()
        return job

    def _run(self, work: list[tuple[EstimatorPub, QuantumCircuit]]) -> PrimitiveResult[PubResult]:
        return PrimitiveResult([self._run_pub(*w) for w in work], metadata={"version": 2})

    def _run_pub(self, pub: EstimatorPub, circuit: QuantumCircuit) -> PubResult:
        sweep = self._simulator.sweep(circuit, _rows(pub), sampled=False)
        indices = np.arange(sweep.bindings).reshape(pub.parameter_values.shape)
        indices, observables = np.broadcast_arrays(indices, np.asarray(pub.observables))
        wanted, flat = np.ravel(indices), [dict(o) for o in observables.flat]
        evs = np.empty(len(wanted))
        for binding in range(sweep.bindings):
            places = np.flatnonzero(wanted == binding)
            if len(places):
                evs[places] = sweep.values(binding, [flat[k] for k in places])
        if pub.precision:
            evs = np.random.default_rng(self._seed).normal(evs, pub.precision)
        found = evs.reshape(indices.shape)
        stds = np.full(found.shape, float(pub.precision))
        data = DataBin(evs=found, stds=stds, shape=found.shape)
        told = {"target_precision": pub.precision, "circuit_metadata": pub.circuit.metadata}
        return PubResult(data, metadata=told | _account(sweep.report(), self._simulator.ideal))


def _rows(pub: SamplerPub | EstimatorPub) -> Array:
    """Return the parameter values of a pub as (bindings, parameters)."""
    values = pub.parameter_values.as_array(pub.circuit.parameters)
    return values.reshape(pub.parameter_values.size, pub.circuit.num_parameters)


def _account(report: SimulationReport, ideal: bool) -> dict[str, SimulationReport]:
    """Return the metadata of a simulation that is noisy or not exact."""
    exact = ideal and report.discarded <= LOSSLESS and abs(report.trace - 1.0) <= LOSSLESS
    return {} if exact else {"simulation": report}


def _registers(circuit: QuantumCircuit, bits: Array) -> dict[str, BitArray]:
    """Split bit columns (…, shots, clbits) by classical register."""
    place = {bit: k for k, bit in enumerate(circuit.clbits)}
    return {
        register.name: BitArray.from_bool_array(
            bits[..., [place[bit] for bit in register]], order="little"
        )
        for register in circuit.cregs
    }


def _check_registers(circuit: QuantumCircuit) -> None:
    for register in circuit.cregs:
        if register.name in RESERVED or register.name.startswith("_"):
            raise ArgumentError(
                f"Circuit {circuit.name!r} has a classical register named {register.name!r}, which "
                "no result can hold under that name. Rename it."
            )


def _check_hermitian(observable: Mapping[str, complex]) -> None:
    for label, coefficient in observable.items():
        if abs(np.imag(coefficient)) > 1e-12 * max(1.0, abs(np.real(coefficient))):
            raise fail("observables", "Hermitian (real coefficients)", {label: coefficient})


def _checked_seed(seed: Any) -> SeedLike:
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool) and seed >= 0
    if seed is None or whole or isinstance(seed, np.random.Generator):
        return seed
    raise fail("seed", "an integer of at least 0, a numpy Generator or None", seed)
