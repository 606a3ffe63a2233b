"""A backend simulated with its noise: on its active qubits alone, by the cheapest method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit.providers import BackendV2
from qiskit_aer.noise import NoiseModel

from qtn.devices.engines.aer import aer_sample, bond_bound
from qtn.devices.engines.base import Engine, Pub, sampler_bits
from qtn.devices.engines.gpu import CPU, Aer, refuse_missing
from qtn.devices.engines.portions import PartialShots, in_portions
from qtn.devices.measurements import has_mid_circuit
from qtn.devices.placement.cutting import (
    active_qubits,
    cut_circuit,
    cut_noise_model,
    cut_target,
)
from qtn.devices.placement.layout import is_line
from qtn.devices.tensor.forecast import tensor_seconds
from qtn.devices.tensor.reported import Noise, ReportedChannels
from qtn.errors import DeviceError

__all__ = ["SimulatedEngine", "predicted_seconds"]


class Rates(NamedTuple):
    """Seconds: of setting up; of a gate, per number of a density matrix or state and besides."""

    setup: float
    density: float
    density_gate: float
    state: float
    state_gate: float


# measured on one 2020s core; only their ratios matter
ON_CPU = Rates(6e-2, 5.5e-9, 4e-5, 6e-9, 4e-6)
# fitted on one H100: all shots of a gate at once
ON_GPU = Rates(0.3, 2e-11, 2e-5, 2e-11, 2e-7)
METHODS = ("tensor", "density_matrix", "statevector")
DENSITY_SHOT = 3e-6
LONGEST = 1e5  # seconds; a forecast beyond them says that chains do not hold the circuit
CHAIN_OVERHEAD = 7e-5


class SimulatedEngine(Engine):
    """Noisy simulation of a backend from its own description (errors, T1, T2, readout)."""

    batch = 128

    def __init__(self, backend: BackendV2, engine: str = "auto", aer: Aer = CPU) -> None:
        super().__init__(str(backend.name), backend.target)
        refuse_missing(str(backend.name), aer)
        self._backend = backend
        self._engine = engine
        self._aer = aer
        self.options = aer.options
        self._noise: dict[tuple[int, ...], NoiseModel] = {}
        self._channels: dict[tuple[int, ...], Noise] = {}
        self._samplers: dict[int, Any] = {}

    def noise(self, active: tuple[int, ...]) -> NoiseModel:
        """Return Aer's noise model on the active qubits (renumbered), built once."""
        if active not in self._noise:
            self._noise[active] = cut_noise_model(self._backend, active)
        return self._noise[active]

    def channels(self, active: tuple[int, ...]) -> Noise:
        """Return the noise on the active qubits (renumbered) for the tensor network, built once."""
        if active not in self._channels:
            self._channels[active] = ReportedChannels(cut_target(self._backend.target, active))
        return self._channels[active]

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[BitArray], str]:
        groups: dict[tuple[tuple[int, ...], str], list[int]] = {}
        small: list[Pub] = []
        ways: dict[str, None] = {}
        for k, pub in enumerate(pubs):
            active = self._active(pub.circuit)
            small.append(Pub(cut_circuit(pub.circuit, active), pub.values))
            method, why = self._choose(small[k].circuit, shots, pub.bindings)
            groups.setdefault((active, method), []).append(k)
            ways[f"{'tensor network' if method == 'tensor' else f'Aer {method}'}: {why}"] = None
        bits: dict[int, BitArray] = {}
        for (active, method), members in groups.items():
            stream = (seed + 7919 * members[0]) % 2**31
            part = [small[k] for k in members]
            try:
                found = self._simulate(part, active, method, shots, stream)
            except DeviceError as refused:
                other = self._instead(part, method, shots)
                if other is None:
                    raise
                ways[f"Aer {other}: {refused}"] = None
                found = self._simulate(part, active, other, shots, stream)
            except PartialShots as stop:
                if len(groups) > 1:
                    raise KeyboardInterrupt from None
                stop.how = "; ".join(ways)
                raise
            bits.update(zip(members, found, strict=True))
        return [bits[k] for k in range(len(pubs))], "; ".join(ways)

    def _instead(self, pubs: list[Pub], method: str, shots: int) -> str | None:
        """Return Aer's cheapest method where the tensor network refused a noise model.

        It takes no errors on three qubits and no readout errors that go together.
        """
        if method != "tensor" or self._engine != "auto":
            return None
        total: dict[str, float] = {}
        for pub in pubs:
            for name, seconds in self._costs(pub.circuit, shots, pub.bindings).items():
                total[name] = total.get(name, 0.0) + seconds
        total.pop("tensor")
        return min(total, key=lambda name: total[name]) if total else "matrix_product_state"

    def predicted(self, pubs: Sequence[Pub], shots: int) -> float | None:
        seconds = 0.0
        for pub in pubs:
            active = self._active(pub.circuit)
            costs = self._costs(cut_circuit(pub.circuit, active), shots, pub.bindings)
            seconds += min(costs.values())
        return seconds

    def _active(self, circuit: QuantumCircuit) -> tuple[int, ...]:
        """Return the qubits that are simulated."""
        return active_qubits(circuit)

    def _simulate(
        self, pubs: list[Pub], active: tuple[int, ...], method: str, shots: int, seed: int
    ) -> list[BitArray]:
        if method == "tensor":
            from qtn.devices.tensor.primitives import TensorSampler, reseeded

            channels = self.channels(active)
            if id(channels) not in self._samplers:  # reading a model takes a tenth of a second
                self._samplers[id(channels)] = TensorSampler(noise_model=channels)
            return sampler_bits(reseeded(self._samplers[id(channels)], seed), pubs, shots)
        noise = self.noise(active)
        simulator, seconds = self._aer.simulator(method), 0.0
        if method != "density_matrix" and not self._aer.gpu:
            costs = (self._costs(pub.circuit, shots, pub.bindings) for pub in pubs)
            seconds = sum(cost.get(method, 0.0) for cost in costs)
        return in_portions(
            lambda count, stream: aer_sample(simulator, pubs, count, stream, noise),
            *(shots, seed, seconds),
        )

    def _choose(self, circuit: QuantumCircuit, shots: int, bindings: int) -> tuple[str, str]:
        if self._aer.method is not None:
            return self._aer.method, "asked for"
        if self._engine in METHODS:
            return self._engine, "asked for"
        costs = self._costs(circuit, shots, bindings)
        method = min(costs, key=lambda m: costs[m])
        rest = ", ".join(f"{m} {s:.2g} s" for m, s in sorted(costs.items()) if m != method)
        where = "GPU, " if self._aer.gpu else ""
        why = f"{where}{circuit.num_qubits} active qubits, predicted {costs[method]:.2g} s"
        return method, why + (f" ({rest})" if rest else "")

    def _costs(self, circuit: QuantumCircuit, shots: int, bindings: int) -> dict[str, float]:
        """Return the seconds of the methods that may run."""
        predicted = gpu_seconds if self._aer.gpu else predicted_seconds
        costs = predicted(circuit, shots, bindings, self._aer)
        if self._engine in METHODS:
            return {self._engine: costs.get(self._engine, LONGEST)}
        if self._engine == "aer" and len(costs) > 1:
            costs.pop("tensor", None)
        return costs


