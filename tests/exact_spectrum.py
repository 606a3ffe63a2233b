"""Spectra of short chains from all eigenstates."""

from __future__ import annotations

from typing import Any

import numpy as np
from qiskit.quantum_info import SparsePauliOp


def lines(
    operator: SparsePauliOp, matrix: np.ndarray, momenta: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return excitation energies and the weights at every k, (momenta, states)."""
    n = operator.num_qubits
    energies, states = np.linalg.eigh(operator.to_matrix())
    centre, ground = (n - 1) // 2, states[:, 0]

    def at(site: int) -> Any:
        return np.kron(np.kron(np.eye(2 ** (n - 1 - site)), matrix), np.eye(2**site))

    seen = np.stack([states.conj().T @ (at(x) @ ground) for x in range(n)])
    seen[:, 0] = 0.0  # the means of the operator
    products = seen.conj() * seen[centre]
    waves = np.cos(np.multiply.outer(momenta, np.arange(n) - centre))
    return energies - energies[0], (waves @ products).real


def gaussian(omega: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-0.5 * (omega / width) ** 2) / (width * np.sqrt(2 * np.pi))


def parzen(omega: np.ndarray, width: float) -> np.ndarray:
    """The transform of Parzen's window: (3 T / 8 pi) sinc^4."""
    last = np.sqrt(12.0) / width
    return 3.0 * last / (8.0 * np.pi) * np.sinc(omega * last / (4.0 * np.pi)) ** 4
