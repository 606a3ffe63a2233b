"""Noiseless circuits as pure matrix product states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Instruction

from qtn._machine import few_threads, suited
from qtn.devices.tensor.bindings import binding_matrices
from qtn.devices.tensor.channels import ChannelTable, NoisyCircuit, noisy_circuit, unitary_matrix
from qtn.devices.tensor.ordering import cheapest_order
from qtn.devices.tensor.sweep import Prefixes, SimulationReport, at_rest
from qtn.errors import DeviceError
from qtn.states.kernels.circuit import Gate, apply_gates
from qtn.states.kernels.expectation import product_sum
from qtn.states.kernels.gauge import split_left, split_right
from qtn.states.kernels.sample import sample_prefixes
from qtn.states.operators import FACTORS

__all__ = ["Chain", "PureSimulator", "PureSweep", "UnitaryTable"]

Array = NDArray[Any]


class UnitaryTable(ChannelTable):
    """Gates as unitary matrices; of a noise model only the readout errors."""

    def __init__(self, noise: ChannelTable) -> None:
        super().__init__(None)
        self._noise = noise

    @property
    def has_readout(self) -> bool:
        """Whether any readout error is known."""
        return self._noise.has_readout

    def readout(self, qubit: int) -> Array:
        """Return the readout matrix [read, true] of a qubit."""
        return self._noise.readout(qubit)

    def order(self, qubits: Sequence[int], pairs: Sequence[tuple[int, int]]) -> tuple[int, ...]:
        """Return the chain of the qubits that a circuit acts on."""
        return cheapest_order(qubits, pairs)

    def gate(self, operation: Instruction) -> Array:
        """Return the unitary matrix of a gate on one or two qubits."""
        if operation.name == "delay":
            return np.eye(2)
        if operation.num_qubits > 2 or operation.num_clbits:
            raise DeviceError(
                f"The tensor engine takes gates on one or two qubits, but the circuit holds "
                f'{operation.name!r} on {operation.num_qubits}. Take device="aer".'
            )
        return unitary_matrix(operation)

    def rotations(self, name: str, angles: Array) -> Array:
        """Return the matrices of RX, RY, RZ or phase gates, one per angle."""
        cos, sin = np.cos(angles / 2), np.sin(angles / 2)
        if name in ("rx", "ry"):
            out = np.empty((len(angles), 2, 2), dtype=complex if name == "rx" else float)
            out[:, 0, 0] = out[:, 1, 1] = cos
            out[:, 0, 1] = out[:, 1, 0] = sin * (-1j if name == "rx" else 1.0)
            if name == "ry":
                out[:, 0, 1] *= -1.0
            return out
        out = np.zeros((len(angles), 2, 2), dtype=complex)
        out[:, 0, 0], out[:, 1, 1] = cos - 1j * sin, cos + 1j * sin
        return out


@dataclass(frozen=True, slots=True)
class Chain:
    """A normalised state with its centre, and what was lost on the way to it."""

    tensors: tuple[Array, ...]
    discarded: float = 0.0
    max_bond: int = 1
    trace: float = 1.0
    center: int = 0

    @classmethod
    def zeros(cls, n: int) -> Chain:
        """Return |0…0> on `n` sites."""
        return cls((np.array([1.0, 0.0]).reshape(1, 2, 1),) * n)

    def moved(self, site: int) -> Chain:
        """Return the same state with its centre at `site`."""
        if site == self.center:
            return self
        tensors = list(self.tensors)
        with few_threads(suited(self.max_bond)):
            for k in range(self.center, site):
                tensors[k], rest = split_left(tensors[k])
                tensors[k + 1] = np.tensordot(rest, tensors[k + 1], 1)
            for k in range(self.center, site, -1):
                rest, tensors[k] = split_right(tensors[k])
                tensors[k - 1] = np.tensordot(tensors[k - 1], rest, 1)
        return replace(self, tensors=tuple(tensors), center=site)


class PureSimulator:
    """Turns circuits into matrix product states and remembers shared prefixes."""

    def __init__(self, noise: ChannelTable, max_bond: int | None, cutoff: float) -> None:
        self.table = UnitaryTable(noise)
        self.max_bond = max_bond
        self.cutoff = cutoff
        self.prefix = Prefixes(self._prefix)

    def _prefix(self, plan: NoisyCircuit) -> Chain:
        return self.advance(Chain.zeros(plan.n), plan.prefix).moved(0)

    def advance(self, state: Chain, gates: Sequence[Gate]) -> Chain:
        """Apply gates with this simulator's truncation."""
        if not gates:
            return state
        if not any(np.iscomplexobj(m) and m.imag.any() for _, m in gates):
            gates = [(sites, m.real) for sites, m in gates]  # a real state stays real
        build = apply_gates(
            state.tensors,
            gates,
            center=state.center,
            max_bond=self.max_bond,
            cutoff=self.cutoff,
        )
        tensors = list(build.tensors)
        norm = float(np.linalg.norm(tensors[build.center]))
        tensors[build.center] = tensors[build.center] / norm
        return Chain(
            tuple(tensors),
            state.discarded + float(build.discarded.sum()),
            max(state.max_bond, build.max_bond),
            state.trace * norm**2,
            build.center,
        )


