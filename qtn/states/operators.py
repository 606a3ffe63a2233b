"""One-qubit operators, products of them, and observables: the only table, the only grouping.

A term is c · ∏_q F_q with F_q one of the Pauli matrices X, Y, Z or a projector on |0>, |1>, |+>,
|->, |r>, |l>. Measured in the basis of its letters it is a product of functions of single bits, so
that its value is an average over shots of ∏_q v_q[bit_q] with v = (1, -1) for a Pauli matrix and
(1, 0) or (0, 1) for a projector. Projectors are kept: the all-zeros probability of 100 qubits is
one term, not 2^100 Pauli strings.

Qubit q is site q, and words of letters have that of qubit 0 first; `qtn.interop.observables` reads
what other libraries write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._display import Fields

__all__ = [
    "AXIS",
    "DIAGONAL",
    "FACTORS",
    "PAULI",
    "TURNS",
    "Basis",
    "Observable",
    "Term",
    "aligned",
    "grouped",
    "in_order",
    "merged",
    "spread_of",
    "weight_bound",
]

Matrix = NDArray[Any]

FACTORS: dict[str, Matrix] = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.array([[1, 0], [0, -1]], dtype=complex),
    "0": np.array([[1, 0], [0, 0]], dtype=complex),
    "1": np.array([[0, 0], [0, 1]], dtype=complex),
    "+": np.array([[1, 1], [1, 1]], dtype=complex) / 2,
    "-": np.array([[1, -1], [-1, 1]], dtype=complex) / 2,
    "r": np.array([[1, -1j], [1j, 1]]) / 2,
    "l": np.array([[1, 1j], [-1j, 1]]) / 2,
}
"""The matrix of every letter, as in Qiskit's sparse observables."""

PAULI: Matrix = np.stack([FACTORS[letter] for letter in "IXYZ"])
"""(4, 2, 2): I, X, Y, Z."""

_ROOT = np.sqrt(0.5)
TURNS: dict[str, Matrix] = {
    "X": np.array([[_ROOT, _ROOT], [_ROOT, -_ROOT]]),
    "Y": np.array([[_ROOT, -1j * _ROOT], [_ROOT, 1j * _ROOT]]),
    "Z": np.eye(2),
}
"""Unitary that turns the eigenstates of a Pauli matrix to |0> (of +1) and |1> (of -1)."""

AXIS = {"X": "X", "Y": "Y", "Z": "Z", "0": "Z", "1": "Z", "+": "X", "-": "X", "r": "Y", "l": "Y"}
"""The axis along which a letter is measured."""

DIAGONAL = {
    **dict.fromkeys("XYZ", (1.0, -1.0)),
    **dict.fromkeys("0+r", (1.0, 0.0)),
    **dict.fromkeys("1-l", (0.0, 1.0)),
}
"""The value of every letter where its axis reads 0, and where it reads 1."""

_AXES = "ZXY"  # Z where nothing acts
_CODES = {letter: _AXES.index(axis) for letter, axis in AXIS.items()}
_RANK = {letter: rank for rank, letter in enumerate("ZXY1-l0+r")}
CANCELLED = 1e-15  # a term of this relative weight is what a cancellation left


