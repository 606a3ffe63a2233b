"""Writes circuits that discard qubits, while the number of qubits is still open.

Blocks of SO(4) are written as two CX between one-qubit gates: with

    M = CX (1 ⊗ H)(S ⊗ S)        (CX from the second qubit to the first)

every G of SO(4) is M† (A ⊗ B) M with one-qubit gates A and B. One-qubit gates are held back and
written as one gate before the next CX, or never, if their qubit is discarded.

Reference: Vatan and Williams, Phys. Rev. A 69, 032315 (2004), theorem 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_S = np.diag([1.0, 1.0j])
_H = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2.0)
_CX = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]], dtype=complex)
_MAGIC = _CX @ np.kron(_S, _H @ _S)


class Writer:
    """Collects gates while the number of qubits is still open.

    Args:
        sites: number of angles.
        reset: whether discarded qubits are reset and used again.
    """

    def __init__(self, sites: int, reset: bool) -> None:
        from qiskit.circuit import ParameterVector

        self.angles = ParameterVector("θ", sites)
        self.reset = reset
        self.steps: list[tuple[str, Any, list[int]]] = []
        self.free: list[int] = []
        self.total = 0
        self.held: dict[int, np.ndarray] = {}

    def fresh(self) -> int:
        """Return a qubit in |0⟩."""
        if self.reset and self.free:
            qubit = self.free.pop()
            self.steps.append(("reset", None, [qubit]))
        else:
            qubit, self.total = self.total, self.total + 1
        return qubit

    def site(self, number: int) -> int:
        """Return a qubit that holds a site."""
        qubit = self.fresh()
        self.steps.append(("ry", self.angles[number], [qubit]))
        return qubit

    def gate(self, matrix: Any, qubits: list[int]) -> None:
        """Apply a matrix, the first qubit being the least significant."""
        self.steps.append(("unitary", matrix, qubits))

    def block(self, matrix: np.ndarray, slow: int, fast: int) -> None:
        """Apply a block of SO(4) as two CX, the first qubit being the most significant."""
        product = (_MAGIC @ matrix @ _MAGIC.conj().T).reshape(2, 2, 2, 2)
        u, weights, vh = np.linalg.svd(product.transpose(0, 2, 1, 3).reshape(4, 4))
        first = np.sqrt(weights[0]) * u[:, 0].reshape(2, 2)
        second = np.sqrt(weights[0]) * vh[0].reshape(2, 2)
        self._hold(_S, slow)
        self._hold(_H @ _S, fast)
        self._cx(fast, slow)
        self._hold(first, slow)
        self._hold(second, fast)
        self._cx(fast, slow)
        self._hold(_S.conj(), slow)
        self._hold(_S.conj() @ _H, fast)

    def discard(self, qubits: list[int]) -> None:
        """Leave qubits to others; what was still to be done to them does not matter."""
        for qubit in qubits:
            self.held.pop(qubit, None)
        self.free.extend(qubits)

    def _hold(self, matrix: np.ndarray, qubit: int) -> None:
        self.held[qubit] = matrix @ self.held.get(qubit, np.eye(2))

    def _cx(self, control: int, target: int) -> None:
        for qubit in (control, target):
            self._flush(qubit)
        self.steps.append(("cx", None, [control, target]))

    def _flush(self, qubit: int) -> None:
        matrix = self.held.pop(qubit, None)
        if matrix is not None:
            self.steps.append(("u", matrix, [qubit]))

    def finish(self, register: list[int]) -> QuantumCircuit:
        """Return the circuit that measures a register, lowest qubit first."""
        from qiskit import ClassicalRegister, QuantumCircuit
        from qiskit.circuit.library import UnitaryGate
        from qiskit.synthesis import OneQubitEulerDecomposer

        for qubit in register:
            self._flush(qubit)
        circuit = QuantumCircuit(self.total)
        circuit.add_register(ClassicalRegister(len(register), "label"))
        angles = OneQubitEulerDecomposer("U")
        for name, value, qubits in self.steps:
            if name == "ry":
                circuit.ry(value, qubits[0])
            elif name == "u":
                circuit.u(*angles.angles(value), qubits[0])
            elif name == "unitary":
                circuit.append(UnitaryGate(value), qubits)
            else:
                getattr(circuit, name)(*qubits)
        circuit.measure(register, range(len(register)))
        return circuit
