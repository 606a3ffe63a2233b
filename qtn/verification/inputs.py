"""Observables as the engines take them; circuits and targets are read in interop."""

from __future__ import annotations

from typing import Any

from qtn.interop.observables import listed, terms_of
from qtn.states.operators import Term

__all__ = ["observable_terms"]


def observable_terms(observables: Any, n: int) -> list[list[Term]]:
    """Return the product terms of each observable.

    Args:
        observables: one observable in any form of `qtn.interop.observables`, or several.
        n: number of qubits they must have.

    Raises:
        ArgumentError: for another type, width, or a complex coefficient.
    """
    return [terms_of(one, n, "observables") for one in listed(observables)]
