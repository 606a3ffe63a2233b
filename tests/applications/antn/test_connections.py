"""Connections: the matrix of a Pauli sum, element by element."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp

from qtn.applications.antn.connections import connected, connections_of
from qtn.applications.antn.enumeration import beginnings, matrix_of_terms
from qtn.errors import ArgumentError
from qtn.physics.terms import read_terms

LABELS = st.text("IXYZ", min_size=4, max_size=4).filter(lambda s: s.count("Y") % 2 == 0)


def dense(operator: SparsePauliOp) -> np.ndarray:
    """The matrix with site 0 as the most significant digit."""
    n = operator.num_qubits
    tensor = operator.to_matrix().reshape((2,) * (2 * n))
    axes = [*reversed(range(n)), *reversed(range(n, 2 * n))]
    return tensor.transpose(axes).reshape(2**n, 2**n).real


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(LABELS, st.floats(-2, 2)), min_size=1, max_size=8))
def test_the_matrix_is_that_of_the_sum(words: list[tuple[str, float]]) -> None:
    operator = SparsePauliOp([w for w, _ in words], [c for _, c in words])
    found = matrix_of_terms(connections_of(read_terms(operator)), beginnings(4, None).bits)
    np.testing.assert_allclose(found.toarray(), dense(operator), atol=1e-12)


def test_only_elements_that_are_not_zero_are_visited() -> None:
    exchange = SparsePauliOp(["XX", "YY", "ZZ"])
    bits = np.array([[0, 0], [0, 1]], np.uint8)
    ((rows, others, elements),) = list(connected(connections_of(read_terms(exchange)), bits))
    assert rows.tolist() == [1]
    assert others.tolist() == [[1, 0]]
    assert elements.tolist() == [2.0]


def test_a_complex_sum_is_refused() -> None:
    with pytest.raises(ArgumentError, match="must be real in the basis of Z"):
        connections_of(read_terms(SparsePauliOp(["XY", "YX"], [1.0, -1.0])))
