"""Circuits of hops along chains and phases between densities: values of Z, without entanglement.

Without phases the qubits are free fermions, and a product of Z on a set S of qubits is exact::

    ⟨∏_S Z⟩ = det(1 - 2 P_SS),        P_pq = ⟨c†_q c_p⟩

With phases single Z are known to second order about the mean field, with an estimate of the third
(`qtn.physics.free_fermions`). Nothing here is shared with chains or with strings of Paulis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn._checks import fail
from qtn.errors import ArgumentError, VerificationError
from qtn.physics.free_fermions.door import MeanField, second_order_of
from qtn.physics.free_fermions.reading import Fermions, NotFermions, fermions_of
from qtn.states.operators import Term, weight_bound
from qtn.verification.engines.base import ROUNDING, Answer, Interval, Question

__all__ = ["MeanFields", "asked_by_name", "fermions_in", "quick_fermions"]

WORTHLESS = 0.05
"""An estimated error of ⟨Z⟩ from which nothing is said."""
GOOD = 1e-3
"""An estimated error of ⟨Z⟩ that is taken without being asked for."""
QUICK_WORK = 1e9
"""Multiplications of the second order that take a few seconds."""
LINEAR = {"Z": (1.0, -2.0), "0": (1.0, -1.0), "1": (0.0, 1.0)}
"""Letters as a + b n."""


@dataclass(frozen=True, slots=True)
class MeanFields:
    """The engine of free fermions with phases.

    Args:
        fermions: the circuit.
        found: its values, where they have been found already.
    """

    fermions: Fermions
    found: MeanField | None = None

    name = "mean-field"

    def ask(self, question: Question) -> Answer:
        """Return the value of every observable, exact without phases, else with an estimate."""
        if question.target is not None:
            raise fail("method", 'another than "mean-field" for a fidelity', self.name)
        found = self.found or second_order_of(self.fermions)
        if found.error > WORTHLESS:
            raise VerificationError(
                f"Nothing is certified: the {found.phases} density phases change Z by "
                f"{found.change:.2g} beyond the mean field, too much for its second order. Use "
                'method="auto".'
            )
        values = tuple(_interval(found, terms) for terms in question.terms)
        why = f"free fermions on {sum(len(c) > 1 for c in found.chains)} chains, exact"
        if found.phases:
            why = (
                f"{found.phases} phases between fermions to second order about their mean field; "
                f"the third is estimated at {found.error:.1g}"
            )
        return Answer(self.name, why, None, values)


def quick_fermions(question: Question, *, phases: bool) -> MeanFields | None:
    """Return the engine with its values where these take seconds and are good, else None.

    Args:
        question: what is asked.
        phases: whether estimates will do, else only free fermions, which are exact.
    """
    fermions = fermions_in(question)
    if fermions is None:
        return None
    count = sum(step.angle != 0.0 for step in fermions.steps)
    if (count and not phases) or float(count) ** 2 * fermions.n > QUICK_WORK:
        return None
    found = second_order_of(fermions)
    return MeanFields(fermions, found) if found.error <= GOOD else None


def fermions_in(question: Question) -> Fermions | None:
    """Return the circuit of a question as fermions where their mean field can answer it."""
    if question.target is not None or not all(map(_diagonal, question.terms)):
        return None
    try:
        found = fermions_of(question.gates)
    except NotFermions:
        return None
    phases = any(step.angle for step in found.steps)
    products = any(len(t.factors) > 1 for ts in question.terms for t in ts)
    return None if phases and products else found


def asked_by_name(question: Question) -> MeanFields:
    """Return the engine that was asked for by name.

    Raises:
        ArgumentError: gates of another kind, a target, or observables other than Z.
    """
    if question.target is None and all(map(_diagonal, question.terms)):
        try:
            fermions_of(question.gates)
        except NotFermions as error:
            raise ArgumentError(
                f'Argument `method` is "mean-field", but {error}; it takes hops along chains, '
                'phases between densities and swaps. Use method="auto".'
            ) from error
    found = fermions_in(question)
    if found is None:
        raise ArgumentError(
            'Argument `method` is "mean-field", which gives values of single Z, and of products of '
            'Z where no phase acts between fermions. Use method="auto" for all else.'
        )
    return MeanFields(found)


def _diagonal(terms: Sequence[Term]) -> bool:
    return all(letter in LINEAR for t in terms for _, letter in t.factors)


def _interval(found: MeanField, terms: Sequence[Term]) -> Interval:
    """Return the value of one observable with its error."""
    value = sum(t.coefficient * _value(found, t) for t in terms)
    weight = weight_bound([t for t in terms if t.factors])
    error = found.error * weight + ROUNDING * max(1.0, weight_bound(terms))
    return Interval(float(value), float(value - error), float(value + error), not found.phases)


def _value(found: MeanField, term: Term) -> float:
    """Return the value of a product of Z and projectors on |0⟩ and |1⟩, for coefficient 1."""
    if len(term.factors) == 1:
        ((qubit, letter),) = term.factors
        constant, slope = LINEAR[letter]
        return constant + slope * (1.0 - float(found.values[qubit])) / 2.0
    # ⟨∏ (a + b n)⟩ = det(a + b P), row by row; 1 for no factors.
    qubits = [q for q, _ in term.factors]
    factors = np.array([LINEAR[letter] for _, letter in term.factors])
    if not qubits:
        return 1.0
    block = found.correlations[np.ix_(qubits, qubits)]
    return float(np.linalg.det(np.diag(factors[:, 0]) + factors[:, 1:] * block).real)
