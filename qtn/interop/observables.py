"""Observables as sums of products of one-qubit factors, grouped into measurement bases.

A term is c · ∏_q F_q with F_q one of the Pauli matrices X, Y, Z or a projector on |0>, |1>, |+>,
|->, |r>, |l>. Measured in the basis of its letters it is a product of functions of single bits, so
that its value is an average over shots of ∏_q v_q[bit_q] with v = (1, -1) for a Pauli matrix and
(1, 0) or (0, 1) for a projector. Projectors are kept: the all-zeros probability of 100 qubits is
one term, not 2^100 Pauli strings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import Pauli, SparseObservable, SparsePauliOp

from qtn._checks import fail

ObservableLike: TypeAlias = SparsePauliOp | SparseObservable | Pauli | str | Mapping[Any, float]

_BASIS = {"X": "X", "Y": "Y", "Z": "Z", "0": "Z", "1": "Z", "+": "X", "-": "X", "r": "Y", "l": "Y"}
_DIAGONAL = {
    **dict.fromkeys("XYZ", (1.0, -1.0)),
    **dict.fromkeys("0+r", (1.0, 0.0)),
    **dict.fromkeys("1-l", (0.0, 1.0)),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One product c · ∏_q F_q: `factors` holds (qubit, letter), letters as in SparseObservable."""

    coefficient: float
    factors: tuple[tuple[int, str], ...]

    @property
    def is_pauli(self) -> bool:
        """Whether all letters are Pauli matrices (no projector)."""
        return all(letter in "XYZ" for _, letter in self.factors)

    @property
    def is_projector(self) -> bool:
        """Whether no letter is a Pauli matrix."""
        return not any(letter in "XYZ" for _, letter in self.factors)

    @property
    def support(self) -> tuple[int, ...]:
        """Qubits on which the term acts."""
        return tuple(qubit for qubit, _ in self.factors)

    @property
    def mixed_value(self) -> float:
        """Expectation value of the product (without c) in the maximally mixed state."""
        return 0.0 if any(f in "XYZ" for _, f in self.factors) else 0.5 ** len(self.factors)

    def diagonal(self, qubit: int) -> tuple[float, float]:
        """Value of the factor on `qubit` for the outcomes 0 and 1."""
        return _DIAGONAL[dict(self.factors)[qubit]]


