"""Exact expectation values on causal cones.

Gates outside the cone of an operator cancel in U† O U, so ⟨O⟩ needs only the state vector of the
cone's qubits. Aer computes it with its own truncation switched off: `save_expectation_value` on a
subset of qubits is silently wrong in Aer 0.18.2 once that truncation renumbers qubits (its issue
2442), so only whole state vectors of circuits that we cut ourselves are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator

from qtn._checks import fail
from qtn.errors import VerificationError
from qtn.interop.circuits import GateList
from qtn.states.operators import FACTORS, Term, weight_bound
from qtn.verification.engines.base import ROUNDING, Answer, Interval, Question
from qtn.verification.limits import cone_circuit

Array = NDArray[Any]
MAX_WIDTH = 24
SECONDS_PER_AMPLITUDE = 4e-9
"""Time of one gate on one amplitude of a state vector."""


@dataclass(frozen=True, slots=True)
class Cones:
    """Exact values on causal cones."""

    name: str = "cone"

    def ask(self, question: Question) -> Answer:
        """Return the value of every observable, one state vector per distinct cone."""
        if question.target is not None:
            raise fail("method", 'another than "cone" for a fidelity', self.name)
        values = []
        for terms in question.terms:
            value = cone_expectation(question.gates, terms)
            width = ROUNDING * max(1.0, weight_bound(terms))
            values.append(Interval(value, value - width, value + width, True))
        why = f"causal cones of at most {MAX_WIDTH} qubits are exact"
        return Answer(self.name, why, None, tuple(values))


def cone_cost(gates: GateList, terms: Sequence[Term]) -> tuple[int, float]:
    """Return the widest cone and the predicted seconds of all distinct cones."""
    widest, seconds = 0, 0.0
    for cone, _ in _cones(gates, terms):
        widest = max(widest, cone.n)
        seconds += SECONDS_PER_AMPLITUDE * 2.0**cone.n * (len(cone.gates) + 4) + 2e-3
    return widest, seconds


def cone_expectation(gates: GateList, terms: Sequence[Term]) -> float:
    """Return ⟨Σ c P⟩ exactly, one state vector per distinct cone.

    Args:
        gates: the circuit.
        terms: product operators; each cone may have at most 24 qubits.

    Returns:
        The value, exact up to rounding.

    Raises:
        VerificationError: if a cone is wider.

    Cost:
        O(gates · 2^w) per cone of w qubits.
    """
    total = sum(t.coefficient for t in terms if not t.factors)
    for cone, products in _cones(gates, terms):
        if cone.n > MAX_WIDTH:
            raise VerificationError(
                f"An observable depends on {cone.n} qubits, beyond the {MAX_WIDTH} of an exact "
                'state vector. Use method="auto" (a matrix product state with an interval).'
            )
        vector = state_vector(cone)
        total += sum(p.coefficient * _product_value(vector, p, cone.n) for p in products)
    return float(total)


def _cones(gates: GateList, terms: Sequence[Term]) -> list[tuple[GateList, list[Term]]]:
    """Group products whose cones are the same."""
    groups: dict[tuple[int, ...], tuple[GateList, list[Term]]] = {}
    for term in terms:
        if not term.factors:
            continue
        cone, moved = cone_circuit(gates, term)
        key = tuple(sorted(term.qubits))
        groups.setdefault(key, (cone, []))[1].append(moved)
    return list(groups.values())


def state_vector(gates: GateList) -> Array:
    """Return the state vector of a gate list by Aer, qubit 0 least significant."""
    circuit = QuantumCircuit(gates.n)
    for qubits, matrix in gates.gates:
        circuit.unitary(matrix, list(qubits))
    circuit.save_statevector()
    simulator = AerSimulator(method="statevector", enable_truncation=False, max_parallel_threads=1)
    result = simulator.run(circuit, shots=1).result()
    if not result.success:
        raise VerificationError(f"Aer could not compute a state vector: {result.status}.")
    return np.asarray(result.data(0)["statevector"])


def _product_value(vector: Array, product: Term, n: int) -> float:
    moved = vector
    for qubit, letter in product.factors:
        block = moved.reshape(2 ** (n - 1 - qubit), 2, 2**qubit)
        moved = np.einsum("ab,xby->xay", FACTORS[letter], block).reshape(-1)
    return float(np.vdot(vector, moved).real)
