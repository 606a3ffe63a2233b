"""Cutting a device down to the qubits that a circuit uses: circuit, target and noise model."""

from __future__ import annotations

import warnings
from typing import Any

from qiskit import QuantumCircuit, QuantumRegister
from qiskit.circuit import Barrier, CircuitInstruction
from qiskit.providers import BackendV2, Options
from qiskit.transpiler import Target
from qiskit_aer.noise import NoiseModel

__all__ = ["Description", "active_qubits", "cut_circuit", "cut_noise_model", "cut_target"]


def active_qubits(circuit: QuantumCircuit) -> tuple[int, ...]:
    """Return the qubits that any instruction except barriers and delays acts on, ascending."""
    idle = ("barrier", "delay")
    used = {q for i in circuit.data if i.operation.name not in idle for q in i.qubits}
    return tuple(sorted(circuit.find_bit(q).index for q in used))


def cut_circuit(circuit: QuantumCircuit, active: tuple[int, ...]) -> QuantumCircuit:
    """Return the circuit on the active qubits alone, renumbered 0, 1, ... in their order."""
    register = QuantumRegister(len(active), "q")
    new = {circuit.qubits[old]: register[k] for k, old in enumerate(active)}
    small = QuantumCircuit(register, metadata=circuit.metadata)
    small.add_bits(circuit.clbits)  # first, so that every bit keeps its place
    for bits in circuit.cregs:
        small.add_register(bits)
    for instruction in circuit.data:
        qubits = [new[q] for q in instruction.qubits if q in new]
        operation = instruction.operation
        if operation.name == "barrier":
            operation = Barrier(len(qubits))
        if len(qubits) == operation.num_qubits and qubits:
            small._append(CircuitInstruction(operation, qubits, instruction.clbits))
    small.global_phase = circuit.global_phase
    return small


def cut_target(target: Target, active: tuple[int, ...]) -> Target:
    """Return the target restricted to the active qubits, renumbered."""
    new = {old: k for k, old in enumerate(active)}
    properties = target.qubit_properties
    small = Target(
        num_qubits=len(active),
        dt=target.dt,
        qubit_properties=[properties[q] for q in active] if properties else None,
    )
    for name in target.operation_names:
        entries = target[name]
        operation = target.operation_from_name(name)
        if isinstance(operation, type) or not entries or None in entries:
            continue
        kept = {
            tuple(new[q] for q in qubits): entry
            for qubits, entry in entries.items()
            if all(q in new for q in qubits)
        }
        if kept:
            small.add_instruction(operation, kept, name=name)
    return small


def cut_noise_model(backend: BackendV2, active: tuple[int, ...]) -> NoiseModel:
    """Build Aer's noise model of a backend for the active qubits alone, renumbered.

    It has the errors that `NoiseModel.from_backend(backend)` has on these qubits; building it
    takes a time proportional to the active qubits instead of the device's.
    """
    small = Description(cut_target(backend.target, active))
    with warnings.catch_warnings():
        # a backend without T1/T2 data gets a model without relaxation, as its own would be
        warnings.simplefilter("ignore", UserWarning)
        return NoiseModel.from_backend(small)


class Description(BackendV2):
    """A backend that only describes: Aer reads noise from it, nothing runs on it.

    Args:
        target: gates, couplings and errors.
        name: to print.
    """

    def __init__(self, target: Target, name: str = "active-qubits") -> None:
        super().__init__(name=name)
        self._target = target

    @property
    def target(self) -> Target:
        return self._target

    @property
    def max_circuits(self) -> None:
        return None

    @classmethod
    def _default_options(cls) -> Options:
        return Options()

    def run(self, run_input: Any, **options: Any) -> Any:
        raise NotImplementedError("this backend describes noise and runs nothing")
