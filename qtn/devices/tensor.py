"""Qiskit primitives V2 on tensor networks: samples and expectation values at any width.

A noisy device is simulated by its density operator as a real matrix product state in the Pauli
basis (exact channels, no trajectories), a noiseless one by a matrix product state. What all
bindings of a circuit share, everything up to the last two-qubit gates, is simulated once; a
binding then costs its trailing one-qubit gates, which are absorbed into the measurement.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
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
from qiskit_aer.noise import NoiseModel

from qtn._checks import positive_int, real
from qtn._random import generator
from qtn.devices.noise import (
    ROTATIONS,
    ChannelTable,
    NoisyCircuit,
    gate_matrix,
    noisy_circuit,
    parameter_columns,
    rotation_matrices,
)
from qtn.errors import DeviceError
from qtn.states.circuit import Gate
from qtn.states.density import (
    OUTCOMES,
    TRACE,
    DensityMPS,
    sample_forms,
)

Array = NDArray[Any]
CACHED_PREFIXES = 8
MAX_SHOTS = 10**7


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """How well a simulation represented the circuit.

    Attributes:
        sites: Active qubits.
        max_bond: Largest bond dimension of the prefix.
        discarded: Sum of the relative squared weights that truncations lost.
        trace: Trace of the density operator before normalisation (1 when nothing was lost).
    """

    sites: int
    max_bond: int
    discarded: float
    trace: float


class _Simulator:
    """Turns circuits into density operators and remembers shared prefixes."""

    def __init__(
        self, noise_model: NoiseModel | None, backend: Any, max_bond: int | None, cutoff: float
    ) -> None:
        if noise_model is None and backend is not None:
            noise_model = NoiseModel.from_backend(backend)
        self.noise_model = noise_model
        self.table = ChannelTable(noise_model)
        self.max_bond = None if max_bond is None else positive_int("max_bond", max_bond)
        self.cutoff = real("cutoff", cutoff, 0.0, 1.0)
        self._known: OrderedDict[bytes, DensityMPS] = OrderedDict()

    def plan(self, circuit: QuantumCircuit) -> NoisyCircuit:
        """Return the channels of a circuit, delays relaxed as the noise model says."""
        passes = getattr(self.noise_model, "_custom_noise_passes", None)
        if passes and "delay" in circuit.count_ops():
            for noise_pass in passes:
                circuit = noise_pass(circuit)
        return noisy_circuit(circuit, self.table)

    def prefix(self, plan: NoisyCircuit) -> DensityMPS:
        """Return the state after the shared prefix, from memory if it was met before."""
        key = _digest(plan)
        if key not in self._known:
            start = DensityMPS.zeros(plan.n)
            self._known[key] = self.advance(start, plan.prefix)
            while len(self._known) > CACHED_PREFIXES:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def advance(self, state: DensityMPS, gates: Iterable[Gate]) -> DensityMPS:
        """Apply channels with this simulator's truncation."""
        return state.apply(list(gates), max_bond=self.max_bond, cutoff=self.cutoff)


def _digest(plan: NoisyCircuit) -> bytes:
    digest = hashlib.blake2b(str(plan.n).encode(), digest_size=16)
    for sites, matrix in plan.prefix:
        digest.update(repr(sites).encode())
        digest.update(np.ascontiguousarray(matrix).tobytes())
    return digest.digest()


def _binding_matrices(plan: NoisyCircuit, parameters: Any, values: Array) -> list[Array]:
    """Return the matrices of the suffix steps for all bindings, each (bindings or 1, d, d)."""
    out = []
    for step in plan.suffix:
        if step.operation is None:
            out.append(np.asarray(step.matrix)[None])
            continue
        columns = parameter_columns(step.operation, parameters, values)
        if step.operation.name in ROTATIONS:
            matrices = rotation_matrices(step.operation.name, columns[0])
        else:
            rows = zip(*columns, strict=True)
            matrices = np.stack([gate_matrix(_with_params(step.operation, r)) for r in rows])
        out.append(matrices if step.matrix is None else step.matrix @ matrices)
    return out


def _with_params(operation: Any, params: Iterable[float]) -> Any:
    bound = operation.to_mutable()
    bound.params = [float(p) for p in params]
    return bound


