"""Observables measured in shared bases, and their expectation values taken from counts.

An observable is a real combination of products of one-qubit factors: Paulis and projectors on
their eigenstates. Products whose factors ask for the same axis on every shared qubit are read off
the same shots (qubit-wise commuting groups, made greedily).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from qtn._checks import fail
from qtn.errors import ArgumentError

__all__ = [
    "Basis",
    "Term",
    "basis_rotation",
    "expectation",
    "measurement_bases",
    "pauli_words",
    "terms_of",
]

AXES = {1: "Z", 2: "X", 3: "Y"}
PAULI, PLUS, MINUS = 0, 2, 1  # upper two bits of Qiskit's alphabet: Pauli, +1 and -1 projector
LETTERS = {"X": "X-+", "Y": "Ylr", "Z": "Z10"}  # by kind
PROJECTORS = 12  # a product of k projectors is a sum of 2^k Pauli words
COUNTS_BATCH = 1 << 22  # bytes of unpacked bits handled at once


@dataclass(frozen=True, slots=True)
class Term:
    """`coefficient` times a product of factors: `kinds[k]` along `axes[k]` on `qubits[k]`."""

    coefficient: float
    qubits: tuple[int, ...]
    axes: str
    kinds: tuple[int, ...]
    observable: int = 0

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and largest value that one shot can give."""
        if not self.kinds:
            return self.coefficient, self.coefficient
        if all(k != PAULI for k in self.kinds):
            return min(0.0, self.coefficient), max(0.0, self.coefficient)
        return -abs(self.coefficient), abs(self.coefficient)


@dataclass(frozen=True, slots=True)
class Basis:
    """One measurement setting: an axis per qubit and the terms read off its shots.

    `label` has one letter per qubit in Qiskit order (qubit 0 rightmost); `Z` where nothing is
    asked.
    """

    label: str
    terms: tuple[Term, ...]

    def axis(self, qubit: int) -> str:
        """Axis measured on `qubit`."""
        return self.label[len(self.label) - 1 - qubit]


def terms_of(observable: Any, n: int, index: int = 0) -> tuple[Term, ...]:
    """Return the terms of a `SparsePauliOp` or `SparseObservable` on `n` qubits.

    Args:
        observable: Hermitian observable with `n` qubits.
        n: number of qubits of the circuit.
        index: which observable of a list the terms belong to.

    Returns:
        One `Term` per product; zero coefficients are dropped.

    Raises:
        ArgumentError: another type, another number of qubits, or a complex coefficient.

    Example:
        >>> from qiskit.quantum_info import SparseObservable
        >>> terms_of(SparseObservable.from_label("0Z"), 2)[0].axes
        'ZZ'
    """
    if isinstance(observable, SparsePauliOp):
        observable = SparseObservable.from_sparse_pauli_op(observable)
    if not isinstance(observable, SparseObservable):
        raise fail(
            "observables",
            "a SparsePauliOp or SparseObservable (or a list of these)",
            observable,
            'For instance SparsePauliOp("ZZ"), or SparseObservable.from_label("00") for P(00).',
        )
    if observable.num_qubits != n:
        raise ArgumentError(
            f"Argument `observables` has {observable.num_qubits} qubits, but the circuit has {n}. "
            "Give observables on the circuit's own qubits; the layout is applied for you."
        )
    found = []
    for term in observable:
        coefficient = complex(term.coeff)
        if abs(coefficient.imag) > 1e-12 * max(1.0, abs(coefficient.real)):
            raise ArgumentError(
                f"Argument `observables` must be Hermitian, but a term has coefficient "
                f"{coefficient}. Split it into real and imaginary parts."
            )
        if coefficient.real == 0.0:
            continue
        letters = [int(b) for b in term.bit_terms]
        found.append(
            Term(
                coefficient.real,
                tuple(int(q) for q in term.indices),
                "".join(AXES[b & 3] for b in letters),
                tuple(b >> 2 for b in letters),
                index,
            )
        )
    return tuple(found)


def pauli_words(terms: Sequence[Term], places: Sequence[int], width: int) -> SparsePauliOp:
    """Write an observable in Paulis on other qubits.

    Args:
        terms: of one observable.
        places: `places[i]` = qubit that takes the part of qubit i.
        width: number of qubits of the result.

    Raises:
        ArgumentError: a product of too many projectors.
    """
    widest = max((sum(k != PAULI for k in t.kinds) for t in terms), default=0)
    if widest > PROJECTORS:
        raise ArgumentError(
            f"Argument `observables` has a product of {widest} projectors, which an estimator "
            f"needs as 2^{widest} Pauli words (limit 2^{PROJECTORS}). Take a sampler or a backend."
        )
    entries = []
    for term in terms:
        letters = "".join(LETTERS[a][k] for a, k in zip(term.axes, term.kinds, strict=True))
        entries.append((letters, [places[q] for q in term.qubits], term.coefficient))
    return SparsePauliOp.from_sparse_observable(SparseObservable.from_sparse_list(entries, width))


