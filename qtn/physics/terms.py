"""Hamiltonians as lists of Pauli terms: what the time-evolution and ground-state kernels read.

Doors take a `SparsePauliOp` or any other observable; this module turns it once into plain data
(site i = qubit i) and, for nearest-neighbour Hamiltonians, into one Hermitian 4x4 matrix per bond.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn.errors import ArgumentError
from qtn.states.operators import FACTORS

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

__all__ = ["Terms", "as_operator", "bond_matrices", "neighbour_terms", "read_terms"]


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


def read_terms(hamiltonian: Any, name: str = "hamiltonian") -> Terms:
    """Read a Hamiltonian into `Terms`, merging equal Pauli strings.

    Args:
        hamiltonian: a Hermitian `SparsePauliOp`, or any other observable without projectors (see
            `qtn.interop.observables`), on at least two qubits.
        name: of the argument, for errors.

    Returns:
        The terms; site i is qubit i.

    Raises:
        ArgumentError: if it is no observable, is not Hermitian, holds projectors, or has one qubit.

    Cost: linear in the number of terms.
    """
    if isinstance(hamiltonian, Terms):
        return hamiltonian
    from qtn.interop.observables import qubits_of, terms_of

    n = qubits_of(hamiltonian, name)
    if n < 2:
        raise fail(name, "an operator on at least 2 qubits", hamiltonian)
    terms = terms_of(hamiltonian, None, name, ordered=False)
    if not all(term.is_pauli for term in terms):
        raise fail(
            name,
            "a sum of Pauli strings, without projectors",
            hamiltonian,
            "Expand them: SparsePauliOp.from_sparse_observable(…).",
        )
    constant = sum(t.coefficient for t in terms if not t.factors)
    return Terms(n, float(constant), {t.factors: t.coefficient for t in terms if t.factors})


def neighbour_terms(hamiltonian: Any, way_out: str = "") -> Terms:
    """Read a Hamiltonian that couples neighbours only.

    Args:
        hamiltonian: as in `read_terms`.
        way_out: what to do with one that reaches further.

    Raises:
        ArgumentError: as of `read_terms`; a term beyond neighbours.
    """
    terms = read_terms(hamiltonian)
    if not terms.nearest_neighbour:
        expected = "a sum of fields and couplings of neighbours"
        raise fail("hamiltonian", expected, f"one that reaches over {terms.reach} sites", way_out)
    return terms


def as_operator(hamiltonian: Any) -> SparsePauliOp:
    """Return a Hamiltonian that `read_terms` takes as a `SparsePauliOp`, itself where it is one."""
    from qtn.interop.observables import pauli_operator

    return pauli_operator(hamiltonian, "hamiltonian")


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
            bonds[site] += value * np.kron(FACTORS[left], FACTORS[right])
            continue
        ((site, letter),) = word
        shares = [b for b in (site - 1, site) if 0 <= b < terms.n - 1]
        for bond in shares:
            one, other = FACTORS[letter], FACTORS["I"]
            pair = (one, other) if bond == site else (other, one)
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
