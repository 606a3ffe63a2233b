"""Qiskit circuits as matrix product states."""

from __future__ import annotations

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Operator

from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.states.gauge import split_left, split_right
from qtn.states.truncate import kept_rank, svd

MAX_BOND = 1024
_SWAP = np.eye(4)[[0, 2, 1, 3]]


def circuit_to_mps(
    circuit: QuantumCircuit, *, cutoff: float = 1e-16, max_bond: int = MAX_BOND
) -> MPS:
    """Simulate a circuit from |0...0> as a matrix product state; qubit i becomes site i.

    Args:
        circuit: one- and two-qubit gates (larger gates are decomposed), no free parameters, no
            measurement except at the end.
        cutoff: relative squared weight that one truncation may lose.
        max_bond: largest bond dimension allowed.

    Returns:
        The normalised state.

    Raises:
        ArgumentError: free parameters, measurements or resets inside, or too much entanglement.

    Cost: O(χ³) per two-qubit gate and per site between its qubits.

    Example:
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0); _ = bell.cx(0, 1)
        >>> circuit_to_mps(bell).bonds
        (2,)
    """
    if circuit.num_qubits == 0:
        raise ArgumentError("The circuit has no qubits. Give one with at least one qubit.")
    if circuit.parameters:
        names = ", ".join(sorted(p.name for p in circuit.parameters)[:3])
        raise ArgumentError(
            f"The circuit has {len(circuit.parameters)} free parameters ({names}, ...). "
            "Bind them first with circuit.assign_parameters(values)."
        )
    simulator = _Simulator(circuit.num_qubits, cutoff, max_bond)
    bare = circuit.remove_final_measurements(inplace=False) or circuit
    _run(bare, simulator, list(range(circuit.num_qubits)))
    return MPS(tuple(simulator.chain)).normalised()


def _run(circuit: QuantumCircuit, simulator: _Simulator, where: list[int]) -> None:
    for item in circuit.data:
        qubits = [where[circuit.find_bit(q).index] for q in item.qubits]
        operation = item.operation
        if operation.name in ("barrier", "delay"):
            continue
        if item.clbits or operation.name in ("measure", "reset", "initialize", "if_else"):
            raise ArgumentError(
                f"The circuit holds `{operation.name}`, which has no state vector. "
                "Give the unitary part only."
            )
        if len(qubits) == 1:
            simulator.one(Operator(operation).data, qubits[0])
        elif len(qubits) == 2:
            simulator.two(Operator(operation).data, qubits[0], qubits[1])
        elif operation.definition is not None:
            _run(operation.definition, simulator, qubits)
        else:
            raise ArgumentError(
                f"The gate `{operation.name}` acts on {len(qubits)} qubits and has no definition. "
                "Decompose the circuit into gates on one and two qubits first."
            )


class _Simulator:
    """An MPS with a movable centre."""

    def __init__(self, n: int, cutoff: float, max_bond: int) -> None:
        zero = np.zeros((1, 2, 1), dtype=complex)
        zero[0, 0, 0] = 1.0
        self.chain = [zero] * n
        self.centre = 0
        self.cutoff = cutoff
        self.max_bond = max_bond

    def one(self, matrix: np.ndarray, site: int) -> None:
        self.chain[site] = np.einsum("ab,lbr->lar", matrix, self.chain[site])

    def two(self, matrix: np.ndarray, first: int, second: int) -> None:
        """Apply a gate whose `first` qubit is the least significant of its index."""
        low, high = min(first, second), max(first, second)
        # Our index has the left site most significant, Qiskit's the first qubit least.
        gate = matrix if second < first else _SWAP @ matrix @ _SWAP
        for site in range(high - 1, low, -1):
            self._neighbours(_SWAP, site)
        self._neighbours(gate, low)
        for site in range(low + 1, high):
            self._neighbours(_SWAP, site)

    def _neighbours(self, gate: np.ndarray, site: int) -> None:
        self._move(site)
        a, b = self.chain[site], self.chain[site + 1]
        left, right = a.shape[0], b.shape[2]
        theta = np.matmul(gate, np.tensordot(a, b, 1).reshape(left, 4, right))
        u, s, vh = svd(theta.reshape(left * 2, 2 * right))
        keep = kept_rank(s, None, self.cutoff)
        if keep > self.max_bond:
            raise ArgumentError(
                f"The circuit needs a bond dimension of {keep} at site {site}, above max_bond="
                f"{self.max_bond}. Allow more, raise `cutoff`, or compile its first part only."
            )
        self.chain[site] = u[:, :keep].reshape(left, 2, keep)
        self.chain[site + 1] = (s[:keep, None] * vh[:keep]).reshape(keep, 2, right)
        self.centre = site + 1

    def _move(self, site: int) -> None:
        """Bring the centre to `site` or `site + 1`."""
        while self.centre < site:
            q, r = split_left(self.chain[self.centre])
            self.chain[self.centre] = q
            self.centre += 1
            self.chain[self.centre] = np.tensordot(r, self.chain[self.centre], 1)
        while self.centre > site + 1:
            rest, q = split_right(self.chain[self.centre])
            self.chain[self.centre] = q
            self.centre -= 1
            self.chain[self.centre] = np.tensordot(self.chain[self.centre], rest, 1)
