"""What a circuit costs: its gates on two qubits and their depth, counted in one way everywhere."""

from __future__ import annotations

from typing import Any

from qiskit import QuantumCircuit

__all__ = ["Counted", "is_two_qubit", "two_qubit_depth", "two_qubit_gates"]

_NO_GATES = frozenset(["barrier", "delay"])


def is_two_qubit(instruction: Any) -> bool:
    """Whether an instruction of a circuit is a gate on two qubits."""
    return len(instruction.qubits) == 2 and instruction.operation.name not in _NO_GATES


def two_qubit_gates(circuit: QuantumCircuit) -> int:
    """Return the number of gates on two qubits.

    Example:
        >>> circuit = QuantumCircuit(3); _ = circuit.cx(0, 1); _ = circuit.cz(1, 2)
        >>> two_qubit_gates(circuit), two_qubit_depth(circuit)
        (2, 2)
    """
    return sum(map(is_two_qubit, circuit.data))


def two_qubit_depth(circuit: QuantumCircuit) -> int:
    """Return the depth of a circuit counting gates on two qubits only."""
    return int(circuit.depth(is_two_qubit))


class Counted:
    """What has a circuit says what it costs.

    Attributes:
        circuit: the circuit counted.
    """

    __slots__ = ()

    circuit: QuantumCircuit

    @property
    def two_qubit_gates(self) -> int:
        """Number of two-qubit gates of the circuit, those of swaps included."""
        return two_qubit_gates(self.circuit)

    @property
    def two_qubit_depth(self) -> int:
        """Depth of the circuit counting two-qubit gates only."""
        return two_qubit_depth(self.circuit)
