"""Operators with labelled bonds are the Hamiltonian, with the smallest bonds."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.physics.charges.labelled import labelled_operator, squared
from qtn.physics.mpo import operator_tensors
from qtn.physics.terms import read_terms


def matrix_of(tensors: list[np.ndarray]) -> np.ndarray:
    """Contract an operator; site 0 is the least significant digit, as in Qiskit."""
    out = np.ones((1, 1, 1))
    for w in tensors:
        out = np.einsum("xoi,xypq->ypoqi", out, w).reshape(w.shape[1], 2 * out.shape[1], -1)
    return out[0]


def twisted() -> SparsePauliOp:
    listed = [("XY", [i, i + 1], 1.0) for i in range(4)]
    listed += [("YX", [i, i + 1], -1.0) for i in range(4)]
    listed += [(p, [i, i + 2], 0.3) for i in range(3) for p in ("XX", "YY")]
    return SparsePauliOp.from_sparse_list([*listed, ("Z", [2], 0.4), ("", [], 1.5)], 5)


@pytest.mark.parametrize(
    "hamiltonian",
    [
        qtn.chain("heisenberg", 5),
        qtn.chain("j1j2", 6, next_coupling=0.3, field=0.2),
        twisted(),
    ],
)
def test_it_is_the_hamiltonian_and_no_wider_than_the_plain_one(hamiltonian):
    terms = read_terms(hamiltonian)
    found = labelled_operator(terms, [1] * terms.n)
    assert np.abs(matrix_of(found.tensors) - hamiltonian.to_matrix()).max() < 1e-12
    plain = operator_tensors(terms)
    assert [t.shape[:2] for t in found.tensors] == [t.shape[:2] for t in plain]
    assert all(t.dtype == (float if terms.real else complex) for t in found.tensors)


def test_every_entry_raises_what_its_labels_say():
    terms = read_terms(twisted())
    operator = labelled_operator(terms, [3, 3, 3, 3, 3])
    for site, tensor in enumerate(operator.tensors):
        left, right = operator.labels[site], operator.labels[site + 1]
        for a, b, out, into in np.argwhere(tensor):
            assert right[b] - left[a] == 3 * (out - into)
        again = np.zeros_like(tensor)
        for a, b, out, into, matrix in operator.pieces(site):
            again[np.ix_(left == a, right == b, [out], [into])] += matrix[:, :, None, None]
        assert (again == tensor).all()


def test_the_square():
    hamiltonian = qtn.chain("heisenberg", 4)
    terms = read_terms(hamiltonian)
    found = squared(labelled_operator(terms, [1] * 4), 0.7)
    shifted = hamiltonian.to_matrix() - 0.7 * np.eye(16)
    assert np.abs(matrix_of(found.tensors) - shifted @ shifted).max() < 1e-12
    assert [len(row) for row in found.labels] == [1, *(t.shape[1] for t in found.tensors)]
