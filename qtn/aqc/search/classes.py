r"""Gates that keep their class: searches that leave the number of CX of some gates as it is.

Two-qubit gates that one-qubit gates before and behind turn into each other are of one class and
take as many CX. A gate that is *held* moves by :math:`G \to (p \otimes q)\,G\,(u \otimes v)` alone,
so that a CX stays one and a product stays a product; all others move freely.

The gate of one CX nearest to an environment E maximises

.. math:: \mathrm{Re} \sum_{ij} E_{ij}\,[(p \otimes q)\,\mathrm{CX}\,(u \otimes v)]_{ij}

by polar updates of the four one-qubit gates in turn, from a few random ones.
"""

from __future__ import annotations

import numpy as np

from qtn.aqc.search.entanglers import CX, Entanglers
from qtn.aqc.search.optimise import ANY_UNITARY

STARTS, SWEEPS = 6, 16  # of the nearest entanglers


class Classes:
    """The directions of gates of which some keep their class.

    Args:
        held: for every gate whether it does.
        real: whether all gates are real.
    """

    def __init__(self, held: np.ndarray, real: bool) -> None:
        self.held, count = held, int(held.sum())
        self._local = Entanglers(count, np.arange(count), real)

    def gradient(self, gates: np.ndarray, environments: np.ndarray, overlap: complex) -> np.ndarray:
        """Return the gradient of -ln|f|² along the directions, those of free gates first."""
        free = ANY_UNITARY.gradient(gates[~self.held], environments[~self.held], overlap)
        local = self._local.gradient(gates[self.held], environments[self.held], overlap)
        return np.concatenate([free.reshape(-1), local.reshape(-1)])

    def moved(self, gates: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the gates after a step."""
        free, split = gates[~self.held], 32 * int((~self.held).sum())
        out = np.empty_like(gates)
        out[~self.held] = ANY_UNITARY.moved(free, step[:split].reshape(free.shape))
        out[self.held] = self._local.moved(
            gates[self.held], step[split:].reshape(self._local.shape)
        )
        return out


def nearest_entanglers(
    environments: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return max Re Σ E * G over the gates G of one CX for a batch of E, and these gates.

    Args:
        environments: (batch, 4, 4), real ones give real gates.
        rng: of the one-qubit gates to begin with.
    """
    count = len(environments)
    e = np.tile(environments, (STARTS, 1, 1))
    one, other, first, second = (_polar(_random(e, rng)) for _ in range(4))
    for _ in range(SWEEPS):
        behind = (_kron(one, other) @ CX).swapaxes(1, 2) @ e
        first, second = _product_step(behind, second)
        before = e @ (CX @ _kron(first, second)).swapaxes(1, 2)
        one, other = _product_step(before, other)
    gates = _kron(one, other) @ CX @ _kron(first, second)
    values = np.einsum("mij,mij->m", e, gates).real.reshape(STARTS, count)
    best = values.argmax(axis=0)
    return values.max(axis=0), gates.reshape(STARTS, count, 4, 4)[best, np.arange(count)]


def _product_step(e: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Update A and then B so that Re Σ E * (A ⊗ B) grows."""
    parts = e.reshape(-1, 2, 2, 2, 2)
    first = _polar(np.einsum("mabcd,mbd->mac", parts, second).conj())
    return first, _polar(np.einsum("mabcd,mac->mbd", parts, first).conj())


def _polar(m: np.ndarray) -> np.ndarray:
    """Return the unitaries nearest to matrices of two rows."""
    det = m[:, 0, 0] * m[:, 1, 1] - m[:, 0, 1] * m[:, 1, 0]
    size = np.abs(det)
    phase = np.where(size > 0.0, det / np.maximum(size, 1e-300), 1.0)
    cofactors = m[:, ::-1, ::-1].conj() * np.array([[1.0, -1.0], [-1.0, 1.0]])
    found = m + phase[:, None, None] * cofactors
    norm = np.linalg.norm(found, axis=(1, 2))[:, None, None] / np.sqrt(2.0)
    return np.where(norm > 0.0, found / np.maximum(norm, 1e-300), np.eye(2))


def _random(like: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    found = rng.normal(size=(len(like), 2, 2))
    return found + 1j * rng.normal(size=found.shape) if np.iscomplexobj(like) else found


def _kron(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("mac,mbd->mabcd", a, b).reshape(-1, 4, 4)