class _Sweep:
    """The bindings of one circuit: a state and the forms that measure it, per binding."""

    def __init__(self, simulator: _Simulator, circuit: QuantumCircuit, values: Array) -> None:
        self.plan = simulator.plan(circuit)
        self.simulator = simulator
        self.shared = simulator.prefix(self.plan)
        self.bindings = len(values)
        self.matrices = _binding_matrices(self.plan, circuit.parameters, values)
        self.local = all(len(step.sites) == 1 for step in self.plan.suffix)
        self.rotations = self._compose() if self.local else None

    def _compose(self) -> Array:
        """Multiply the trailing one-qubit channels: (bindings, sites, 4, 4)."""
        out = np.broadcast_to(np.eye(4), (self.bindings, self.plan.n, 4, 4)).copy()
        for step, matrices in zip(self.plan.suffix, self.matrices, strict=True):
            (site,) = step.sites
            out[:, site] = matrices @ out[:, site]
        return out

    def state(self, binding: int) -> DensityMPS:
        """Return the state on which `forms` or `rotated` act."""
        if self.local:
            return self.shared
        steps = zip(self.plan.suffix, self.matrices, strict=True)
        gates = [(s.sites, m[binding if len(m) > 1 else 0]) for s, m in steps]
        return self.simulator.advance(self.shared, gates)

    def rotated(self, binding: int, forms: Array) -> Array:
        """Pull linear forms (sites, k, 4) back through the trailing one-qubit channels."""
        return forms if self.rotations is None else np.matmul(forms, self.rotations[binding])

    def report(self, state: DensityMPS) -> SimulationReport:
        """Return the error account of a state."""
        return SimulationReport(
            state.n, state.max_bond, float(state.discarded.sum()), state.trace()
        )


