"""Overlaps of compiled states with product vectors, against dense linear algebra."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from oracles import random_chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qtn.errors import ArgumentError
from qtn.hybrid import Product
from qtn.hybrid.forms.products import exact_scores, overlaps
from qtn.states import MPS


def dense(vectors: np.ndarray) -> np.ndarray:
    """The product of one row, qubit 0 least significant."""
    return reduce(lambda done, vector: np.kron(vector, done), vectors, np.ones(1))


@pytest.mark.parametrize("real", [True, False])
def test_overlaps_of_a_chain(real: bool) -> None:
    rng = np.random.default_rng(0)
    state = MPS(tuple(random_chain(rng, 6, 4, real=real))).normalised()
    vectors = rng.normal(size=(5, 6, 2)) + (0 if real else 1j * rng.normal(size=(5, 6, 2)))
    expected = [np.vdot(dense(row), state.to_dense()) for row in vectors]
    np.testing.assert_allclose(overlaps(state, vectors), expected, atol=1e-12)


def test_scores_name_their_circuit_and_weight() -> None:
    rng = np.random.default_rng(1)
    circuits = []
    for _ in range(2):
        circuit = QuantumCircuit(3)
        for qubit in range(2):
            circuit.u(*rng.uniform(0, np.pi, 3), qubit)
            circuit.cx(qubit, qubit + 1)
        circuits.append(circuit)
    vectors = rng.normal(size=(4, 3, 2))
    products = [Product(1, vectors, 0.25), Product(0, vectors), Product(1, 2 * vectors)]
    found = exact_scores(circuits, products)
    for column, (number, weight) in enumerate(((1, 0.25), (0, 1.0), (1, 64.0))):
        state = Statevector(circuits[number]).data
        wanted = [weight * abs(np.vdot(dense(row), state)) ** 2 for row in vectors]
        assert found[:, column] == pytest.approx(wanted, abs=1e-12)
    assert repr(products[0]) == "Product(circuit 1, 4 rows, 3 qubits, weight=0.25)"


@pytest.mark.parametrize("wrong", [np.zeros((2, 3)), np.zeros((2, 3, 4)), 1.0])
def test_vectors_of_another_shape_are_refused(wrong: object) -> None:
    with pytest.raises(ArgumentError, match=r"`vectors` must be an array \(batch, qubits, 2\)"):
        Product(0, wrong)  # type: ignore[arg-type]
