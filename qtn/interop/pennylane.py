"""Circuits to PennyLane and back: qubit i is wire i, gates one for one, never a detour by QASM.

PennyLane numbers the digits of a matrix from the first listed wire (most significant), Qiskit from
the last listed qubit; where a gate goes over as a matrix, its wires are therefore reversed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import ParameterExpression
from qiskit.quantum_info import Operator

from qtn._optional import require
from qtn.errors import ArgumentError
from qtn.interop.observables import pauli_operator, products_of
from qtn.interop.unitary import nearest_unitary, with_unitary_gates

__all__ = ["from_pennylane", "operator_to_pennylane", "to_pennylane"]

# Qiskit's name -> PennyLane's, for gates whose parameters mean the same in the same order
SAME = {
    "id": "Identity",
    "x": "PauliX",
    "y": "PauliY",
    "z": "PauliZ",
    "h": "Hadamard",
    "s": "S",
    "t": "T",
    "sx": "SX",
    "rx": "RX",
    "ry": "RY",
    "rz": "RZ",
    "p": "PhaseShift",
    "u": "U3",
    "cx": "CNOT",
    "cy": "CY",
    "cz": "CZ",
    "swap": "SWAP",
    "iswap": "ISWAP",
    "ch": "CH",
    "rxx": "IsingXX",
    "ryy": "IsingYY",
    "rzz": "IsingZZ",
    "cp": "ControlledPhaseShift",
    "crx": "CRX",
    "cry": "CRY",
    "crz": "CRZ",
    "ccx": "Toffoli",
    "cswap": "CSWAP",
}
BACK = {theirs: ours for ours, theirs in SAME.items()}


def to_pennylane(circuit: QuantumCircuit) -> Callable[..., None]:
    """Turn a circuit into a quantum function, to be called inside a QNode of any device.

    Args:
        circuit: gates and barriers; measurements are left to the QNode.

    Returns:
        `apply(values=())`: queues the gates on wires 0..n-1. `values` are those of
        `circuit.parameters` in their order, numbers or trainable tensors of any interface.

    Raises:
        ArgumentError: the circuit has mid-circuit operations, or `values` do not fit.
        MissingExtraError: PennyLane is not installed.

    Cost: one PennyLane operation per gate.

    Example:
        >>> import pennylane as qml
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> apply = to_pennylane(bell)
        >>> @qml.qnode(qml.device("default.qubit", wires=2))
        ... def correlation():
        ...     apply()
        ...     return qml.expval(qml.Z(0) @ qml.Z(1))
        >>> round(float(correlation()), 6)
        1.0
    """
    qml = require("pennylane", "pennylane")
    circuit = with_unitary_gates(circuit)
    position = {p: k for k, p in enumerate(circuit.parameters)}
    for instruction in circuit.data:
        if instruction.clbits or instruction.operation.name == "reset":
            if instruction.operation.name == "measure" and _is_last(circuit, instruction):
                continue
            raise ArgumentError(
                f"Argument `circuit` has the operation {instruction.operation.name!r} in its "
                "middle, which a quantum function cannot hold. Give a circuit of gates."
            )

    def apply(values: Sequence[Any] = ()) -> None:
        if len(values) != len(position):
            raise ArgumentError(
                f"Argument `values` must have {len(position)} entries, one per parameter of the "
                f"circuit, but has {len(values)}."
            )
        if isinstance(circuit.global_phase, ParameterExpression) or circuit.global_phase:
            qml.GlobalPhase(-1.0 * _value(circuit.global_phase, values, position), wires=0)
        for instruction in circuit.data:
            operation = instruction.operation
            if operation.name in ("barrier", "measure"):
                continue
            wires = [circuit.find_bit(q).index for q in instruction.qubits]
            if operation.name in SAME:
                angles = [_value(p, values, position) for p in operation.params]
                getattr(qml, SAME[operation.name])(*angles, wires=wires)
            elif operation.name in ("sdg", "tdg", "sxdg"):
                qml.adjoint(getattr(qml, operation.name[:-2].upper())(wires=wires))
            else:
                free = [p for p in operation.params if isinstance(p, ParameterExpression)]
                if any(p.parameters for p in free):
                    raise ArgumentError(
                        f"The gate {operation.name!r} has free parameters and no counterpart in "
                        "PennyLane. Decompose the circuit first (circuit.decompose())."
                    )
                qml.QubitUnitary(Operator(operation).data, wires=wires[::-1])

    return apply


def operator_to_pennylane(observable: Any) -> Any:
    """Turn an observable into PennyLane's, for `qml.expval`; qubit i is wire i.

    Args:
        observable: in any form that the doors take.

    Returns:
        A `qml.Hamiltonian` of Pauli words.

    Raises:
        ArgumentError: no observable, or not Hermitian.
        MissingExtraError: PennyLane is not installed.

    Cost: linear in the number of words.

    Example:
        >>> operator_to_pennylane({"ZI": 0.5, "IX": 2.0})
        0.5 * Z(1) + 2.0 * X(0)
    """
    qml = require("pennylane", "pennylane")
    letters = {"X": qml.X, "Y": qml.Y, "Z": qml.Z}
    found: dict[tuple[tuple[int, str], ...], float] = {}
    for term in products_of(pauli_operator(observable, "observable"), None):
        word = tuple(sorted(term.factors))
        found[word] = found.get(word, 0.0) + term.coefficient
    words = [
        qml.prod(*(letters[x](q) for q, x in word)) if word else qml.Identity(0) for word in found
    ]
    return qml.Hamiltonian(list(found.values()), words)


def from_pennylane(operations: Iterable[Any], wires: Sequence[Any]) -> QuantumCircuit:
    """Turn PennyLane operations into a circuit whose qubit i is `wires[i]`.

    Args:
        operations: operations with a matrix, such as `tape.operations`.
        wires: all wires in order.

    Raises:
        ArgumentError: an operation without a matrix, or on an unknown wire.

    Example:
        >>> import pennylane as qml
        >>> from_pennylane([qml.RY(0.3, wires="b")], wires=["a", "b"]).count_ops()["ry"]
        1
    """
    qml = require("pennylane", "pennylane")
    place = {wire: k for k, wire in enumerate(wires)}
    circuit = QuantumCircuit(len(place))
    for operation in operations:
        unknown = [w for w in operation.wires if w not in place]
        if unknown:
            raise ArgumentError(f"Argument `wires` lacks the wire {unknown[0]!r}. Give all wires.")
        qubits = [place[w] for w in operation.wires]
        if operation.name == "Barrier":
            circuit.barrier(qubits)
        elif operation.name == "GlobalPhase":
            circuit.global_phase -= float(operation.data[0])
        elif operation.name in BACK:
            method = getattr(circuit, BACK[operation.name])
            method(*[float(p) for p in operation.data], *qubits)
        elif operation.has_matrix:
            circuit.unitary(nearest_unitary(qml.matrix(operation)), qubits[::-1])
        else:
            raise ArgumentError(
                f"The operation {operation.name!r} has no matrix. Expand it first "
                "(qml.transforms.decompose)."
            )
    return circuit


def _value(parameter: Any, values: Sequence[Any], position: dict[Any, int]) -> Any:
    """Evaluate a gate parameter; linear expressions keep the gradient of the interface."""
    if not isinstance(parameter, ParameterExpression) or not parameter.parameters:
        return float(parameter)
    free = sorted(parameter.parameters, key=lambda p: position[p])
    slopes = [parameter.gradient(p) for p in free]
    if any(isinstance(s, ParameterExpression) and s.parameters for s in slopes):
        return float(parameter.bind({p: float(values[position[p]]) for p in free}))
    total = float(parameter.bind(dict.fromkeys(free, 0.0)))
    for slope, p in zip(slopes, free, strict=True):
        total = total + float(slope) * values[position[p]]
    return total


def _is_last(circuit: QuantumCircuit, measurement: Any) -> bool:
    """Say whether nothing but barriers follows a measurement on its qubit."""
    qubit = measurement.qubits[0]
    later = [i for i in circuit.data if qubit in i.qubits and i.operation.name != "barrier"]
    return later[-1] is measurement or later[-1] == measurement
