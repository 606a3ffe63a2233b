"""`qtn.MPO` against matrices: order of qubits, factoring, action on states, unitarity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import Operator, random_unitary

import qtn
from qtn.errors import ArgumentError


def unitary(n: int, seed: int = 0) -> np.ndarray:
    return np.asarray(random_unitary(2**n, seed=seed).data)


@given(st.integers(1, 4), st.integers(0, 2**16))
def test_a_matrix_comes_back_from_its_factors(n, seed):
    matrix = unitary(n, seed)
    operator = qtn.MPO.from_dense(matrix)
    assert np.allclose(operator.to_dense(), matrix, atol=1e-13)
    assert len(operator) == operator.n == n
    assert operator.max_bond == max(operator.bonds, default=1)
    assert operator.unitary_error() < 1e-12


def test_the_order_of_qubits_is_that_of_qiskit():
    matrix = np.asarray(Operator.from_label("XIZ").data)
    operator = qtn.MPO.from_dense(matrix)
    assert operator.bonds == (1, 1)
    assert np.allclose(np.abs(operator.tensors[0][0, :, :, 0]) > 1e-9, np.eye(2))  # Z on site 0
    assert repr(operator) == "MPO(3 sites, max bond 1, complex128)"


def test_it_acts_on_states_as_its_matrix_does():
    rng = np.random.default_rng(1)
    matrix, vector = unitary(4), rng.normal(size=16)
    found = qtn.MPO.from_dense(matrix).apply(qtn.MPS.from_dense(vector))
    assert np.allclose(found.to_dense(), matrix @ vector, atol=1e-12)
    with pytest.raises(ArgumentError, match="an MPS of 4 qubits"):
        qtn.MPO.from_dense(matrix).apply(qtn.MPS.from_dense(vector[:8]))


def test_fidelity_is_that_of_hilbert_and_schmidt():
    a, b = unitary(3, 1), unitary(3, 2)
    one, other = qtn.MPO.from_dense(a), qtn.MPO.from_dense(b)
    exact = abs(np.trace(a.conj().T @ b)) ** 2 / 64
    assert one.fidelity(other) == pytest.approx(exact, rel=1e-10)
    assert one.infidelity(qtn.MPO.from_dense(1j * a)) < 1e-26  # a phase does not matter
    with pytest.raises(ArgumentError, match="an MPO"):
        one.fidelity(a)


def test_unitarity_of_a_long_chain_is_tried_on_product_states():
    eye = [np.eye(2).reshape(1, 2, 2, 1)] * 12
    assert qtn.MPO(tuple(eye)).unitary_error() < 1e-12
    off = [*eye[:5], np.diag([1.0, 1.01]).reshape(1, 2, 2, 1), *eye[6:]]
    assert 1e-4 < qtn.MPO(tuple(off)).unitary_error() < 0.03
    short = qtn.MPO.from_dense(np.diag([1.0, 1.1]))
    assert short.unitary_error() == pytest.approx(0.21)


def test_quimb_and_back():
    matrix = unitary(3)
    there = qtn.MPO.from_dense(matrix).to_quimb()
    assert qtn.MPO.from_quimb(there).infidelity(qtn.MPO.from_dense(matrix)) < 1e-25
    dense = there.to_dense()  # quimb counts its first site as the most significant digit
    turned = dense.reshape((2,) * 6).transpose(2, 1, 0, 5, 4, 3).reshape(8, 8)
    assert np.allclose(turned, matrix, atol=1e-12)
    single = qtn.MPO.from_dense(unitary(1))
    assert qtn.MPO.from_quimb(single.to_quimb()).infidelity(single) < 1e-25


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ((), "non-empty"),
        ((np.ones((1, 2, 1)),), "4 axes"),
        ((np.ones((1, 3, 3, 1)),), "dimension 2"),
        ((np.ones((1, 2, 2, 2)),), "last right bond"),
        ((np.full((1, 2, 2, 1), np.nan),), "finite|NaN"),
    ],
)
def test_what_is_no_operator_is_refused(tensors, message):
    with pytest.raises(ArgumentError, match=message):
        qtn.MPO(tensors)


def test_matrices_of_other_shapes_and_long_chains_are_refused():
    with pytest.raises(ArgumentError, match="side 2\\^n"):
        qtn.MPO.from_dense(np.eye(3))
    with pytest.raises(ArgumentError, match="at most 14 sites"):
        qtn.MPO((np.eye(2).reshape(1, 2, 2, 1),) * 15).to_dense()


def test_a_propagator_is_read_from_its_file_as_it_was_written(tmp_path):
    hamiltonian = qtn.chain("tfim", 5, field=0.8)
    old = qtn.propagator(hamiltonian, 0.4, progress=False)
    new = qtn.load(qtn.save(old, tmp_path / "u.qtn"))
    assert isinstance(new, qtn.MPO)
    assert all(np.array_equal(a, b) for a, b in zip(old.tensors, new.tensors, strict=True))
    assert new.origin.time == old.origin.time
    assert new.origin.hamiltonian == old.origin.hamiltonian
    # What made it is enough to start from the same formulas.
    method = qtn.Brickwall(3, steps=5)
    short, again = (qtn.compile(u, method, progress=False) for u in (old, new))
    assert again.infidelity == pytest.approx(short.infidelity, rel=1e-9)
    back = qtn.load(qtn.save(short, tmp_path / "short.qtn"))
    assert back.sequence.operator
    assert back.sequence.same(short.sequence)
    assert qtn.operator(back.circuit).infidelity(old) == pytest.approx(short.infidelity, rel=1e-6)


@pytest.mark.parametrize("real", [True, False])
def test_an_operator_without_origin_is_kept(tmp_path, real):
    old = qtn.MPO.from_dense(np.eye(8)[::-1] if real else unitary(3))
    new = qtn.load(qtn.save(old, tmp_path / "u.qtn"))
    assert new.dtype == old.dtype
    assert new.origin is None
    assert np.array_equal(new.to_dense(), old.to_dense())


def test_a_file_of_something_else_under_this_name_is_refused(tmp_path):
    state = qtn.MPS.product([[0.6, 0.8]])
    wrong = type("State", (), {"kind": "mpo", "pack": lambda self: state.pack()})()
    path = qtn.save(wrong, tmp_path / "state.qtn")
    with pytest.raises(qtn.FileError, match="what a mpo needs"):
        qtn.load(path)