def measurement_bases(observables: Sequence[Any], n: int) -> tuple[Basis, ...]:
    """Group the terms of `observables` into as few measurement bases as a greedy pass finds.

    Args:
        observables: observables on `n` qubits.
        n: number of qubits.

    Returns:
        Bases; each term is in exactly one of them.

    Raises:
        ArgumentError: as in `terms_of`.

    Cost: (number of terms) x (number of bases) x (weight of a term).

    Example:
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> [b.label for b in measurement_bases([SparsePauliOp(["ZZ", "XX", "IZ"])], 2)]
        ['ZZ', 'XX']
    """
    terms = [t for k, o in enumerate(observables) for t in terms_of(o, n, k)]
    groups: list[tuple[dict[int, str], list[Term]]] = []
    for term in sorted(terms, key=lambda t: -len(t.qubits)):
        wanted = dict(zip(term.qubits, term.axes, strict=True))
        for chosen, members in groups:
            if all(chosen.get(q, a) == a for q, a in wanted.items()):
                chosen.update(wanted)
                members.append(term)
                break
        else:
            groups.append((dict(wanted), [term]))
    if not groups:
        groups = [({}, [])]
    return tuple(
        Basis("".join(chosen.get(q, "Z") for q in reversed(range(n))), tuple(members))
        for chosen, members in groups
    )


def basis_rotation(label: str) -> QuantumCircuit:
    """Return the circuit that turns the axes of `label` onto Z (X: H; Y: S-dagger, then H)."""
    n = len(label)
    circuit = QuantumCircuit(n)
    for qubit in range(n):
        axis = label[n - 1 - qubit]
        if axis == "Y":
            circuit.sdg(qubit)
        if axis in "XY":
            circuit.h(qubit)
    return circuit


def expectation(
    bits: Sequence[BitArray], bases: Sequence[Basis], observables: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    r"""Estimate expectation values from the shots of every basis.

    With x_s the sum of the terms' values in shot s of a basis, the value is the sum over bases of
    mean(x), and its variance the sum of var(x)/shots; shots of different bases are independent.
    The variance counts half a pseudo-shot at each end of the possible range (Jeffreys' rule for a
    probability), so that it is never zero merely because all shots agreed.

    Args:
        bits: one `BitArray` per basis, bit i = qubit i, shape () or (bindings,).
        bases: as from `measurement_bases`.
        observables: number of observables that the terms refer to.

    Returns:
        Values and standard errors of shape (..., observables), and the total shots of one binding.

    Cost: bindings x shots x terms.
    """
    shape = bits[0].shape
    value = np.zeros((*shape, observables))
    variance = np.zeros((*shape, observables))
    for data, basis in zip(bits, bases, strict=True):
        for k in range(observables):
            terms = [t for t in basis.terms if t.observable == k]
            if not terms:
                continue
            mean, var = _moments(data, terms)
            value[..., k] += mean
            variance[..., k] += var / data.num_shots
    return value, np.sqrt(variance), sum(b.num_shots for b in bits)


def _moments(data: BitArray, terms: list[Term]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean over the shots and the variance of one shot, for each entry of `data`."""
    flat = data.array.reshape(-1, data.num_shots, data.array.shape[-1])
    low = sum(t.bounds[0] for t in terms)
    high = sum(t.bounds[1] for t in terms)
    step = max(1, COUNTS_BATCH // max(1, data.num_shots * data.num_bits))
    means, variances = [], []
    for start in range(0, len(flat), step):
        unpacked = np.unpackbits(flat[start : start + step], axis=-1)[..., ::-1]
        total = np.zeros(unpacked.shape[:2])
        for term in terms:
            product = np.full(unpacked.shape[:2], term.coefficient)
            for qubit, kind in zip(term.qubits, term.kinds, strict=True):
                product *= _factor(unpacked[..., qubit], kind)
            total += product
        means.append(total.mean(axis=1))
        variances.append(_jeffreys_variance(total, low, high))
    return (
        np.concatenate(means).reshape(data.shape),
        np.concatenate(variances).reshape(data.shape),
    )


def _factor(bit: NDArray[np.uint8], kind: int) -> NDArray[Any]:
    if kind == PLUS:
        return 1.0 - bit
    if kind == MINUS:
        return bit.astype(np.float64)
    return 1.0 - 2.0 * bit


def _jeffreys_variance(x: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    weight = x.shape[1] + 1.0
    mean = (x.sum(axis=1) + 0.5 * (low + high)) / weight
    square = ((x - mean[:, None]) ** 2).sum(axis=1)
    square = square + 0.5 * (low - mean) ** 2 + 0.5 * (high - mean) ** 2
    return np.asarray(square / weight)