@dataclass(frozen=True, slots=True)
class Term:
    """One product c · ∏_q F_q.

    Args:
        coefficient: c, real.
        factors: (qubit, letter) of every factor other than the identity; () is the identity.
    """

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
    def qubits(self) -> tuple[int, ...]:
        """Qubits on which the term acts."""
        return tuple(qubit for qubit, _ in self.factors)

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and largest value of the term, of one shot as of a mean."""
        if not self.factors:
            return self.coefficient, self.coefficient
        if self.is_projector:
            return min(0.0, self.coefficient), max(0.0, self.coefficient)
        return -abs(self.coefficient), abs(self.coefficient)

    @property
    def mixed_value(self) -> float:
        """Expectation value of the product (without c) in the maximally mixed state."""
        return 0.0 if any(f in "XYZ" for _, f in self.factors) else 0.5 ** len(self.factors)

    def diagonal(self, qubit: int) -> tuple[float, float]:
        """Value of the factor on `qubit` for the outcomes 0 and 1."""
        return DIAGONAL[dict(self.factors)[qubit]]


@dataclass(frozen=True, slots=True, repr=False)
class Basis(Fields):
    """One setting of the measurement.

    Args:
        letters: an axis X, Y or Z per qubit, qubit 0 first; Z where no term acts.
        terms: indices of the terms that are read off its shots.
    """

    letters: str
    terms: tuple[int, ...]

    @property
    def label(self) -> str:
        """The axes as Qiskit prints them, qubit 0 rightmost."""
        return self.letters[::-1]

    def axis(self, qubit: int) -> str:
        """Axis measured on `qubit`."""
        return self.letters[qubit]


@dataclass(frozen=True, slots=True)
class Observable:
    """A Hermitian observable on `n` qubits: constant + Σ terms, with its measurement bases."""

    n: int
    constant: float
    terms: tuple[Term, ...]
    bases: tuple[Basis, ...]

    @classmethod
    def of(cls, n: int, terms: Iterable[Term]) -> Observable:
        """Return the sum of terms, the identity as the constant, with its measurement bases.

        Cost: terms × bases × weight of a term.

        Example:
            >>> zz, x = Term(0.5, ((0, "Z"), (1, "Z"))), Term(1.0, ((1, "X"),))
            >>> [b.letters for b in Observable.of(2, [zz, x]).bases]
            ['ZZ', 'ZX']
        """
        kept = list(terms)
        proper = tuple(t for t in kept if t.factors)
        constant = float(sum(t.coefficient for t in kept if not t.factors))
        return cls(n, constant, proper, grouped(proper, n))

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


def merged(terms: Iterable[Term]) -> list[Term]:
    """Add up equal products, in the order in which they are met; what cancels is dropped.

    A sum of less than 1e-15 of the largest one is what the rounding of a cancellation left.

    Example:
        >>> z = ((0, "Z"),)
        >>> merged([Term(0.1, z), Term(0.5, ()), Term(0.2, z)])[0].factors, len(merged([]))
        (((0, 'Z'),), 0)
    """
    sums: dict[tuple[tuple[int, str], ...], float] = {}
    for term in terms:
        sums[term.factors] = sums.get(term.factors, 0.0) + term.coefficient
    least = CANCELLED * max((abs(c) for c in sums.values()), default=0.0)
    return [Term(c, factors) for factors, c in sums.items() if abs(c) > least]


def in_order(terms: Iterable[Term]) -> list[Term]:
    """Sort terms by their qubits, then by their letters (Z X Y 1 - l 0 + r), identity first."""
    return sorted(terms, key=lambda t: (t.qubits, [_RANK[letter] for _, letter in t.factors]))


def grouped(terms: Sequence[Term], n: int) -> tuple[Basis, ...]:
    """Group terms that one basis serves (qubit-wise commuting), greedily, widest terms first.

    Returns:
        Bases; each term is in exactly one of them.

    Cost: terms × bases × n / 32.
    """
    codes, masks, members = list[int](), list[int](), list[list[int]]()
    for index in sorted(range(len(terms)), key=lambda i: -len(terms[i].factors)):
        # two bits per qubit: numbers tell at once whether two strings differ where both act
        code = sum(_CODES[letter] << 2 * q for q, letter in terms[index].factors)
        mask = sum(3 << 2 * q for q in terms[index].qubits)
        for k, known in enumerate(codes):
            if not (known ^ code) & masks[k] & mask:
                codes[k], masks[k] = known | code, masks[k] | mask
                members[k].append(index)
                break
        else:
            codes.append(code)
            masks.append(mask)
            members.append([index])
    return tuple(
        Basis("".join(_AXES[code >> 2 * q & 3] for q in range(n)), tuple(sorted(own)))
        for code, own in zip(codes, members, strict=True)
    )


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


def weight_bound(terms: Sequence[Term]) -> float:
    """Return Σ |c|, an upper bound of the operator norm."""
    return float(sum(abs(t.coefficient) for t in terms))
