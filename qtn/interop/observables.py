"""Observables of Qiskit as ours and back: the only reader, for all doors.

An observable is a label (as Qiskit prints it, qubit 0 rightmost; letters I X Y Z 0 1 + - r l), a
`Pauli`, a `SparsePauliOp`, a `SparseObservable`, or a mapping of labels or `Pauli` to real
coefficients, which is one observable as in Qiskit's primitives. Several are a list of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from qiskit.quantum_info import Pauli, PauliList, SparseObservable, SparsePauliOp

from qtn._checks import fail, items
from qtn.errors import ArgumentError
from qtn.states.operators import Observable, Term, aligned, in_order, merged

__all__ = [
    "ObservableLike",
    "is_single",
    "operator_from_labels",
    "operator_from_words",
    "parse_observable",
    "parse_observables",
    "pauli_operator",
    "pauli_words",
    "products_of",
    "qubits_of",
    "terms_of",
]

ObservableLike: TypeAlias = SparsePauliOp | SparseObservable | Pauli | str | Mapping[Any, float]

SINGLE = (str, Mapping, Pauli, SparsePauliOp, SparseObservable)
FORM = "a label, Pauli, SparsePauliOp, SparseObservable or a mapping of labels to real coefficients"
WAY_OUT = "Give for instance SparsePauliOp('ZZ'), or the label '00' for P(00)."
PROJECTORS = 12  # a product of k projectors is a sum of 2^k Pauli words


def products_of(observable: Any, n: int | None = None, name: str = "observable") -> list[Term]:
    """Return the products of an observable as they are given: neither merged nor sorted.

    Args:
        observable: one observable, see above.
        n: number of qubits that it must have; None takes any number.
        name: of the argument, for error messages.

    Raises:
        ArgumentError: no observable, of another number of qubits, not Hermitian, or not finite.

    Cost: linear in the number of products.

    Example:
        >>> products_of({"0Z": 0.5})
        [Term(coefficient=0.5, factors=((0, 'Z'), (1, '0')))]
    """
    sparse = _sparse(observable, name)
    if n is not None and sparse.num_qubits != n:
        raise ArgumentError(
            f"Argument `{name}` must be on the {n} qubits of the circuit, but is on "
            f"{sparse.num_qubits}. Pad it with identities (SparsePauliOp.apply_layout)."
        )
    found = []
    for product in sparse:
        coefficient = complex(product.coeff)
        if not np.isfinite(coefficient):
            raise fail(name, "of finite coefficients", coefficient)
        if abs(coefficient.imag) > 1e-12 * max(1.0, abs(coefficient)):
            raise fail(
                name,
                "Hermitian (real coefficients)",
                coefficient,
                "Take its Hermitian part: (operator + operator.adjoint()) / 2.",
            )
        letters = product.bit_labels()
        factors = tuple(zip((int(q) for q in product.indices), letters, strict=True))
        found.append(Term(coefficient.real, factors))
    return found


def terms_of(
    observable: Any, n: int | None = None, name: str = "observable", *, ordered: bool = True
) -> list[Term]:
    """Return the terms of an observable: like products merged, the identity among them.

    Args:
        observable: one observable, see above.
        n: number of qubits that it must have; None takes any number.
        name: of the argument, for error messages.
        ordered: sort by qubits and letters, identity first; otherwise the order is as given.

    Raises:
        ArgumentError: as in `products_of`.
    """
    terms = merged(products_of(observable, n, name))
    return in_order(terms) if ordered else terms


def parse_observable(
    observable: ObservableLike, n: int, name: str = "observable", *, ordered: bool = True
) -> Observable:
    """Read an observable on `n` qubits and group its terms into qubit-wise commuting bases.

    Args:
        observable: one observable, see above.
        n: number of qubits of the circuit.
        name: of the argument, for error messages.
        ordered: sort the terms, see `terms_of`.

    Returns:
        The observable; terms are merged, the identity is the constant.

    Raises:
        ArgumentError: as in `products_of`.

    Cost: terms × bases.

    Example:
        >>> parse_observable(SparsePauliOp(["IZZ", "ZZI", "IIX"]), 3).bases[0].letters
        'ZZZ'
    """
    return Observable.of(n, terms_of(observable, n, name, ordered=ordered))


def parse_observables(
    observables: Any, n: int, name: str = "observable", *, ordered: bool = True
) -> tuple[Observable, ...]:
    """Read one observable, or several of them, all on the same terms and bases.

    Args:
        observables: as in `parse_observable`, or a list, tuple or `PauliList` of such.
        n: number of qubits of the circuit.
        name: of the argument, for error messages.
        ordered: sort the terms of each, see `terms_of`.

    Returns:
        One observable each; see `aligned`.

    Raises:
        ArgumentError: an empty list, or as in `products_of`.

    Example:
        >>> [o.coefficients.tolist() for o in parse_observables(["ZZ", "IZ"], 2)]
        [[1.0, 0.0], [0.0, 1.0]]
    """
    return aligned(
        [parse_observable(o, n, name, ordered=ordered) for o in listed(observables, name)]
    )


def qubits_of(observable: Any, name: str = "observable") -> int:
    """Return the number of qubits of one observable.

    Raises:
        ArgumentError: it is none.
    """
    return int(_sparse(observable, name).num_qubits)


def is_single(observables: Any) -> bool:
    """Say whether an argument is one observable rather than a list."""
    return isinstance(observables, SINGLE)


def listed(observables: Any, name: str = "observables") -> list[Any]:
    """Return the observables of an argument that is one of them or a list, unread.

    Raises:
        ArgumentError: an empty list, or neither.
    """
    if is_single(observables):
        return [observables]
    if isinstance(observables, PauliList):
        return list(observables)
    found = items(name, observables, f"{FORM}, or a list of these", way_out=WAY_OUT)
    if not found:
        raise fail(name, "an observable or a list of them", observables)
    return found


def _sparse(observable: Any, name: str) -> SparseObservable:
    """Return any form as Qiskit's sparse observable; a sum of products in the order given."""
    if isinstance(observable, SparseObservable):
        return observable
    if isinstance(observable, SparsePauliOp):
        _check_coefficients(observable, name)
        return SparseObservable.from_sparse_pauli_op(observable)
    try:
        if isinstance(observable, str | Pauli):
            return SparseObservable(observable)
        if isinstance(observable, Mapping):
            parts = [SparseObservable(_key(k)) * _number(c) for k, c in observable.items()]
            return SparseObservable(parts[0]) if len(parts) == 1 else sum(parts[1:], parts[0])
    except Exception as error:
        raise fail(name, FORM, observable, WAY_OUT) from error
    raise fail(name, FORM, observable, WAY_OUT)


