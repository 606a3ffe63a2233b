"""Circuits from their end: which gates make up its last layers, and which an observable sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction

from qtn._checks import fail
from qtn.devices.measurements import unmeasured
from qtn.interop.circuits import gate_list, read_circuit
from qtn.interop.unitary import with_unitary_gates

TAKEN_APART = 8  # levels of definitions


def bare_circuit(circuit: object, need: str) -> QuantumCircuit:
    """Return gates on at most two qubits alone: no measurements at the end, no barriers.

    Args:
        circuit: as in `qtn.run`.
        need: who cannot take measurements before the end, for the message.

    Raises:
        ArgumentError: no circuit, free parameters, operations that are not unitary.
    """
    bare = with_unitary_gates(unmeasured(read_circuit(circuit), need))
    gate_list(bare, own=False)  # refuses free parameters and what is not unitary
    out = bare.copy_empty_like()
    out._layout = None
    for _ in range(TAKEN_APART):
        wide = {i.operation.name for i in bare.data if _is_wide(i)}
        if not wide:
            break
        bare = bare.decompose(sorted(wide))
    for instruction in bare.data:
        if instruction.operation.name == "barrier" or instruction.operation.name == "delay":
            continue
        if _is_wide(instruction):
            raise fail(
                "circuit", "of gates on one or two qubits", instruction.operation.name,
                "Transpile it to such gates first.",
            )  # fmt: skip
        out.append(instruction)
    return out


def levels_from_end(circuit: QuantumCircuit) -> list[int]:
    """Return for every gate the layer of two-qubit gates that it belongs to, the last being 1.

    Taking away all gates up to some layer leaves a circuit that ends earlier. A one-qubit gate goes
    with the two-qubit gate before it.

    Example:
        >>> circuit = QuantumCircuit(3)
        >>> _ = circuit.cx(0, 1); _ = circuit.h(1); _ = circuit.cx(1, 2); _ = circuit.h(0)
        >>> levels_from_end(circuit)
        [2, 2, 1, 1]
    """
    depth = dict.fromkeys(circuit.qubits, 0)
    levels = []
    for instruction in reversed(circuit.data):
        level = 1 + max((depth[q] for q in instruction.qubits), default=0)
        levels.append(level)
        if len(instruction.qubits) == 2:
            depth.update(dict.fromkeys(instruction.qubits, level))
    return levels[::-1]


def seen_by(
    circuit: QuantumCircuit,
    qubits: Iterable[int],
    gates: Sequence[CircuitInstruction] | None = None,
) -> list[bool]:
    """Return for every gate whether a value on these qubits at the end depends on it.

    Args:
        circuit: whose qubits these are.
        qubits: of the value.
        gates: in the order of time; None takes those of the circuit.

    Example:
        >>> circuit = QuantumCircuit(3); _ = circuit.cx(0, 1); _ = circuit.cx(1, 2)
        >>> seen_by(circuit, [0]), seen_by(circuit, [2])
        ([True, False], [True, True])
    """
    cone = {circuit.qubits[q] for q in qubits}
    seen = []
    for instruction in reversed(circuit.data if gates is None else gates):
        inside = not cone.isdisjoint(instruction.qubits)
        seen.append(inside)
        if inside:
            cone.update(instruction.qubits)
    return seen[::-1]


def with_gates(circuit: QuantumCircuit, kept: Sequence[bool]) -> QuantumCircuit:
    """Return the circuit with a part of its gates."""
    out = circuit.copy_empty_like()
    for instruction, stays in zip(circuit.data, kept, strict=True):
        if stays:
            out.append(instruction)
    return out


def _is_wide(instruction: CircuitInstruction) -> bool:
    return len(instruction.qubits) > 2 and instruction.operation.name != "barrier"
