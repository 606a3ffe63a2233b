"""Two-site TDVP against dense exponentials, for terms of any range."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import dense_chain
from qiskit.quantum_info import SparsePauliOp
from scipy.sparse.linalg import expm_multiply

import qtn
from qtn.physics import TDVP, TEBD, cylinder, product_state
from qtn.physics.mpo import operator_tensors
from qtn.physics.tdvp import enlarge
from qtn.physics.terms import read_terms

# Couples only sites two bonds apart or more: a two-site tangent space of a product state sees none
# of it.
FAR = SparsePauliOp.from_sparse_list(
    [("XX", [0, 6], 1.0), ("YZY", [1, 3, 5], 0.7), ("Z", [2], 0.3), ("X", [4], 0.2)], num_qubits=7
)
CASES = [
    (qtn.chain("j1j2", 8), "neel"),
    (qtn.chain("long-range-ising", 7, exponent=1.5), "zeros"),
    (cylinder("heisenberg", 3, 2), "010011"),
    (FAR, "zeros"),
]


def _exact(hamiltonian, start, time):
    vector = product_state(start, hamiltonian.num_qubits).to_dense().astype(complex)
    vector = expm_multiply(-1j * time * hamiltonian.to_matrix(sparse=True), vector)
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize(("hamiltonian", "start"), CASES)
def test_real_time(hamiltonian, start):
    state = qtn.evolve(hamiltonian, start, 0.8, method=TDVP(step=0.1))
    error = np.linalg.norm(state.to_dense() - _exact(hamiltonian, start, 0.8))
    assert error < 3e-5
    assert error < 10 * (state.origin.step_error + state.origin.truncation_error) + 1e-10
    assert state.norm() == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize(("hamiltonian", "start"), CASES)
def test_imaginary_time(hamiltonian, start):
    state = qtn.evolve(hamiltonian, start, -0.8j, method=TDVP(step=0.1))
    exact = _exact(hamiltonian, start, -0.8j)
    assert 1 - abs(np.vdot(exact, state.to_dense())) ** 2 < 1e-8
    assert state.dtype == np.float64


def test_agrees_with_tebd_at_twelve_sites():
    hamiltonian = qtn.chain("heisenberg", 12)
    by_tdvp = qtn.evolve(hamiltonian, "neel", 1.0, method=TDVP(step=0.1), cutoff=1e-10)
    by_tebd = qtn.evolve(hamiltonian, "neel", 1.0, method=TEBD(), cutoff=1e-12)
    assert by_tdvp.infidelity(by_tebd) < 1e-6


def test_enlarging_leaves_the_state_and_adds_directions():
    operator = operator_tensors(read_terms(FAR))
    tensors = [t.astype(complex) for t in product_state("zeros", 7).tensors]
    before = dense_chain(tensors)
    enlarge(operator, tensors, 0)
    assert np.allclose(dense_chain(tensors), before, atol=1e-12)
    assert max(t.shape[0] for t in tensors) > 1
    for a in tensors[1:]:
        assert np.allclose(np.einsum("asb,csb->ac", a, a.conj()), np.eye(len(a)), atol=1e-12)
    limited = [t.astype(complex) for t in product_state("zeros", 7).tensors]
    enlarge(operator, limited, 2)
    assert max(t.shape[0] for t in limited) == 2


def test_a_state_that_the_hamiltonian_takes_to_zero_stays():
    hop = SparsePauliOp.from_sparse_list(
        [(word, [i, i + 2], 1.0) for i in range(2) for word in ("XX", "YY")], 4
    )
    for time in (1.0, -1j):
        later = qtn.evolve(hop, "zeros", time)
        assert later.fidelity(product_state("zeros", 4)) > 1 - 1e-12
        assert later.origin.step_error < 1e-12


def test_two_sites_and_a_bond_limit():
    two = qtn.chain("heisenberg", 2)
    state = qtn.evolve(two, "01", 0.7, method=TDVP())
    assert np.allclose(state.to_dense(), _exact(two, "01", 0.7), atol=1e-10)
    limited = qtn.evolve(qtn.chain("j1j2", 10), "neel", 1.0, method=TDVP(step=0.2), max_bond=5)
    assert limited.max_bond <= 5
    assert limited.origin.truncation_error > 0


@pytest.mark.parametrize("time", [0.3, -0.3j])
@pytest.mark.parametrize("limit", [None, 12])
def test_steps_in_blocks_are_the_dense_steps(time, limit, monkeypatch):
    hamiltonian = qtn.chain("j1j2", 9, next_coupling=0.3, field=0.2)
    start = qtn.evolve(qtn.chain("heisenberg", 9), "neel", 1.5, max_bond=limit)
    dense = qtn.evolve(hamiltonian, start, time, max_bond=limit, method=TDVP(step=0.1))
    monkeypatch.setattr("qtn.physics.tdvp.PAYS", 12)
    blocks = qtn.evolve(hamiltonian, start, time, max_bond=limit, method=TDVP(step=0.1))
    assert start.max_bond >= 12
    assert blocks.infidelity(dense) < 1e-14
    assert blocks.origin.step_error == pytest.approx(dense.origin.step_error, rel=1e-3, abs=1e-12)
    assert blocks.origin.discarded == pytest.approx(dense.origin.discarded, abs=1e-12)
    assert blocks.dtype == dense.dtype


def test_a_state_without_a_charge_stays_dense_and_one_in_blocks_is_taken(monkeypatch):
    hamiltonian = qtn.chain("j1j2", 7, next_coupling=0.3)
    expected = qtn.evolve(hamiltonian, "plus", 0.3, method=TDVP(step=0.1))
    monkeypatch.setattr("qtn.physics.tdvp.PAYS", 2)
    found = qtn.evolve(hamiltonian, "plus", 0.3, method=TDVP(step=0.1))
    assert found.infidelity(expected) < 1e-14
    start = qtn.BlockMPS.product([0, 1, 0, 1, 0, 1, 0])
    moved = qtn.evolve(hamiltonian, start, 0.3, method=TDVP(step=0.1))
    assert moved.infidelity(qtn.evolve(hamiltonian, "neel", 0.3, method=TDVP(step=0.1))) < 1e-12