class PureSweep:
    """The bindings of one circuit: a state, and one-qubit gates that end it, per binding."""

    def __init__(self, simulator: PureSimulator, circuit: QuantumCircuit, values: Array) -> None:
        self.simulator = simulator
        self.plan = noisy_circuit(circuit, simulator.table)
        self.clbits = circuit.num_clbits
        self.shared = self.last = simulator.prefix(self.plan)
        self.bindings = len(values)
        self.matrices = binding_matrices(self.plan, simulator.table, circuit.parameters, values)
        self.local = all(len(step.sites) == 1 for step in self.plan.suffix)

    def state(self, binding: int) -> tuple[Array, ...]:
        """Return the tensors after all gates, their centre at site 0."""
        steps = zip(self.plan.suffix, self.matrices, strict=True)
        gates = [(s.sites, m[binding if len(m) > 1 else 0]) for s, m in steps]
        if not self.local:
            self.last = self.simulator.advance(self.shared, gates).moved(0)
            return self.last.tensors
        tensors = list(self.shared.tensors)
        for (site,), matrix in gates:
            tensors[site] = np.matmul(matrix, tensors[site])
        return tuple(tensors)

    def sample(self, binding: int, shots: int, rng: np.random.Generator) -> Array:
        """Return classical bits, bool (shots, clbits)."""
        bits = np.zeros((shots, self.clbits), dtype=bool)
        if not self.plan.measured:
            return bits
        last = max(site for site, _ in self.plan.measured)
        table = sample_prefixes(self.state(binding)[: last + 1], shots, rng)
        for site, clbit in self.plan.measured:
            column, confusion = table[:, site].astype(bool), self.plan.confusion[site]
            if confusion[0, 1] or confusion[1, 0]:
                column = rng.random(shots) < confusion[1, column.astype(int)]
            bits[:, clbit] = column
        return bits

    def values(self, binding: int, observables: Sequence[Mapping[str, float]]) -> Array:
        """Return expectation values of sums of labels."""
        labels = list(dict.fromkeys(label for o in observables for label in o))
        outside = np.array([at_rest(label, self.plan.qubits) for label in labels])
        operators = []
        for label in labels:
            letters = label[::-1]
            placed = ((site, letters[q]) for site, q in enumerate(self.plan.qubits))
            operators.append({site: FACTORS[x] for site, x in placed if x != "I"})
        found = outside * np.real(product_sum(self.state(binding), operators, center=0))
        known = dict(zip(labels, found, strict=True))
        return np.array([sum(c * known[label] for label, c in o.items()) for o in observables])

    def report(self) -> SimulationReport:
        """Return the error account of the last state."""
        state = self.last
        return SimulationReport(self.plan.n, state.max_bond, state.discarded, state.trace)
