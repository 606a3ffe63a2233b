"""What was asked for, as a hash: the same request gives the same hash in another process.

Names of circuits and the unique ids of parameters change from session to session, so they are left
out; gates, qubits, bound angles, parameter names, values, observables, shots and seed are in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn.parallel.circuit_hash import fingerprint
from qtn.states.operators import AXIS, Term

__all__ = ["entry_of", "intent_hash"]


def intent_hash(
    circuits: Iterable[tuple[QuantumCircuit, NDArray[np.float64] | None]],
    terms: Iterable[tuple[int, Term]],
    device: str,
    shots: int,
    seed: int,
    options: str = "",
) -> str:
    """Return the sha256 of a request to `qtn.run`; `options` are those of the caller's object.

    `terms` come with the number of their observable, as given: neither merged nor sorted.
    """
    digest = hashlib.sha256()
    for circuit, values in circuits:
        digest.update(fingerprint(circuit).encode())
        if values is not None:
            digest.update(repr(values.shape).encode())
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    for observable, term in terms:
        key = (term.coefficient.hex(), *entry_of(observable, term)[1:])
        digest.update(repr(key).encode())
    digest.update(json.dumps([device, shots, seed]).encode() + options.encode())
    return digest.hexdigest()


def entry_of(observable: int, term: Term) -> tuple[Any, ...]:
    """Return a term as it is recorded: coefficient, qubits, axes, kinds, number of its observable.

    The kind of a factor is 0 for a Pauli matrix, 1 and 2 for a projector on its states of -1 and 1.
    """
    letters = [letter for _, letter in term.factors]
    kinds = tuple(0 if x in "XYZ" else 1 if x in "1-l" else 2 for x in letters)
    axes = "".join(AXIS[x] for x in letters)
    return term.coefficient, term.qubits, axes, kinds, observable