def gpu_seconds(circuit: QuantumCircuit, shots: int, bindings: int, aer: Aer) -> dict[str, float]:
    """Predict the time of the methods that run on a GPU, as `predicted_seconds` does.

    Raises:
        DeviceError: the circuit is too large for the GPU's memory.
    """
    costs = _dense_seconds(circuit, shots, bindings, aer, ON_GPU)
    if not costs:
        raise DeviceError(
            f"A noisy circuit of {circuit.num_qubits} active qubits does not fit the memory of the "
            f"GPU, which holds {aer.statevector_limit}. Take the device without gpu=True, which "
            "has chains as well."
        )
    return costs


def _dense_seconds(
    circuit: QuantumCircuit, shots: int, bindings: int, aer: Aer, rates: Rates
) -> dict[str, float]:
    """Predict the time of density matrices and of trajectories of state vectors."""
    n, gates = circuit.num_qubits, _gates(circuit)
    costs: dict[str, float] = {}
    if n <= aer.density_matrix_limit:
        binding = gates * (rates.density * 4.0**n + rates.density_gate) + shots * DENSITY_SHOT
        costs["density_matrix"] = rates.setup + bindings * binding
    if n <= aer.statevector_limit:
        step = rates.state * 2.0**n + rates.state_gate
        costs["statevector"] = rates.setup + bindings * shots * gates * step
    return costs


def _gates(circuit: QuantumCircuit) -> int:
    return sum(i.operation.name not in ("barrier", "measure", "delay") for i in circuit.data)


def predicted_seconds(
    circuit: QuantumCircuit, shots: int, bindings: int, aer: Aer = CPU
) -> dict[str, float]:
    r"""Predict the time of each usable method for a noisy circuit, in seconds.

    Density matrix: G 4^n per binding, then sampling. Trajectories: shots times G 2^n (and a fixed
    cost per gate), or shots times G \chi^3 as matrix product states on a line. Tensor network: see
    `qtn.devices.tensor.forecast`.
    """
    n, gates = circuit.num_qubits, _gates(circuit)
    costs = _dense_seconds(circuit, shots, bindings, aer, ON_CPU)
    if is_line(circuit) and not has_mid_circuit(circuit):
        pure = min(float(bond_bound(circuit)), 2.0 ** (n // 2))
        step = CHAIN_OVERHEAD + ON_CPU.state * pure**3
        costs["matrix_product_state"] = ON_CPU.setup + bindings * shots * gates * step
    tensor = tensor_seconds(circuit, shots, bindings)
    if tensor < LONGEST:
        costs["tensor"] = tensor
    if not costs:
        costs["matrix_product_state"] = bindings * shots * gates * 1e-4
    return costs
