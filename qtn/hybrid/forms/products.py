r"""Scores that are overlaps: squares of amplitudes of a compiled state with product vectors.

The forms whose scores are

.. math:: s_l(x) = w\, |\langle v(x)| V_k |0\rangle|^2, \qquad v(x) = v_0(x) ⊗ … ⊗ v_{n-1}(x)

say so by `Form.products`, one `Product` per score. Exact scores, the shots that a decision takes
and refinement are computed from that alone, whatever the form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn.interop.circuits import circuit_to_mps
from qtn.states import MPS

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Product:
    """One score as an overlap: weight · |⟨v(x)|V_number|0⟩|².

    Args:
        number: of the compiled circuit V.
        vectors: v(x), one vector of length 2 per row and qubit, shape (batch, n, 2); of any norm.
        weight: what the overlap counts, at least 0.
    """

    number: int
    vectors: NDArray[Any]
    weight: float = 1.0

    def __post_init__(self) -> None:
        shape = np.shape(self.vectors)
        if len(shape) != 3 or shape[2] != 2:
            raise fail("vectors", "an array (batch, qubits, 2)", self.vectors)

    def __repr__(self) -> str:
        batch, n, _ = self.vectors.shape
        return f"Product(circuit {self.number}, {batch} rows, {n} qubits, weight={self.weight:.6g})"


def overlaps(state: MPS, vectors: NDArray[Any]) -> NDArray[Any]:
    """Return the amplitudes ⟨v|ψ⟩ of product vectors in a chain.

    Args:
        state: of n qubits.
        vectors: shape (batch, n, 2).

    Returns:
        Array (batch,), real where state and vectors are.

    Cost: O(batch · n · χ²).
    """
    bras = np.conj(vectors)
    left = np.ones((len(bras), 1), dtype=np.result_type(state.dtype, bras))
    for site, tensor in enumerate(state.tensors):
        rows, phys, columns = tensor.shape
        branches = (left @ tensor.reshape(rows, phys * columns)).reshape(-1, phys, columns)
        left = np.einsum("bp,bpr->br", bras[:, site], branches)
    return np.asarray(left[:, 0])


def exact_scores(circuits: Sequence[Any], products: Sequence[Product]) -> Floats:
    """Return the scores of products without noise and shots, shape (batch, products).

    Args:
        circuits: the compiled circuits.
        products: as `Form.products` gives them.

    Cost: one simulation of every circuit as a chain, then O(batch · n · χ²) per product.
    """
    states = {k: circuit_to_mps(circuits[k]) for k in {p.number for p in products}}
    columns = [p.weight * np.abs(overlaps(states[p.number], p.vectors)) ** 2 for p in products]
    return np.stack(columns, axis=1)