def _key(key: Any) -> str | Pauli:
    if isinstance(key, str | Pauli):
        return key
    raise TypeError("keys are labels or Pauli")


def _number(coefficient: Any) -> complex:
    if isinstance(coefficient, bool | str):
        raise TypeError("coefficients are numbers")
    return complex(coefficient)


def _check_coefficients(operator: SparsePauliOp, name: str) -> None:
    if any(not isinstance(c, complex | float | np.number) for c in operator.coeffs):
        raise fail(name, "an operator with bound coefficients", operator)
    finite = np.isfinite(np.asarray(operator.coeffs, dtype=complex))
    if not finite.all():
        raise fail(name, "of finite coefficients", complex(operator.coeffs[~finite][0]))


def pauli_operator(observable: Any, name: str = "hamiltonian") -> SparsePauliOp:
    """Return an observable as a `SparsePauliOp`, itself where it is one.

    Raises:
        ArgumentError: as in `products_of`, or more than 12 projectors in a product.
    """
    if isinstance(observable, SparsePauliOp):
        return observable
    terms = merged(products_of(observable, None, name))
    n = qubits_of(observable, name)
    return pauli_words(terms, range(n), n)


def pauli_words(terms: Sequence[Term], places: Sequence[int], width: int) -> SparsePauliOp:
    """Write an observable in Paulis on other qubits.

    Args:
        terms: of one observable.
        places: `places[i]` = qubit that takes the part of qubit i.
        width: number of qubits of the result.

    Raises:
        ArgumentError: a product of too many projectors.
    """
    widest = max((sum(x not in "XYZ" for _, x in t.factors) for t in terms), default=0)
    if widest > PROJECTORS:
        raise ArgumentError(
            f"Argument `observables` has a product of {widest} projectors, which an estimator "
            f"needs as 2^{widest} Pauli words (limit 2^{PROJECTORS}). Take a sampler or a backend."
        )
    entries = []
    for term in terms:
        letters = "".join(letter for _, letter in term.factors)
        entries.append((letters, [places[q] for q in term.qubits], term.coefficient))
    return SparsePauliOp.from_sparse_observable(SparseObservable.from_sparse_list(entries, width))


def operator_from_words(words: Iterable[tuple[str, Sequence[int], float]], n: int) -> SparsePauliOp:
    """Write (letters, qubits, coefficient) on `n` qubits as a `SparsePauliOp`, one entry each."""
    return SparsePauliOp.from_sparse_list(list(words), num_qubits=n)


def operator_from_labels(labels: Sequence[str], coefficients: Any) -> SparsePauliOp:
    """Write labels, as Qiskit prints them, with their coefficients as a `SparsePauliOp`."""
    return SparsePauliOp(list(labels), coefficients)
