"""Ground states on trees against dense matrices and chains, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp
from scipy.sparse.linalg import eigsh
from tree_states import TREES, random_sum

import qtn
from qtn.errors import ArgumentError
from qtn.physics import DMRG, GroundState
from qtn.physics.on_trees.tree_ground import random_start


def long_range(n: int) -> SparsePauliOp:
    terms = [
        (p + p, [i, j], 1 / (1 + j - i) ** 2)
        for i in range(n)
        for j in range(i + 1, n)
        for p in "XYZ"
    ]
    return SparsePauliOp.from_sparse_list(terms, num_qubits=n)


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("seed", [3, 4])
def test_any_terms_on_any_tree_exactly(tree, seed):
    hamiltonian = random_sum(seed)
    matrix = hamiltonian.to_matrix()
    lowest = np.linalg.eigvalsh(matrix)[0]
    state = qtn.ground_state(hamiltonian, tree, max_bond=16)
    assert state.origin.energy == pytest.approx(lowest, abs=1e-10)
    assert state.origin.variance < 1e-10
    vector = state.to_dense()
    assert np.linalg.norm(matrix @ vector - lowest * vector) < 1e-5


@pytest.mark.parametrize("tree", ["balanced", "chain"])
@pytest.mark.parametrize("name", ["heisenberg", "tfim", "long"])
def test_twelve_sites_exactly(name, tree):
    hamiltonian = long_range(12) if name == "long" else qtn.chain(name, 12)
    lowest = eigsh(hamiltonian.to_matrix(sparse=True), k=1, which="SA")[0][0]
    state = qtn.ground_state(hamiltonian, tree)
    assert state.dtype == np.float64
    assert state.origin.converged
    assert state.origin.energy == pytest.approx(lowest, abs=1e-9)
    assert state.norm() == pytest.approx(1.0)


@pytest.mark.parametrize("tree", ["balanced", "chain"])
def test_32_sites_as_the_chain_finds_them(tree):
    hamiltonian = qtn.chain("tfim", 32)
    chain = qtn.ground_state(hamiltonian, max_bond=32)
    state = qtn.ground_state(hamiltonian, tree, max_bond=32)
    assert state.origin.energy == pytest.approx(chain.origin.energy, abs=1e-8)
    assert state.origin.variance < 1e-6


def test_small_bonds_are_kept_and_the_energy_is_an_upper_bound():
    hamiltonian = qtn.chain("heisenberg", 10)
    lowest = eigsh(hamiltonian.to_matrix(sparse=True), k=1, which="SA")[0][0]
    state = qtn.ground_state(hamiltonian, "balanced", max_bond=4)
    assert state.max_bond <= 4
    assert lowest < state.origin.energy < lowest + 0.1
    vector = state.to_dense()
    value = np.vdot(vector, hamiltonian.to_matrix(sparse=True) @ vector)
    assert value == pytest.approx(state.origin.energy, abs=1e-12)
    better = qtn.ground_state(hamiltonian, state, max_bond=8)
    assert lowest < better.origin.energy < state.origin.energy


def test_starts_and_the_smallest_tree():
    hamiltonian = qtn.chain("heisenberg", 6)
    lowest = np.linalg.eigvalsh(hamiltonian.to_matrix())[0]
    named = qtn.ground_state(hamiltonian, "balanced", start="neel", method=DMRG(sweeps=10))
    assert named.origin.energy == pytest.approx(lowest, abs=1e-9)
    two = qtn.ground_state(qtn.chain("heisenberg", 2), "chain")
    assert two.origin.energy == pytest.approx(-0.75)
    assert isinstance(two.origin, GroundState)
    assert random_start(((0, 1), (2, 3), (4, 5)), 0).bonds == (4, 4)


def test_a_file_keeps_the_certificate(tmp_path):
    state = qtn.ground_state(qtn.chain("tfim", 4), "balanced")
    again = qtn.load(qtn.save(state, tmp_path / "ground.qtn"))
    assert again.origin.energy == state.origin.energy
    assert not again.origin.verified


def test_wrong_trees_and_starts_are_refused():
    hamiltonian = qtn.chain("tfim", 4)
    with pytest.raises(ArgumentError, match="3 pairs that join 4 sites"):
        qtn.ground_state(hamiltonian, ((0, 1),))
    with pytest.raises(ArgumentError, match="a tree of 4 qubits, as many as the Hamiltonian has"):
        qtn.ground_state(hamiltonian, qtn.product_state("01", tree="chain"))
    tree = qtn.product_state("0101", tree="chain")
    with pytest.raises(ArgumentError, match="`start` must be None where `tree` is a TTN"):
        qtn.ground_state(hamiltonian, tree, start="neel")
    with pytest.raises(ArgumentError, match="`start` must be on a tree the name of a product"):
        qtn.ground_state(hamiltonian, "chain", start=qtn.product_state("0101"))
    with pytest.raises(ArgumentError, match="Hermitian"):
        qtn.ground_state(1j * hamiltonian, "chain")
