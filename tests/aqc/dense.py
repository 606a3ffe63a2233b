"""Dense truth for circuits of 4x4 blocks: the whole vector, one block at a time."""

from __future__ import annotations

import numpy as np

from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.shape.ansatz import Ansatz, Layer, brickwall_shape, staircase_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.states import MPS

SHAPES = [
    brickwall_shape(5, 4),
    staircase_shape(5, 2),
    Ansatz(5, (Layer((0, 1, 3), True), Layer((0, 2, 3), False), Layer((1, 3), False))),
]


def circuit_vector(ansatz: Ansatz, gates: np.ndarray) -> np.ndarray:
    """Amplitudes of U|0...0>, site 0 most significant."""
    vector = np.zeros(2**ansatz.n, complex)
    vector[0] = 1.0
    for number, bond in ansatz.sequence():
        vector = np.matmul(gates[number], vector.reshape(2**bond, 4, -1)).reshape(-1)
    return vector


def blocks_vector(blocks: Blocks) -> np.ndarray:
    """Amplitudes of U|0...0> for blocks on any sites, site 0 most significant."""
    state = np.zeros((2,) * blocks.n, complex)
    state[(0,) * blocks.n] = 1.0
    for sites, matrix in blocks.gates:
        gate = matrix.reshape((2,) * (2 * len(sites)))
        state = np.tensordot(gate, state, (range(len(sites), 2 * len(sites)), sites))
        state = np.moveaxis(state, range(len(sites)), sites)
    return state.reshape(-1)


def random_blocks(rng: np.random.Generator, n: int, count: int) -> Blocks:
    """Random unitaries on one or two sites anywhere."""
    gates = []
    for _ in range(count):
        sites = tuple(rng.permutation(n)[: rng.integers(1, 3)].tolist())
        side = 2 ** len(sites)
        matrix = rng.normal(size=(side, side)) + 1j * rng.normal(size=(side, side))
        gates.append((sites, np.linalg.qr(matrix)[0]))
    return Blocks(n, tuple(gates))


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


def log_gradient(gates: np.ndarray, environments: np.ndarray, overlap: complex) -> np.ndarray:
    """Return the gradient of -ln|f|² in the Lie algebra, one anti-Hermitian 4x4 per gate.

    Args:
        gates: unitaries in parts (gates, 2, 4, 4).
        environments: likewise, f = Σ E * G for every gate.
        overlap: f.
    """
    k = (-2.0 / overlap) * np.matmul(joined(gates), joined(environments).transpose(0, 2, 1))
    adjoint = k.conj().transpose(0, 2, 1)
    return parted(0.5 * (adjoint - k))


def polar(environment: np.ndarray, real: bool) -> np.ndarray:
    r"""Return the unitary that maximises |Σ E * G| (Evenbly and Vidal's update).

    :math:`\bar E = W S X^\dagger \Rightarrow G = W X^\dagger`, which makes the overlap
    :math:`\sum S`. Real gates are kept in SO(4), which two CX can implement: if the best
    orthogonal matrix is a reflection, the direction of the smallest singular value is flipped.

    Reference: Evenbly and Vidal, Phys. Rev. B 79, 144108 (2009), section IV.
    """
    w, _, xh = np.linalg.svd(environment.real if real else environment.conj())
    if real and np.linalg.det(w) * np.linalg.det(xh) < 0:
        w[:, 3] = -w[:, 3]
    return w @ xh


def gates_needed(vector: np.ndarray, goal: float) -> int:
    """Two-qubit gates along a line that the Schmidt ranks for a goal take at least."""
    total = 0
    for cut in range(1, round(np.log2(vector.size))):
        values = np.linalg.svd(vector.reshape(2**cut, -1), compute_uv=False) ** 2
        kept = np.cumsum(values / values.sum())
        total += next(k for k in range(9) if kept[: 2**k][-1] >= 1.0 - goal - 1e-12)
    return total
