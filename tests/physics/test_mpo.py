"""Operators: exactness, smallest bond, expectation, variance, application."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import dense_chain, random_chain
from qiskit.quantum_info import SparsePauliOp

from qtn.physics import chain, cylinder
from qtn.physics.mpo import (
    apply_operator,
    apply_operator_cut,
    expectation,
    operator_tensors,
    variance,
)
from qtn.physics.terms import read_terms
from qtn.states import MPS


def _dense(operator: list[np.ndarray]) -> np.ndarray:
    block = operator[0][0]
    for w in operator[1:]:
        block = np.einsum("aij,abkl->bkilj", block, w)
        block = block.reshape(block.shape[0], block.shape[1] * block.shape[2], -1)
    return block[0]


@pytest.mark.parametrize(
    ("operator", "bond"),
    [
        (chain("heisenberg", 6), 5),
        (chain("tfim", 6), 3),
        (chain("j1j2", 6), 8),
        (chain("xyz", 6, x=0.3, y=0.5, z=2.0, periodic=True), 8),
        (chain("haldane-shastry", 6), 11),
        (cylinder("heisenberg", 3, 2), 11),
        (SparsePauliOp(["XYZX", "IIYY", "ZIIZ", "IYII", "IIII"], [1.0, 2.0, 0.5, 0.3, -2.0]), 5),
    ],
)
def test_the_product_is_exact_and_its_bond_minimal(operator, bond):
    tensors = operator_tensors(read_terms(operator))
    assert np.allclose(_dense(tensors), operator.to_matrix(), atol=1e-12)
    assert max(w.shape[0] for w in tensors) == bond


def test_real_hamiltonians_have_real_tensors():
    assert operator_tensors(read_terms(chain("heisenberg", 4)))[1].dtype == np.float64
    assert operator_tensors(read_terms(SparsePauliOp(["XY"])))[1].dtype == np.complex128


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(1, 30))
def test_random_pauli_sums(seed, n, count):
    rng = np.random.default_rng(seed)
    labels = ["".join(rng.choice(list("IXYZ"), size=n)) for _ in range(count)]
    operator = SparsePauliOp(labels, rng.normal(size=count))
    tensors = operator_tensors(read_terms(operator))
    assert np.allclose(_dense(tensors), operator.to_matrix(), atol=1e-10)
    state = random_chain(rng, n, 3)
    vector = dense_chain(state)
    image = dense_chain(apply_operator(tensors, state))
    assert np.allclose(image, operator.to_matrix() @ vector, atol=1e-10)
    norm = np.vdot(vector, vector).real
    exact = np.vdot(vector, image).real / norm
    assert expectation(tensors, state) == pytest.approx(exact, abs=1e-10)


def test_power_law_couplings_compress():
    bonds = [w.shape[0] for w in operator_tensors(read_terms(chain("long-range-xy", 40)), 1e-10)]
    assert max(bonds) < 30


def test_variance_is_zero_on_eigenstates_and_exact_elsewhere():
    rng = np.random.default_rng(3)
    operator = chain("xxz", 6, anisotropy=0.3, field=0.2)
    tensors, matrix = operator_tensors(read_terms(operator)), operator.to_matrix()
    state = random_chain(rng, 6, 4)
    vector = dense_chain(state)
    state[0] = state[0] / np.linalg.norm(vector)
    vector = vector / np.linalg.norm(vector)
    energy = np.vdot(vector, matrix @ vector).real
    exact = np.linalg.norm(matrix @ vector - energy * vector) ** 2
    assert variance(tensors, state, energy) == pytest.approx(exact, rel=1e-10)
    up = [np.array([1.0, 0.0]).reshape(1, 2, 1)] * 6
    assert variance(tensors, up, expectation(tensors, up)) < 1e-13


def test_products_cut_on_the_way():
    rng = np.random.default_rng(3)
    bonds = [1, 2, 4, 6, 6, 6, 4, 2, 1]
    shapes = [(bonds[i], 2, bonds[i + 1]) for i in range(8)]
    state = MPS(tuple(rng.normal(size=s) + 1j * rng.normal(size=s) for s in shapes)).normalised()
    hamiltonian = chain("haldane-shastry", 8)
    operator = operator_tensors(read_terms(hamiltonian))
    exact = hamiltonian.to_matrix() @ state.to_dense()
    whole = MPS(tuple(apply_operator_cut(operator, state.tensors, 64, rng)))
    assert np.allclose(whole.to_dense(), exact, atol=1e-12)
    cut = MPS(tuple(apply_operator_cut(operator, state.tensors, 10, rng)))
    best, found = (m.truncated(max_bond=5, cutoff=0.0).state for m in (whole, cut))
    assert cut.max_bond == 10
    assert found.infidelity(whole) < 1.5 * best.infidelity(whole)
    zero = [np.zeros_like(t) for t in operator]
    assert MPS(tuple(apply_operator_cut(zero, state.tensors, 4, rng))).norm() == 0.0