class TensorSampler(BaseSamplerV2):
    """Sampler of circuits of any width, noiseless or with an Aer noise model.

    Each binding's counts are independent exact samples of the noisy distribution; the only error
    is the truncation of bonds, reported in the metadata of every result.

    Args:
        noise_model: Aer noise model with one- and two-qubit errors and one-qubit readout errors,
            in the qubit numbers of the circuits.
        backend: Take the noise model of this backend if none is given.
        max_bond: Upper limit of the bond dimensions; None for no limit.
        cutoff: Relative squared weight that one truncation may lose. The default keeps the error
            of a probability near 1e-5 for a few hundred noisy two-qubit gates.
        seed: Seed of the samples; the same calls in the same order give the same counts.
        default_shots: Shots when neither `run` nor the pub says.

    Raises:
        ArgumentError: For a bond, cutoff or number of shots out of range.
        DeviceError: For circuits or noise models that the engine cannot take.

    Cost:
        O(64 χ³) per two-qubit gate once per circuit, then O(n χ² u) per binding, u = number of
        different outcome prefixes, at most the shots.

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
        noise_model: NoiseModel | None = None,
        backend: Any = None,
        *,
        max_bond: int | None = None,
        cutoff: float = 1e-9,
        seed: int = 0,
        default_shots: int = 1024,
    ) -> None:
        self._simulator = _Simulator(noise_model, backend, max_bond, cutoff)
        self._rng = generator(seed, "tensor-sampler")
        self._shots = positive_int("default_shots", default_shots, maximum=MAX_SHOTS)

    def run(
        self, pubs: Iterable[SamplerPubLike], *, shots: int | None = None
    ) -> PrimitiveJob[PrimitiveResult[SamplerPubResult]]:
        """Sample circuits with final measurements; see `BaseSamplerV2.run`."""
        number = self._shots if shots is None else shots
        coerced = [SamplerPub.coerce(pub, number) for pub in pubs]
        for pub in coerced:
            positive_int("shots", pub.shots, maximum=MAX_SHOTS)
        job: PrimitiveJob[PrimitiveResult[SamplerPubResult]] = PrimitiveJob(self._run, coerced)
        job._submit()
        return job

    def _run(self, pubs: list[SamplerPub]) -> PrimitiveResult[SamplerPubResult]:
        return PrimitiveResult([self._run_pub(p) for p in pubs], metadata={"version": 2})

    def _run_pub(self, pub: SamplerPub) -> SamplerPubResult:
        values = pub.parameter_values.as_array(pub.circuit.parameters)
        shape = pub.parameter_values.shape
        sweep = _Sweep(self._simulator, pub.circuit, values.reshape(pub.parameter_values.size, -1))
        bits = np.zeros((sweep.bindings, pub.shots, len(pub.circuit.clbits)), dtype=bool)
        sites = [site for site, _ in sweep.plan.measured]
        columns = [clbit for _, clbit in sweep.plan.measured]
        forms = np.matmul(sweep.plan.confusion, OUTCOMES)
        silent = sorted(set(range(sweep.plan.n)) - set(sites))
        forms[silent] = np.stack([TRACE, np.zeros(4)])
        state = sweep.shared
        for binding in range(sweep.bindings):
            state = sweep.state(binding)
            table = sample_forms(state.tensors, sweep.rotated(binding, forms), pub.shots, self._rng)
            bits[binding][:, columns] = table[:, sites]
        bits = bits.reshape(*shape, *bits.shape[1:])
        return SamplerPubResult(
            DataBin(**_registers(pub.circuit, bits), shape=shape),
            metadata={
                "shots": pub.shots,
                "circuit_metadata": pub.circuit.metadata,
                "simulation": sweep.report(state),
            },
        )


def _registers(circuit: QuantumCircuit, bits: Array) -> dict[str, BitArray]:
    """Split bit columns (…, shots, clbits) by classical register."""
    place = {bit: k for k, bit in enumerate(circuit.clbits)}
    return {
        register.name: BitArray.from_bool_array(
            bits[..., [place[bit] for bit in register]], order="little"
        )
        for register in circuit.cregs
    }


class TensorEstimator(BaseEstimatorV2):
    """Expectation values of Pauli observables without shots, noiseless or noisy.

    The values are exact up to the truncation of bonds, so the standard error is zero; readout
    errors of the noise model are left out, as in Qiskit's estimators.

    Args:
        noise_model: As in `TensorSampler`.
        backend: Take the noise model of this backend if none is given.
        max_bond: Upper limit of the bond dimensions; None for no limit.
        cutoff: Relative squared weight that one truncation may lose.

    Example:
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> round(float(TensorEstimator().run([(bell, "ZZ")]).result()[0].data.evs), 12)
        1.0
    """

    def __init__(
        self,
        noise_model: NoiseModel | None = None,
        backend: Any = None,
        *,
        max_bond: int | None = None,
        cutoff: float = 1e-14,
    ) -> None:
        self._simulator = _Simulator(noise_model, backend, max_bond, cutoff)

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> PrimitiveJob[PrimitiveResult[PubResult]]:
        """Estimate observables; `precision` is accepted and always met (no sampling error)."""
        wanted = 0.0 if precision is None else real("precision", precision, 0.0)
        coerced = [EstimatorPub.coerce(pub, wanted) for pub in pubs]
        job: PrimitiveJob[PrimitiveResult[PubResult]] = PrimitiveJob(self._run, coerced)
        job._submit()
        return job

    def _run(self, pubs: list[EstimatorPub]) -> PrimitiveResult[PubResult]:
        return PrimitiveResult([self._run_pub(p) for p in pubs], metadata={"version": 2})

    def _run_pub(self, pub: EstimatorPub) -> PubResult:
        circuit = pub.circuit
        if "measure" in circuit.count_ops():
            raise DeviceError(
                "An estimator takes circuits without measurements. Remove them with "
                "circuit.remove_final_measurements()."
            )
        values = pub.parameter_values.as_array(circuit.parameters)
        sweep = _Sweep(self._simulator, circuit, values.reshape(pub.parameter_values.size, -1))
        indices = np.arange(sweep.bindings).reshape(pub.parameter_values.shape)
        indices, observables = np.broadcast_arrays(indices, np.asarray(pub.observables))
        result = np.empty(indices.shape)
        for place in np.ndindex(*indices.shape):
            result[place] = self._value(sweep, int(indices[place]), observables[place])
        state = sweep.shared
        data = DataBin(evs=result, stds=np.zeros_like(result), shape=result.shape)
        return PubResult(data, metadata={"simulation": sweep.report(state)})

    def _value(self, sweep: _Sweep, binding: int, observable: Any) -> float:
        state = sweep.state(binding)
        norm = state.trace()
        total = 0.0
        for label, coefficient in observable.items():
            forms, alive = _label_forms(label, sweep.plan.qubits)
            if alive:
                value = state.contract(sweep.rotated(binding, forms)[:, 0])
                total += alive * float(np.real(coefficient)) * value / norm
        return total


LETTERS = {
    "I": TRACE,
    "X": np.array([0, np.sqrt(2), 0, 0]),
    "Y": np.array([0, 0, np.sqrt(2), 0]),
    "Z": np.array([0, 0, 0, np.sqrt(2)]),
    "0": OUTCOMES[0],
    "1": OUTCOMES[1],
    "+": np.array([1, 1, 0, 0]) / np.sqrt(2),
    "-": np.array([1, -1, 0, 0]) / np.sqrt(2),
    "r": np.array([1, 0, 1, 0]) / np.sqrt(2),
    "l": np.array([1, 0, -1, 0]) / np.sqrt(2),
}
IDLE_VALUE = {"I": 1.0, "Z": 1.0, "0": 1.0, "+": 0.5, "-": 0.5, "r": 0.5, "l": 0.5}


def _label_forms(label: str, qubits: tuple[int, ...]) -> tuple[Array, float]:
    """Return forms (sites, 1, 4) of a label, and its value on the qubits outside the chain."""
    letters = label[::-1]
    forms = np.stack([LETTERS[letters[q]] for q in qubits])[:, None]
    idle = set(range(len(letters))).difference(qubits)
    outside = np.prod([IDLE_VALUE.get(letters[q], 0.0) for q in idle])
    return forms, float(outside)
