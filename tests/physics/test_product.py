"""Product states by name."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.physics import product_state
from qtn.physics.product import as_state
from qtn.states import MPS


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("neel", "1010"),
        ("zeros", "0000"),
        ("ones", "1111"),
        ("domain-wall", "1100"),
        ("0010", "0010"),
    ],
)
def test_basis_states_land_on_the_qiskit_index(name, bits):
    dense = product_state(name, 4).to_dense()
    assert dense[int(bits, 2)] == 1.0
    assert np.count_nonzero(dense) == 1


def test_letters_are_eigenvectors():
    y_plus = product_state("rl").to_dense()
    expected = np.kron([1, 1j], [1, -1j]) / 2  # qubit 1 is "r", qubit 0 is "l"
    assert np.allclose(y_plus, expected)
    assert np.allclose(product_state("plus", 3).to_dense(), 8**-0.5)
    assert product_state("minus", 2).dtype == np.float64
    assert np.allclose(product_state("minus", 2).to_dense(), [0.5, -0.5, -0.5, 0.5])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: product_state("néel", 3), "one of neel, zeros"),
        (lambda: product_state("neel"), "needs its number of sites"),
        (lambda: product_state("0101", 5), "a string of 5 letters"),
        (lambda: product_state("", 5), "a name or one letter per qubit"),
        (lambda: as_state("state", 3, 4), "an MPS or the name of a product state"),
        (lambda: as_state("state", product_state("00"), 4), "a state of 4 qubits"),
        (lambda: as_state("state", MPS.product([[1, 0, 0]] * 4), 4), "a state of 4 qubits"),
        (lambda: as_state("state", MPS.product([[0.0, 0.0]] * 4), 4), "a non-zero state"),
    ],
)
def test_bad_input(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()
