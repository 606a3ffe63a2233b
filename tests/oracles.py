"""Dense truth for tests: plain numpy, written apart from the package, imports nothing of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def dense_chain(tensors: Sequence[np.ndarray]) -> np.ndarray:
    """Amplitude vector, qubit 0 least significant, one amplitude at a time."""
    dims = [t.shape[1] for t in tensors]
    out = []
    for index in range(int(np.prod(dims))):
        row = np.ones((1, 1))
        for tensor, dim in zip(tensors, dims, strict=True):
            row = row @ tensor[:, index % dim, :]
            index //= dim
        out.append(row[0, 0])
    return np.array(out)


def random_chain(
    rng: np.random.Generator, n: int, bond: int, *, real: bool = False, phys: int = 2
) -> list[np.ndarray]:
    """Random tensors (left, phys, right) with bonds up to `bond`, not normalised."""
    bonds = [1, *[bond] * (n - 1), 1]
    out = []
    for left, right in itertools.pairwise(bonds):
        t = rng.normal(size=(left, phys, right))
        out.append(t if real else t + 1j * rng.normal(size=(left, phys, right)))
    return out


def schmidt(vector: np.ndarray, cut: int) -> np.ndarray:
    """Schmidt values between qubits cut-1 and cut of a qubit vector."""
    return np.linalg.svd(vector.reshape(-1, 2**cut), compute_uv=False)


def bits_to_index(bits: np.ndarray) -> np.ndarray:
    """Index of each row of bits (batch, n), column i = qubit i."""
    return bits.astype(np.int64) @ (1 << np.arange(bits.shape[1]))


def pauli_matrix(label: str) -> np.ndarray:
    """Matrix of a Pauli label as Qiskit prints it (leftmost letter = highest qubit)."""
    out = np.eye(1)
    for letter in label:
        out = np.kron(out, PAULI[letter])
    return out


def apply_gate(vector: np.ndarray, gate: np.ndarray, qubits: Sequence[int]) -> np.ndarray:
    """Apply a gate (Qiskit convention: first qubit least significant) to a dense vector."""
    n = int(np.log2(vector.size))
    k = len(qubits)
    tensor = vector.reshape((2,) * n)
    axes = [n - 1 - q for q in reversed(qubits)]
    moved = np.moveaxis(tensor, axes, range(k)).reshape(2**k, -1)
    moved = (gate @ moved).reshape((2,) * n)
    return np.moveaxis(moved, range(k), axes).reshape(-1)


def brickwork(n: int, depth: int, seed: int = 0, *, su4: bool = False):  # type: ignore[no-untyped-def]
    """Random brickwork `QuantumCircuit`: one-qubit gates and CX, or Haar-random SU(4) blocks."""
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import random_unitary

    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n)
    for layer in range(depth):
        for left in range(layer % 2, n - 1, 2):
            if su4:
                circuit.unitary(random_unitary(4, seed=int(rng.integers(2**30))), [left, left + 1])
                continue
            for qubit in (left, left + 1):
                circuit.u(*rng.uniform(0, 6, 3), qubit)
            circuit.cx(left, left + 1)
    return circuit


def readout(circuit) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Distribution of what a bound circuit measures at its end, by its dense state."""
    from qiskit.quantum_info import DensityMatrix, Statevector

    measured = [circuit.find_bit(i.qubits[0]).index for i in circuit if i.name == "measure"]
    kind = DensityMatrix if circuit.count_ops().get("reset") else Statevector
    p = kind(circuit.remove_final_measurements(inplace=False)).probabilities()
    out, numbers = np.zeros(2 ** len(measured)), np.arange(p.size)
    np.add.at(out, sum(((numbers >> q) & 1) << k for k, q in enumerate(measured)), p)
    return out
