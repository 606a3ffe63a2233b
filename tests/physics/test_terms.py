"""Reading Pauli sums."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qtn.errors import ArgumentError
from qtn.physics import chain
from qtn.physics.terms import bond_matrices, neighbour_terms, read_terms


def test_equal_strings_merge_and_the_identity_becomes_the_constant():
    operator = SparsePauliOp(["IXZ", "IXZ", "III", "YII", "YII"], [1, 2, 5, 1, -1])
    terms = read_terms(operator)
    assert terms.products == {((0, "Z"), (1, "X")): 3.0}
    assert (terms.constant, terms.n, terms.reach) == (5.0, 3, 1)
    assert read_terms(terms) is terms


def test_bond_matrices_add_up_to_the_hamiltonian():
    operator = chain("xxz", 5, anisotropy=0.4, field=[0.1, 0.2, 0.3, 0.4, 0.5])
    total = np.zeros((32, 32), dtype=complex)
    for bond, matrix in enumerate(bond_matrices(read_terms(operator))):
        # Row index 2 s_b + s_{b+1}, while the dense order has site 0 least significant.
        swapped = matrix.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
        total += np.kron(np.eye(2 ** (3 - bond)), np.kron(swapped, np.eye(2**bond)))
    assert np.allclose(total, operator.to_matrix())


@pytest.mark.parametrize(
    ("operator", "conserved", "real"),
    [
        (chain("heisenberg", 4), True, True),
        (chain("xyz", 4, x=0.5), False, True),
        (chain("tfim", 4), False, True),
        (SparsePauliOp(["XY", "YX"], [1, -1]), True, False),
        (SparsePauliOp(["XYI", "IYX"], [1, -1]), False, False),
        (chain("xx", 4, field=0.3), True, True),
    ],
)
def test_symmetry_and_reality_agree_with_the_matrix(operator, conserved, real):
    terms, matrix = read_terms(operator), operator.to_matrix()
    n = operator.num_qubits
    total = SparsePauliOp.from_sparse_list([("Z", [i], 1.0) for i in range(n)], n).to_matrix()
    assert terms.conserves_magnetisation == conserved
    assert np.allclose(matrix @ total, total @ matrix) == conserved
    assert terms.real == real == np.allclose(matrix.imag, 0)


@pytest.mark.parametrize(
    ("operator", "text"),
    [
        ("ZQ", "must be a label, Pauli, SparsePauliOp"),
        (3.5, "must be a label, Pauli, SparsePauliOp"),
        ("Z0", "without projectors"),
        (SparsePauliOp(["ZZ"], [1j]), "must be Hermitian"),
        (SparsePauliOp(["Z"]), "at least 2 qubits"),
        (SparsePauliOp(["ZZ"], [np.nan]), "finite coefficients"),
        (SparsePauliOp(["ZZ"], np.array([Parameter("a")])), "bound coefficients"),
    ],
)
def test_bad_operators(operator, text):
    with pytest.raises(ArgumentError, match=text):
        read_terms(operator)


def test_bond_matrices_refuse_long_range_terms():
    with pytest.raises(ArgumentError, match="reaches over 2 sites"):
        bond_matrices(read_terms(chain("j1j2", 4)))


def test_couplings_of_neighbours_only():
    assert neighbour_terms(chain("xx", 4)).n == 4
    with pytest.raises(ArgumentError, match=r"reaches over 2 sites.* Take neighbours"):
        neighbour_terms(SparsePauliOp("XIX"), "Take neighbours.")
