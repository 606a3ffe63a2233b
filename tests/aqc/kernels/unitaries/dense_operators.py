"""Dense truth for operators: whole matrices, site 0 most significant."""

from __future__ import annotations

import numpy as np
from aqc.dense import random_gates

import qtn
from qtn.aqc.shape.ansatz import Ansatz
from qtn.states.schmidt import SchmidtForm

__all__ = ["circuit_matrix", "environment", "form_of", "random_gates", "random_matrix", "turned"]


def random_matrix(rng: np.random.Generator, n: int) -> np.ndarray:
    parts = rng.normal(size=(2, 2**n, 2**n))
    return np.linalg.qr(parts[0] + 1j * parts[1])[0]


def circuit_matrix(ansatz: Ansatz, gates: np.ndarray) -> np.ndarray:
    whole = np.eye(2**ansatz.n, dtype=complex)
    for number, bond in ansatz.sequence():
        whole = np.matmul(gates[number], whole.reshape(2**bond, 4, -1)).reshape(whole.shape)
    return whole


def turned(matrix: np.ndarray) -> np.ndarray:
    """Exchange the order in which site 0 is most and least significant."""
    n = len(matrix).bit_length() - 1
    order = [*range(n)[::-1], *range(n, 2 * n)[::-1]]
    return matrix.reshape((2,) * (2 * n)).transpose(order).reshape(matrix.shape)


def form_of(matrix: np.ndarray) -> SchmidtForm:
    """The target of a kernel from a matrix with site 0 most significant."""
    return SchmidtForm.from_left(qtn.MPO.from_dense(turned(matrix)).chain.normalised().tensors)


def environment(ansatz: Ansatz, gates: np.ndarray, target: np.ndarray, number: int) -> np.ndarray:
    """E[a, b] = f with one gate replaced by the matrix unit |a><b|."""
    out = np.empty((4, 4), complex)
    for a in range(4):
        for b in range(4):
            changed = gates.astype(complex)
            changed[number] = 0.0
            changed[number, a, b] = 1.0
            out[a, b] = np.vdot(target, circuit_matrix(ansatz, changed)) / len(target)
    return out