@dataclass(frozen=True, slots=True)
class Basis:
    """One setting of the measurement: a letter X, Y, Z per qubit, and the terms it serves."""

    letters: str  # letter of qubit 0 first
    terms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Observable:
    """A Hermitian observable on `n` qubits: constant + Σ terms, with its measurement bases."""

    n: int
    constant: float
    terms: tuple[Term, ...]
    bases: tuple[Basis, ...]

    @property
    def is_constant(self) -> bool:
        """Whether nothing but a multiple of the identity is left."""
        return all(term.coefficient == 0 for term in self.terms)

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and largest value that the terms one by one allow."""
        paulis = [abs(t.coefficient) for t in self.terms if not t.is_projector]
        projectors = [t.coefficient for t in self.terms if t.is_projector]
        low = self.constant - sum(paulis) + sum(min(c, 0.0) for c in projectors)
        return low, self.constant + sum(paulis) + sum(max(c, 0.0) for c in projectors)

    @property
    def coefficients(self) -> NDArray[np.float64]:
        """Coefficients of the terms."""
        return np.array([term.coefficient for term in self.terms])

    @property
    def mixed_values(self) -> NDArray[np.float64]:
        """Values of the terms in the maximally mixed state (limits of depolarising noise)."""
        return np.array([term.mixed_value for term in self.terms])


def parse_observable(observable: ObservableLike, n: int) -> Observable:
    """Read an observable on `n` qubits and group its terms into qubit-wise commuting bases.

    Args:
        observable: `SparsePauliOp`, `SparseObservable` (projectors allowed), `Pauli` or a label as
            Qiskit prints it (qubit 0 rightmost; letters I X Y Z 0 1 + - r l), or a mapping of
            labels to coefficients.
        n: number of qubits of the circuit.

    Returns:
        The observable; terms are merged, the identity is the constant.

    Raises:
        ArgumentError: not an observable, not Hermitian, or of another number of qubits.

    Cost: terms × bases.

    Example:
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> parse_observable(SparsePauliOp(["IZZ", "ZZI", "IIX"]), 3).bases[0].letters
        'ZZZ'
    """
    sparse = _as_sparse(observable).simplify()
    if sparse.num_qubits != n:
        raise fail(
            "observable",
            f"an observable on the {n} qubits of the circuit",
            f"one on {sparse.num_qubits}",
            "Pad it with identities (SparsePauliOp.apply_layout).",
        )
    constant, terms = 0.0, []
    for product in sparse:
        if abs(complex(product.coeff).imag) > 1e-12:
            raise fail("observable", "Hermitian (real coefficients)", complex(product.coeff))
        factors = tuple(
            (int(qubit), SparseObservable.BitTerm(letter).label)
            for qubit, letter in zip(product.indices, product.bit_terms, strict=True)
        )
        coefficient = float(complex(product.coeff).real)
        if factors:
            terms.append(Term(coefficient, factors))
        else:
            constant += coefficient
    return Observable(n, constant, tuple(terms), grouped(terms, n))


def parse_observables(observables: Any, n: int) -> tuple[Observable, ...]:
    """Read one observable, or a list or tuple of them, all on the same terms and bases.

    Args:
        observables: as in `parse_observable`, or a list or tuple of such.
        n: number of qubits of the circuit.

    Returns:
        One observable each; see `aligned`.

    Raises:
        ArgumentError: an empty list, or as in `parse_observable`.

    Example:
        >>> [o.coefficients.tolist() for o in parse_observables(["ZZ", "IZ"], 2)]
        [[1.0, 0.0], [0.0, 1.0]]
    """
    if not isinstance(observables, list | tuple):
        return (parse_observable(observables, n),)
    if not observables:
        raise fail("observable", "an observable or a list of them", observables)
    return aligned([parse_observable(o, n) for o in observables])


def aligned(observables: Sequence[Observable]) -> tuple[Observable, ...]:
    """Write observables on the union of their terms, coefficients 0 included, in shared bases."""
    if len(observables) == 1:
        return tuple(observables)
    n = observables[0].n
    union = dict.fromkeys(term.factors for o in observables for term in o.terms)
    bases = grouped([Term(1.0, factors) for factors in union], n)
    written = []
    for one in observables:
        own = {term.factors: term.coefficient for term in one.terms}
        terms = tuple(Term(own.get(factors, 0.0), factors) for factors in union)
        written.append(replace(one, terms=terms, bases=bases))
    return tuple(written)


def spread_of(observables: Sequence[Observable]) -> Observable:
    """Return one observable with the terms of aligned ones, each as large as it counts in all."""
    if len(observables) == 1:
        return observables[0]
    sizes = np.linalg.norm([o.coefficients for o in observables], axis=0)
    terms = [replace(t, coefficient=float(s)) for t, s in zip(observables[0].terms, sizes)]
    return replace(observables[0], constant=0.0, terms=tuple(terms))


def _as_sparse(observable: ObservableLike) -> SparseObservable:
    if isinstance(observable, SparseObservable):
        return observable
    try:
        if isinstance(observable, Mapping):
            parts = [SparseObservable(label) * c for label, c in observable.items()]
            return SparseObservable(parts[0]) if len(parts) == 1 else sum(parts[1:], parts[0])
        return SparseObservable(observable)
    except Exception as error:
        expected = (
            "a SparsePauliOp, SparseObservable, Pauli, label, a mapping of labels to coefficients, "
            "or a list of these"
        )
        way_out = "Give for instance SparsePauliOp('ZZ')."
        raise fail("observable", expected, observable, way_out) from error


def grouped(terms: Sequence[Term], n: int) -> tuple[Basis, ...]:
    """Greedy qubit-wise commuting groups, widest terms first."""
    groups: list[tuple[dict[int, str], list[int]]] = []
    for index in sorted(range(len(terms)), key=lambda i: -len(terms[i].factors)):
        wanted = {qubit: _BASIS[letter] for qubit, letter in terms[index].factors}
        for letters, members in groups:
            if all(letters.get(q, b) == b for q, b in wanted.items()):
                letters.update(wanted)
                members.append(index)
                break
        else:
            groups.append((dict(wanted), [index]))
    return tuple(
        Basis("".join(letters.get(q, "Z") for q in range(n)), tuple(sorted(members)))
        for letters, members in groups
    )
