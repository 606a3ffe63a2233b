"""What can be verified: observables as product terms; circuits and targets are read in interop."""

from __future__ import annotations

from typing import Any

from qtn.interop.circuits import GateList, gate_list, own_qubits, refuse_permuted
from qtn.interop.observables import listed, terms_of
from qtn.interop.targets import target_state
from qtn.states.operators import FACTORS, Term, weight_bound

__all__ = [
    "FACTORS",
    "GateList",
    "Product",
    "gate_list",
    "observable_terms",
    "own_qubits",
    "refuse_permuted",
    "target_state",
    "weight_bound",
]

Product = Term


def observable_terms(observables: Any, n: int) -> list[list[Term]]:
    """Return the product terms of each observable.

    Args:
        observables: one observable in any form of `qtn.interop.observables`, or several.
        n: number of qubits they must have.

    Raises:
        ArgumentError: for another type, width, or a complex coefficient.
    """
    return [terms_of(one, n, "observables") for one in listed(observables)]
