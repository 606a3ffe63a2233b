r"""Gradient, exponential and polar update of two-qubit gates.

With environments :math:`E_g` the overlap is :math:`f = \langle\psi|U|0\rangle
= \sum_{ab} E_{g,ab} G_{g,ab}` for every gate g. Moving a gate, :math:`G \to e^X G` with X in the
Lie algebra u(4) (so(4) for real gates), changes it by :math:`\mathrm{tr}(X M)`,
:math:`M = G E^T`, hence

.. math::
    \mathrm{d}(-\ln|f|^2) = \mathrm{Re}\,\mathrm{tr}(c X M), \quad c = -2 / f,

and the gradient for the inner product :math:`\mathrm{Re}\,\mathrm{tr}(A^\dagger B)` is the
anti-Hermitian part of :math:`(cM)^\dagger`.
"""

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


def nearest_unitary(matrices: np.ndarray) -> np.ndarray:
    """Return the unitaries (orthogonal matrices if real) nearest to a batch of matrices."""
    u, _, vh = np.linalg.svd(matrices)
    return u @ vh


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
