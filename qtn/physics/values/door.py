"""Expectation values of states: `expectation(state, observables)`.

An observable is a sum of products O = Σ_k c_k ⊗_i F_{k,i}. The products of all observables that are
asked for are computed together, so that what begins or ends alike is contracted once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._machine import few_threads
from qtn.errors import ArgumentError
from qtn.interop.observables import is_single, listed, products_of
from qtn.states import MPS, TTN, BlockMPS
from qtn.states.kernels.expectation import product_sum
from qtn.states.operators import FACTORS, merged
from qtn.states.tree import tree_product_sum

__all__ = ["expectation"]

State = MPS | TTN | BlockMPS


@few_threads(1)
def expectation(state: State, observables: Any) -> float | NDArray[np.float64]:
    """Return ⟨ψ|O|ψ⟩ / ⟨ψ|ψ⟩ of one observable or of several, exactly.

    Args:
        state: an MPS, a TTN or a BlockMPS of n qubits; site i is qubit i.
        observables: one observable, or a sequence of K: labels as Qiskit prints them (qubit 0
            rightmost; I X Y Z 0 1 + - r l), `Pauli`, `SparsePauliOp`, `SparseObservable`, or
            mappings of labels to real coefficients.

    Returns:
        A float for one observable; an array (K,) for a sequence.

    Raises:
        ArgumentError: no state of qubits, a state of norm 0, an observable of another number of
            qubits, not Hermitian, or none.

    Cost:
        O(χ³) per site and distinct partial product on chains, O(D⁴) per node on trees.

    Example:
        >>> from qtn import chain, ground_state
        >>> state = ground_state(chain("tfim", n=8, field=2.0), progress=False)
        >>> round(expectation(state, chain("tfim", n=8, field=2.0)) - state.origin.energy, 9) + 0.0
        0.0
        >>> expectation(state, ["IIIZZIII", "XIIIIIII"]).round(3)
        array([0.259, 0.968])
    """
    if not isinstance(state, State):
        raise fail("state", "an MPS, a TTN or a BlockMPS", state, "A circuit goes to qtn.verify.")
    if any(levels != 2 for levels in state.phys):
        raise fail("state", "a state of qubits (two levels per site)", state)
    single = is_single(observables)
    sums = [
        merged(products_of(one, len(state.phys), "observables" if single else f"observables[{k}]"))
        for k, one in enumerate(listed(observables))
    ]
    places = {term.factors: 0 for terms in sums for term in terms}
    places = {factors: k for k, factors in enumerate(places)}
    values = _products(state, list(places))
    found = np.array(
        [sum(t.coefficient * values[places[t.factors]] for t in terms) for terms in sums], float
    )
    return float(found[0]) if single else found


def _products(state: State, words: list[Any]) -> NDArray[np.float64]:
    """Return the values of products of one-qubit operators."""
    factors = [{site: FACTORS[letter] for site, letter in word} for word in words]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if 1e-100 < state.norm() < 1e100:
            found = _contracted(state, factors)
            if np.isfinite(found).all():
                return found
    # Squares of the norm, or of that of a part, are no floating-point numbers.
    try:
        unit = state.normalised()
    except ArgumentError as error:
        raise ArgumentError(
            "Argument `state` has norm 0, so that it has no expectation values. Give a state of "
            "another norm."
        ) from error
    return _contracted(unit, factors)


def _contracted(state: State, factors: list[dict[int, Any]]) -> NDArray[np.float64]:
    if isinstance(state, BlockMPS):
        return state.values(factors).real
    if isinstance(state, TTN):
        return np.real(tree_product_sum(state, factors))
    return np.real(product_sum(state.tensors, factors))
