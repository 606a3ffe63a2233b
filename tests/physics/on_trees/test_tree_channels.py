"""Hamiltonians on trees against dense matrices, and their channels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp
from tree_states import TREES, random_sum

import qtn
from qtn.physics.on_trees.tree_channels import TreeOperator, tree_operator
from qtn.physics.on_trees.tree_forms import shape_pairs
from qtn.physics.terms import read_terms


def dense(operator: TreeOperator) -> np.ndarray:
    """The matrix in Qiskit's order, channel by channel from the sites to the root."""
    n = operator.n
    blocks = [(leaf, [i]) for i, leaf in enumerate(operator.leaves)]
    for core, (a, b) in zip(operator.cores, operator.pairs, strict=True):
        (left, one), (right, other) = blocks[a], blocks[b]
        joined = np.einsum("abc,aij,bkl->cikjl", core, left, right)
        side = left.shape[1] * right.shape[1]
        blocks.append((joined.reshape(-1, side, side), one + other))
    matrix, sites = blocks[-1]
    order = [sites.index(s) for s in reversed(range(n))]
    tensor = matrix[0].reshape((2,) * 2 * n).transpose(order + [n + i for i in order])
    return tensor.reshape(2**n, 2**n)


@given(st.sampled_from(TREES), st.integers(0, 2**31))
def test_any_sum_on_any_tree(tree, seed):
    hamiltonian = random_sum(seed)
    operator = tree_operator(read_terms(hamiltonian), shape_pairs(tree, 6))
    assert np.abs(dense(operator) - hamiltonian.to_matrix()).max() < 1e-12


@pytest.mark.parametrize("tree", TREES)
def test_real_sums_stay_real_and_channels_are_few(tree):
    hamiltonian = qtn.chain("heisenberg", 6)
    operator = tree_operator(read_terms(hamiltonian), shape_pairs(tree, 6))
    assert {leaf.dtype for leaf in operator.leaves} == {np.dtype(float)}
    # every pair that a bond cuts has three couplings
    assert np.abs(np.linalg.eigvalsh(dense(operator))
                  - np.linalg.eigvalsh(hamiltonian.to_matrix())).max() < 1e-12  # fmt: skip


def test_couplings_that_decay_as_one_exponential_take_one_channel():
    n = 12
    terms = [("ZZ", [i, j], 0.5 ** (j - i)) for i in range(n) for j in range(i + 1, n)]
    hamiltonian = SparsePauliOp.from_sparse_list(terms, num_qubits=n)
    operator = tree_operator(read_terms(hamiltonian), shape_pairs("chain", n))
    assert max(core.shape[2] for core in operator.cores) == 3
