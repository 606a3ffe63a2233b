"""Hamiltonians as lists of Pauli terms: what the time-evolution and ground-state kernels read.

Doors take a `SparsePauliOp`; this module turns it once into plain data (site i = qubit i) and, for
nearest-neighbour Hamiltonians, into one Hermitian 4x4 matrix per bond.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn.errors import ArgumentError

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

__all__ = ["PAULI", "Terms", "bond_matrices", "read_terms"]

Matrix = NDArray[np.complex128]

PAULI: dict[str, Matrix] = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]], dtype=complex),
    "Z": np.diag([1.0 + 0j, -1.0]),
}


@dataclass(frozen=True)
class Terms:
    """A Hermitian Pauli sum `constant + sum_k c_k P_k` on `n` sites.

    `products` maps a tuple of (site, letter) pairs in rising site order to its real coefficient.
    """

    n: int
    constant: float
    products: dict[tuple[tuple[int, str], ...], float]

    @cached_property
    def reach(self) -> int:
        """Largest distance between the first and the last site of a term."""
        return max((word[-1][0] - word[0][0] for word in self.products), default=0)

    @property
    def nearest_neighbour(self) -> bool:
        """Whether every term acts on one site or on two adjacent sites."""
        return self.reach <= 1

    @property
    def real(self) -> bool:
        """Whether the matrix is real in the computational basis (even number of Y everywhere)."""
        return all(sum(s == "Y" for _, s in word) % 2 == 0 for word in self.products)

    @property
    def conserves_magnetisation(self) -> bool:
        """Whether the sum commutes with the total Z (U(1) symmetry)."""
        return _commutes_with_total_z(self)

    @property
    def strength(self) -> float:
        """Largest sum of |coefficient| that touches one site (sets the time scale)."""
        touched = np.zeros(self.n)
        for word, value in self.products.items():
            for site, _ in word:
                touched[site] += abs(value)
        return float(touched.max(initial=0.0))


def read_terms(hamiltonian: SparsePauliOp | Terms) -> Terms:
    """Read a `SparsePauliOp` into `Terms`, merging equal Pauli strings.

    Args:
        hamiltonian: a Hermitian `SparsePauliOp` on at least two qubits.

    Returns:
        The terms; site i is qubit i.

    Raises:
        ArgumentError: if the operator is no `SparsePauliOp`, is not Hermitian, or has one qubit.

    Cost: linear in the number of terms.
    """
    if isinstance(hamiltonian, Terms):
        return hamiltonian
    labels, values, n = _labels(hamiltonian)
    constant, products = 0.0, dict[tuple[tuple[int, str], ...], float]()
    for (letters, sites), value in zip(labels, values, strict=True):
        if not np.isfinite(value):
            raise ArgumentError(
                f"Argument `hamiltonian` must have finite coefficients, but has {value}."
            )
        if abs(value.imag) > 1e-12 * max(1.0, abs(value)):
            raise ArgumentError(
                "Argument `hamiltonian` must be Hermitian (real coefficients), but has the "
                f"coefficient {value}. Take `(h + h.adjoint()) / 2`."
            )
        word = tuple(sorted(zip(sites, letters, strict=True)))
        if word:
            products[word] = products.get(word, 0.0) + float(value.real)
        else:
            constant += float(value.real)
    kept = {word: value for word, value in products.items() if value != 0.0}
    return Terms(n, constant, kept)


def _labels(hamiltonian: Any) -> tuple[list[tuple[str, list[int]]], NDArray[Any], int]:
    from qiskit.quantum_info import SparsePauliOp

    if not isinstance(hamiltonian, SparsePauliOp):
        raise fail(
            "hamiltonian",
            "a SparsePauliOp",
            hamiltonian,
            'Build one with qtn.chain("heisenberg", n=20) or SparsePauliOp.from_sparse_list.',
        )
    if hamiltonian.num_qubits < 2:
        raise fail("hamiltonian", "an operator on at least 2 qubits", hamiltonian)
    if any(not isinstance(c, complex | float | np.number) for c in hamiltonian.coeffs):
        raise fail("hamiltonian", "an operator with bound coefficients", hamiltonian)
    sparse = hamiltonian.to_sparse_list()
    values = np.array([complex(value) for _, _, value in sparse])
    words = [(letters, list(sites)) for letters, sites, _ in sparse]
    return words, values, int(hamiltonian.num_qubits)


def bond_matrices(terms: Terms) -> NDArray[np.complex128]:
    """Return the bond Hamiltonians h_b, with H = constant + sum_b h_b, of a chain.

    A field on site i is shared equally by the bonds that touch the site.

    Args:
        terms: a nearest-neighbour Hamiltonian on n sites.

    Returns:
        Array (n - 1, 4, 4); row index 2 s_b + s_{b+1}.

    Raises:
        ArgumentError: if a term reaches beyond neighbours.
    """
    if not terms.nearest_neighbour:
        raise ArgumentError(
            f"Argument `hamiltonian` must couple neighbours only here, but reaches over "
            f"{terms.reach} sites. Use method=TDVP() for long-range terms."
        )
    bonds = np.zeros((terms.n - 1, 4, 4), dtype=complex)
    for word, value in terms.products.items():
        if len(word) == 2:
            (site, left), (_, right) = word
            bonds[site] += value * np.kron(PAULI[left], PAULI[right])
            continue
        ((site, letter),) = word
        shares = [b for b in (site - 1, site) if 0 <= b < terms.n - 1]
        for bond in shares:
            pair = (PAULI[letter], PAULI["I"]) if bond == site else (PAULI["I"], PAULI[letter])
            bonds[bond] += value / len(shares) * np.kron(*pair)
    return bonds


def _commutes_with_total_z(terms: Terms) -> bool:
    """Compare the rotated sum with the original: e^{iaZ} turns X -> cX + sY, Y -> cY - sX."""
    cos, sin = np.cos(0.7), np.sin(0.7)
    turned = dict[tuple[tuple[int, str], ...], float]()
    for word, value in terms.products.items():
        partial: list[tuple[tuple[tuple[int, str], ...], float]] = [((), value)]
        for site, letter in word:
            images = {
                "Z": [("Z", 1.0)],
                "X": [("X", cos), ("Y", sin)],
                "Y": [("Y", cos), ("X", -sin)],
            }
            partial = [
                ((*done, (site, image)), weight * factor)
                for done, weight in partial
                for image, factor in images[letter]
            ]
        for done, weight in partial:
            turned[done] = turned.get(done, 0.0) + weight
    words = set(turned) | set(terms.products)
    tolerance = 1e-12 * max((abs(v) for v in terms.products.values()), default=1.0)
    return all(
        abs(turned.get(word, 0.0) - terms.products.get(word, 0.0)) <= tolerance for word in words
    )
