"""The rank-adaptive integrator: invariants of a step, and no stall from a product state."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from qiskit.quantum_info import SparsePauliOp
from tree_states import TREES, random_sum, random_tree, tfim

import qtn
from qtn.physics import BUG, ParallelBUG
from qtn.physics.on_trees.basis_update import updated
from qtn.physics.on_trees.tree_channels import tree_operator
from qtn.physics.on_trees.tree_forms import shape_pairs
from qtn.physics.terms import read_terms
from qtn.states import TTN
from qtn.states.tree import tree_product_sum

Z = np.diag([1.0, -1.0])


@pytest.mark.parametrize("tree", TREES)
def test_a_step_keeps_norm_energy_and_the_old_bases(tree):
    hamiltonian = random_sum(1)
    state = random_tree(shape_pairs(tree, 6), 2, 2)
    operator = tree_operator(read_terms(hamiltonian), state.pairs)
    wide = updated(operator, state.tensors, -0.1j, 0.0, (25, 1e-13))
    for old, new in zip(state.tensors[:-1], wide[:-1]):
        a, b, c = old.shape
        assert np.abs(new[:a, :b, :c] - old).max() == 0.0
        assert c < new.shape[2] <= 16
    vector = TTN(tuple(wide), state.pairs).to_dense()
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-12)
    matrix, before = hamiltonian.to_matrix(), state.to_dense()
    energy = np.vdot(before, matrix @ before).real
    assert np.vdot(vector, matrix @ vector).real == pytest.approx(energy, abs=1e-11)
    exact = scipy.linalg.expm(-0.1j * matrix) @ before
    assert np.linalg.norm(vector - exact) < 0.2 * np.linalg.norm(before - exact)


def test_full_bonds_make_a_step_exact():
    hamiltonian = random_sum(2)
    state = random_tree(shape_pairs("balanced", 6), 16, 3)
    operator = tree_operator(read_terms(hamiltonian), state.pairs)
    wide = updated(operator, state.tensors, -0.3j, 0.0, (40, 1e-13))
    exact = scipy.linalg.expm(-0.3j * hamiltonian.to_matrix()) @ state.to_dense()
    assert np.linalg.norm(TTN(tuple(wide), state.pairs).to_dense() - exact) < 1e-11


def pairs_in_time(n: int, time: float, steps: int) -> np.ndarray:
    """Two-site TDVP on a balanced tree from a product state, integrated as what it is.

    Inside such a tree every bond is 1, a node above the lowest ones has no leg of more, and two
    neighbouring nodes hold one lowest node at most: a pair of sites, whose bond upwards a split
    leaves at 1. So the method moves products of pairs in the mean field of the others.
    """
    x, eye = np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2)
    own = -np.kron(Z, Z) - np.kron(x, eye) - np.kron(eye, x)
    left, right = np.kron(Z, eye), np.kron(eye, Z)

    def slope(states):
        value = [[np.vdot(s, m @ s).real for s in states] for m in (left, right)]
        out = []
        for k, state in enumerate(states):
            field = own.astype(complex)
            if k:
                field = field - value[1][k - 1] * left
            if k + 1 < len(states):
                field = field - value[0][k + 1] * right
            out.append(-1j * field @ state)
        return np.array(out)

    states, h = np.zeros((n // 2, 4), dtype=complex), time / steps
    states[:, 0] = 1.0
    for _ in range(steps):  # Runge and Kutta
        a = slope(states)
        b = slope(states + h / 2 * a)
        c = slope(states + h / 2 * b)
        states = states + h / 6 * (a + 2 * b + 2 * c + slope(states + h * c))
    return states


def test_no_stall_where_two_site_tdvp_stalls():
    exact = 0.3433411661
    stuck = pairs_in_time(8, 1.0, 200)[2]  # sites 4 and 5
    value = np.vdot(stuck, np.kron(Z, np.eye(2)) @ stuck).real
    assert abs(value - exact) > 0.01
    start = qtn.product_state("zeros", 8, tree="balanced")
    state = qtn.evolve(tfim(8), start, 1.0, cutoff=1e-14, method=BUG(0.05))
    assert state.max_bond > 4
    assert abs(tree_product_sum(state, [{4: Z}])[0].real - exact) < 2e-5


@pytest.mark.parametrize("method", [BUG(0.05), ParallelBUG(0.05)])
def test_no_stall_where_the_mean_field_vanishes(method):
    # ⟨Z⟩ = 0 in |+…+⟩: no node finds a new direction in the mean field of the others.
    hamiltonian = SparsePauliOp.from_sparse_list(
        [("ZZ", [i, i + 1], -1.0) for i in range(7)], num_qubits=8
    )
    start = qtn.product_state("plus", 8, tree="balanced")
    state = qtn.evolve(hamiltonian, start, 0.5, cutoff=1e-14, max_bond=16, method=method)
    exact = np.exp(-0.5j * hamiltonian.to_matrix().diagonal().real) / 16
    assert abs(np.vdot(exact, state.to_dense())) ** 2 > 1 - 1e-4
