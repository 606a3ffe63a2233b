"""Gates as arrays: real and imaginary parts or complex, and the nearest unitaries."""

from __future__ import annotations

import numpy as np


def parted(gates: np.ndarray) -> np.ndarray:
    """Return complex gates (batch, 4, 4) as real and imaginary parts (batch, 2, 4, 4)."""
    return np.ascontiguousarray(np.stack([gates.real, gates.imag], axis=1), dtype=np.float64)


def joined(parts: np.ndarray) -> np.ndarray:
    """Return gates in parts as complex gates (batch, 4, 4)."""
    return parts[:, 0] + 1j * parts[:, 1]


def plain(parts: np.ndarray, real: bool) -> np.ndarray:
    """Return gates in parts as real or complex gates (batch, 4, 4)."""
    return parts[:, 0].copy() if real else joined(parts)


def nearest_unitary(matrices: np.ndarray) -> np.ndarray:
    """Return the unitaries (orthogonal matrices if real) nearest to a batch of matrices.

    Of matrices that are not square, the nearest isometries.
    """
    u, _, vh = np.linalg.svd(matrices, full_matrices=False)
    return u @ vh


def unitary(gates: np.ndarray) -> np.ndarray:
    """Return the unitaries nearest to gates in parts, as parts."""
    return parted(nearest_unitary(joined(gates)))
