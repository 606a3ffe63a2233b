r"""Compute–uncompute: the overlap of a compiled state with a product-encoded input.

With :math:`V|0\rangle = |W\rangle` and :math:`R(x)|0\rangle = |\Phi(x)\rangle`,

.. math:: |\langle \Phi(x) | W \rangle|^2 = |\langle 0 | R(x)^\dagger V | 0 \rangle|^2

is the probability that all qubits are measured as 0 after :math:`R(x)^\dagger V`. The features
:math:`x_i \mapsto (\cos \tfrac{\pi}{2}x_i, \sin \tfrac{\pi}{2}x_i)` make
:math:`R(x) = \prod_i R_Y(\pi x_i)`.

Reference: Havlíček et al., Nature 567, 209 (2019), "kernel estimation" circuit.
"""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparseObservable

from qtn.data.features import trigonometric
from qtn.states import MPS


def overlap_circuit(preparation: QuantumCircuit) -> QuantumCircuit:
    """Return `preparation` followed by the inverse encoding of an unbound input.

    Args:
        preparation: circuit V without measurements, qubits = features.

    Returns:
        A circuit with n parameters x[0] … x[n-1] in [0, 1] (dimensionless) and no measurements;
        its probability of all zeros is |⟨Φ(x)|V|0⟩|².
    """
    n = preparation.num_qubits
    circuit = QuantumCircuit(n, name="overlap")
    circuit.compose(preparation, inplace=True)
    features = ParameterVector("x", n)
    for qubit in range(n):
        circuit.ry(-np.pi * features[qubit], qubit)
    return circuit


def all_zeros(n: int) -> SparseObservable:
    """Return the projector |0…0⟩⟨0…0| on n qubits."""
    return SparseObservable.from_label("0" * n)


def exact_overlaps(state: MPS, x: np.ndarray) -> np.ndarray:
    """Return |⟨Φ(x)|ψ⟩|² without shots or noise.

    Args:
        state: normalised MPS of n qubits.
        x: inputs (batch, n) in [0, 1].

    Returns:
        float64 array (batch,).

    Cost: O(batch · n · χ²).
    """
    features = np.asarray(trigonometric(x))
    vectors = np.ones((len(features), 1), dtype=state.dtype)
    for site, tensor in enumerate(state.tensors):
        left, phys, right = tensor.shape
        branches = (vectors @ tensor.reshape(left, phys * right)).reshape(-1, phys, right)
        vectors = np.einsum("bp,bpr->br", features[:, site], branches)
    return np.abs(vectors[:, 0]) ** 2
