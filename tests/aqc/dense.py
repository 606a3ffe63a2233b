"""Dense truth for circuits of 4x4 blocks: the whole vector, one block at a time."""

from __future__ import annotations

import numpy as np

from qtn.aqc.shape.ansatz import Ansatz
from qtn.states import MPS


def circuit_vector(ansatz: Ansatz, gates: np.ndarray) -> np.ndarray:
    """Amplitudes of U|0...0>, site 0 most significant."""
    vector = np.zeros(2**ansatz.n, complex)
    vector[0] = 1.0
    for number, bond in ansatz.sequence():
        vector = np.matmul(gates[number], vector.reshape(2**bond, 4, -1)).reshape(-1)
    return vector


def turned(vector: np.ndarray) -> np.ndarray:
    """Exchange the order in which site 0 is most and least significant."""
    n = vector.size.bit_length() - 1
    return vector.reshape((2,) * n).transpose(*range(n)[::-1]).reshape(-1)


def random_vector(rng: np.random.Generator, n: int, real: bool) -> np.ndarray:
    vector = rng.normal(size=2**n) + (0 if real else 1j * rng.normal(size=2**n))
    return vector / np.linalg.norm(vector)


def random_gates(rng: np.random.Generator, count: int, real: bool) -> np.ndarray:
    """Random SO(4) or U(4)."""
    matrices = rng.normal(size=(count, 4, 4)) + (0 if real else 1j * rng.normal(size=(count, 4, 4)))
    gates = np.linalg.qr(matrices)[0]
    if real:
        gates[np.linalg.det(gates) < 0, :, 0] *= -1
    return gates


def chain_of(vector: np.ndarray) -> list[np.ndarray]:
    """Canonical chain of a vector with site 0 most significant."""
    return list(MPS.from_dense(turned(vector)).normalised().tensors)


def dense_environments(ansatz: Ansatz, gates: np.ndarray, target: np.ndarray) -> np.ndarray:
    """E[g, a, b] = f with gate g replaced by the matrix unit |a><b|."""
    out = np.empty((ansatz.size, 4, 4), complex)
    for g in range(ansatz.size):
        for a in range(4):
            for b in range(4):
                changed = gates.astype(complex)
                changed[g] = 0.0
                changed[g, a, b] = 1.0
                out[g, a, b] = np.vdot(target, circuit_vector(ansatz, changed))
    return out
