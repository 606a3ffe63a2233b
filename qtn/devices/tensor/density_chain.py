"""Noisy circuits as density operators: real matrix product states in the Pauli basis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn.devices.tensor.bindings import binding_matrices
from qtn.devices.tensor.channels import NoisyCircuit, noisy_circuit
from qtn.devices.tensor.reported import Noise, channel_table
from qtn.devices.tensor.sweep import Prefixes, SimulationReport, at_rest
from qtn.states.kernels.circuit import Gate
from qtn.states.kernels.density import OUTCOMES, TRACE, DensityMPS, sample_forms

__all__ = ["DensitySimulator", "DensitySweep"]

Array = NDArray[Any]
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


class DensitySimulator:
    """Turns circuits into density operators and remembers shared prefixes."""

    def __init__(self, noise: Noise | None, max_bond: int | None, cutoff: float) -> None:
        self.table, self.passes, self.names = channel_table(noise)
        self.max_bond = max_bond
        self.cutoff = cutoff
        self.prefix = Prefixes(self._prefix)

    @property
    def ideal(self) -> bool:
        """Whether nothing but readout errors can happen."""
        return not self.passes and not self.table.has_errors

    def relaxed(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Return a circuit with its delays relaxed as the noise model says."""
        if self.passes and "delay" in circuit.count_ops():
            for noise_pass in self.passes:
                circuit = noise_pass(circuit)
        return circuit

    def plan(self, circuit: QuantumCircuit) -> NoisyCircuit:
        """Return the channels of a circuit, delays relaxed."""
        return noisy_circuit(self.relaxed(circuit), self.table)

    def _prefix(self, plan: NoisyCircuit) -> DensityMPS:
        return self.advance(DensityMPS.zeros(plan.n), plan.prefix)

    def advance(self, state: DensityMPS, gates: Iterable[Gate]) -> DensityMPS:
        """Apply channels with this simulator's truncation."""
        return state.apply(list(gates), max_bond=self.max_bond, cutoff=self.cutoff)


class DensitySweep:
    """The bindings of one circuit: a state and the forms that measure it, per binding."""

    def __init__(self, simulator: DensitySimulator, circuit: QuantumCircuit, values: Array) -> None:
        self.plan = simulator.plan(circuit)
        self.simulator = simulator
        self.clbits = circuit.num_clbits
        self.shared = self.last = simulator.prefix(self.plan)
        self.bindings = len(values)
        self.matrices = binding_matrices(self.plan, simulator.table, circuit.parameters, values)
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
        """Return the state on which the rotated forms act."""
        if not self.local:
            steps = zip(self.plan.suffix, self.matrices, strict=True)
            gates = [(s.sites, m[binding if len(m) > 1 else 0]) for s, m in steps]
            self.last = self.simulator.advance(self.shared, gates)
        return self.last

    def rotated(self, binding: int, forms: Array) -> Array:
        """Pull linear forms (sites, k, 4) back through the trailing one-qubit channels."""
        return forms if self.rotations is None else np.matmul(forms, self.rotations[binding])

    def sample(self, binding: int, shots: int, rng: np.random.Generator) -> Array:
        """Return classical bits, bool (shots, clbits)."""
        sites = [site for site, _ in self.plan.measured]
        columns = [clbit for _, clbit in self.plan.measured]
        forms = np.matmul(self.plan.confusion, OUTCOMES)
        silent = sorted(set(range(self.plan.n)) - set(sites))
        forms[silent] = np.stack([TRACE, np.zeros(4)])
        state = self.state(binding)
        table = sample_forms(state.tensors, self.rotated(binding, forms), shots, rng)
        bits = np.zeros((shots, self.clbits), dtype=bool)
        bits[:, columns] = table[:, sites]
        return bits

    def values(self, binding: int, observables: Sequence[Mapping[str, float]]) -> Array:
        """Return expectation values of sums of labels."""
        state = self.state(binding)
        norm = state.trace()
        out = np.zeros(len(observables))
        for k, observable in enumerate(observables):
            for label, coefficient in observable.items():
                outside = at_rest(label, self.plan.qubits)
                if outside:
                    letters = label[::-1]
                    forms = np.stack([LETTERS[letters[q]] for q in self.plan.qubits])[:, None]
                    value = state.contract(self.rotated(binding, forms)[:, 0])
                    out[k] += outside * coefficient * value / norm
        return out

    def report(self) -> SimulationReport:
        """Return the error account of the last state."""
        state = self.last
        return SimulationReport(
            state.n, state.max_bond, float(state.discarded.sum()), state.trace()
        )
