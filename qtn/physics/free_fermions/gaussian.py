"""Free fermions on plain arrays: Slater determinants, moved by matrices of modes.

A state of N fermions in n modes is its orbitals, a matrix (n, N) with orthonormal columns::

    |φ⟩ = prod_k (sum_p φ_pk c†_p) |0⟩,       P = φ φ†,       P_pq = ⟨c†_q c_p⟩

A gate that conserves the number and has no interaction acts on single modes: exp(i sum h_pq c†_p
c_q) takes φ to exp(i h) φ. By the Jordan-Wigner map these are the hops of neighbours on a chain of
qubits, where σ⁺_p σ⁻_(p+1) = c†_p c_(p+1). Everything else follows from P by Wick's theorem.

Reference: L.-M. Duan et al., and I. Peschel, J. Phys. A 36, L205 (2003) for the spectra in
`spectra.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["apply_matrix", "filled_orbitals", "occupations", "overlap_squared", "pair_correlations"]

Array = NDArray[Any]


def filled_orbitals(n: int, modes: Sequence[int]) -> Array:
    """Return the orbitals (n, N) of the state with these modes full.

    Example:
        >>> filled_orbitals(3, [1]).real.T
        array([[0., 1., 0.]])
    """
    orbitals = np.zeros((n, len(modes)), dtype=complex)
    orbitals[list(modes), range(len(modes))] = 1.0
    return orbitals


def apply_matrix(orbitals: Array, modes: Sequence[int], matrix: Array) -> None:
    """Move single modes by a unitary (in place): rows `modes` become matrix @ rows.

    Cost: O(N) per mode.

    Example:
        >>> orbitals = filled_orbitals(2, [0])
        >>> apply_matrix(orbitals, [0, 1], np.array([[0.6, 0.8], [0.8, -0.6]]))
        >>> occupations(orbitals).round(2)
        array([0.36, 0.64])
    """
    where = list(modes)
    orbitals[where] = matrix @ orbitals[where]


def occupations(orbitals: Array) -> Array:
    """Return ⟨n_p⟩ of all modes."""
    return np.asarray((orbitals.real**2 + orbitals.imag**2).sum(axis=1))


def pair_correlations(orbitals: Array) -> Array:
    """Return P = φ φ† (n, n), P_pq = ⟨c†_q c_p⟩."""
    return np.asarray(orbitals @ orbitals.conj().T)


def overlap_squared(first: Array, second: Array) -> float:
    """Return |⟨first|second⟩|² = |det(φ† φ')|²; 0 for different numbers of fermions.

    Cost: O(n N²).

    Example:
        >>> overlap_squared(filled_orbitals(2, [0]), np.array([[0.6], [0.8j]])).__round__(2)
        0.36
    """
    if first.shape[1] != second.shape[1]:
        return 0.0
    return float(np.exp(2.0 * np.linalg.slogdet(first.conj().T @ second)[1]))
