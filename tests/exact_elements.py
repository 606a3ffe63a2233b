"""Exact diagonalisation of short chains, for the tests of matrix elements."""

from __future__ import annotations

import numpy as np
from qiskit.quantum_info import SparsePauliOp


def mixed_field(n: int, g: float, h: float) -> SparsePauliOp:
    """Return Σ ZZ + g Σ X + h Σ Z."""
    terms = [("ZZ", [i, i + 1], 1.0) for i in range(n - 1)]
    terms += [("X", [i], g) for i in range(n)]
    terms += [("Z", [i], h) for i in range(n) if h]
    return SparsePauliOp.from_sparse_list(terms, n)


def word(n: int, letters: dict[int, str]) -> str:
    """Return the label of a Pauli string, qubit 0 last."""
    return "".join(letters.get(q, "I") for q in reversed(range(n)))


def smoothed_exactly(
    hamiltonian: SparsePauliOp, observable: SparsePauliOp, omega: np.ndarray, width: float,
    energy: float = 0.0,
) -> np.ndarray:  # fmt: skip
    """Return A(ω) from all eigenstates."""
    energies, vectors = np.linalg.eigh(hamiltonian.to_matrix())
    elements = np.abs(vectors.conj().T @ observable.to_matrix() @ vectors) ** 2
    found = []
    for w in omega:
        up, down = (
            np.exp(-((energies - energy - sign * w / 2) ** 2) / 2 / width**2) for sign in (1, -1)
        )
        found.append(len(energies) * (up @ elements @ down) / up.sum() / down.sum())
    return np.array(found)
