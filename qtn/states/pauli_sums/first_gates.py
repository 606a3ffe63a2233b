"""The product state that the first gates of a circuit prepare, and the gates after them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.states.operators import PAULI

__all__ = ["product_inputs"]

Array = NDArray[Any]


def product_inputs(n: int, gates: Iterable[Any]) -> tuple[Array, list[Any]]:
    """Take the one-qubit gates before the first larger gate of every qubit into the input.

    Args:
        n: number of qubits.
        gates: in the order of time, as `generators_of` takes them; the state before is |0…0⟩.

    Returns:
        ⟨X⟩, ⟨Y⟩, ⟨Z⟩ of every qubit, (n, 3), and the gates that are left.

    Cost: O(gates).

    Example:
        >>> flip = np.array([[0, 1], [1, 0]])
        >>> product_inputs(1, [((0,), flip)])[0].round(12) + 0.0
        array([[ 0.,  0., -1.]])
    """
    vectors = np.zeros((n, 2), complex)
    vectors[:, 0] = 1.0
    met, left = set[int](), []
    for gate in gates:
        qubits = gate[0] if isinstance(gate, tuple) else tuple(q for q, _ in gate.letters)
        if isinstance(gate, tuple) and len(qubits) == 1 and qubits[0] not in met:
            vectors[qubits[0]] = gate[1] @ vectors[qubits[0]]
        else:
            met.update(qubits)
            left.append(gate)
    directions = np.einsum("qi,aij,qj->qa", vectors.conj(), PAULI[1:], vectors).real
    return np.ascontiguousarray(directions), left
