"""A native circuit with the noise of its layers, in the order of time.

The instructions are sorted into layers (`layers_of`): one-qubit gates, then the noise of the layer,
then its two-qubit gates. Instructions of one qubit keep their order, so the circuit is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction

from qtn.errors import ArgumentError
from qtn.interop.circuits import operation_matrix
from qtn.interop.counting import is_two_qubit
from qtn.mitigation.noise_forms.layers import LayerNoise, Term, levels
from qtn.mitigation.noise_forms.sides import gate_terms
from qtn.mitigation.values.pauli_noise import PauliNoise, key_of

NoiseLike = PauliNoise | LayerNoise
SKIPPED = ("barrier", "delay")


@dataclass(frozen=True, slots=True, eq=False)
class GateStep:
    """A gate: device qubits, the first least significant, and its matrix."""

    qubits: tuple[int, ...]
    matrix: NDArray[np.complex128]


@dataclass(frozen=True, slots=True, eq=False)
class NoiseStep:
    """The noise of one layer: rates by Pauli string."""

    terms: dict[Term, float]


def noisy_steps(circuit: QuantumCircuit, noise: NoiseLike) -> list[GateStep | NoiseStep]:
    """Return the gates of a circuit and the noise before each layer of two-qubit gates.

    Args:
        circuit: native gates without measurements.
        noise: a model of its gates or layers.

    Raises:
        ArgumentError: a gate on more than two qubits or without a matrix, or one, or a layer, that
            the model does not hold.

    Cost: one pass.
    """
    found: list[GateStep | NoiseStep] = []
    for singles, pairs in _layers(circuit):
        found += [_gate(circuit, one) for one in singles]
        terms = _terms(circuit, pairs, noise)
        if terms:
            found.append(NoiseStep(terms))
        found += [_gate(circuit, one) for one in pairs]
    return found


def touched(steps: Sequence[GateStep | NoiseStep]) -> tuple[int, ...]:
    """Return the device qubits of all gates and terms, ascending."""
    qubits: set[int] = set()
    for step in steps:
        if isinstance(step, GateStep):
            qubits |= set(step.qubits)
        else:
            qubits |= {q for term in step.terms for q, _ in term}
    return tuple(sorted(qubits))


def in_cone(
    steps: Sequence[GateStep | NoiseStep], qubits: Iterable[int]
) -> list[GateStep | NoiseStep]:
    """Return the steps that decide what an observable becomes when their noise is undone in it.

    Taken back to the start, the observable reaches the qubits of its light cone. What the inverse
    noise adds there is carried forwards to the end again, so that gates outside the cone matter,
    but only where they touch what is carried.

    Args:
        steps: gates and noise in the order of time.
        qubits: those of the observable.

    Cost: two passes.

    Example:
        >>> pairs = [(2, 3), (0, 1), (1, 2), (4, 5)]
        >>> [step.qubits for step in in_cone([GateStep(p, np.eye(4)) for p in pairs], [0])]
        [(0, 1), (1, 2)]
    """
    reached = set(qubits)
    for step in reversed(steps):
        if isinstance(step, GateStep) and not reached.isdisjoint(step.qubits):
            reached |= set(step.qubits)
    found: list[GateStep | NoiseStep] = []
    for step in steps:
        if isinstance(step, NoiseStep):
            own = {t: r for t, r in step.terms.items() if not reached.isdisjoint(q for q, _ in t)}
            found += [NoiseStep(own)] if own else []
        elif not reached.isdisjoint(step.qubits):
            reached |= set(step.qubits)
            found.append(step)
    return found


def _layers(
    circuit: QuantumCircuit,
) -> Iterator[tuple[list[CircuitInstruction], list[CircuitInstruction]]]:
    by_level: dict[int, tuple[list[CircuitInstruction], list[CircuitInstruction]]] = {}
    for instruction, level in zip(circuit.data, levels(circuit), strict=True):
        if instruction.operation.name in SKIPPED:
            continue
        singles, pairs = by_level.setdefault(level, ([], []))
        (pairs if is_two_qubit(instruction) else singles).append(instruction)
    for level in sorted(by_level):
        yield by_level[level]


def _terms(
    circuit: QuantumCircuit, pairs: list[CircuitInstruction], noise: NoiseLike
) -> dict[Term, float]:
    gates = [key_of(circuit, one) for one in pairs]
    if isinstance(noise, LayerNoise):
        return dict(noise.of(gates).terms) if gates else {}
    terms: dict[Term, float] = {}
    for gate in gates:
        terms |= gate_terms(noise, gate)
    return terms


def _gate(circuit: QuantumCircuit, instruction: CircuitInstruction) -> GateStep:
    operation: Any = instruction.operation
    qubits = tuple(circuit.find_bit(q).index for q in instruction.qubits)
    if len(qubits) > 2 or instruction.clbits or operation.name == "reset":
        raise ArgumentError(
            f"The noise of `{operation.name}` on {len(qubits)} qubits cannot be absorbed. Give a "
            "circuit of one- and two-qubit gates without measurements and resets."
        )
    return GateStep(qubits, operation_matrix(operation))
