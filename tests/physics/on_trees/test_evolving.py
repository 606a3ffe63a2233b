"""`qtn.evolve` on trees: exact values, claimed errors, choice of the method, files, compilation."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.sparse.linalg import expm_multiply
from tree_states import TREES, random_sum, tfim

import qtn
from qtn.errors import ArgumentError
from qtn.physics import BUG, TDVP, TEBD, ParallelBUG, evolve_through
from qtn.states.tree import tree_product_sum

Z = np.diag([1.0, -1.0])
QUENCH = {8: 0.3433411661, 16: 0.3433454639}
"""⟨Z_{N/2}⟩ of the TFIM quench at t = 1."""


def zeros(n: int, tree="balanced") -> qtn.TTN:
    return qtn.product_state("zeros", n, tree=tree)


def value(state: qtn.TTN) -> float:
    return float(tree_product_sum(state, [{state.n // 2: Z}])[0].real)


def distance(state, exact: np.ndarray) -> float:
    vector = state.to_dense()
    return float(np.linalg.norm(vector - exact * np.vdot(exact, vector)))


def exact_quench(n: int) -> np.ndarray:
    start = np.eye(1, 2**n, dtype=complex)[0]
    return expm_multiply(-1j * tfim(n).to_matrix(sparse=True), start)


@pytest.mark.parametrize("tree", ["balanced", "chain"])
@pytest.mark.parametrize("n", [8, 16])
def test_gates_on_the_quench(n, tree):
    state = qtn.evolve(tfim(n), zeros(n, tree), 1.0, method=TEBD(step=0.125))
    assert abs(value(state) - QUENCH[n]) < 2e-6
    assert state.norm() == pytest.approx(1.0, abs=1e-12)
    assert state.origin.discarded.shape == (n - 2,)


@pytest.mark.parametrize("tree", ["balanced", "chain"])
@pytest.mark.parametrize("n", [8, 16])
def test_the_rank_adaptive_integrator_on_the_quench(n, tree):
    tolerance = 1e-7
    state = qtn.evolve(tfim(n), zeros(n, tree), 1.0, cutoff=tolerance**2, method=BUG(0.05))
    assert abs(value(state) - QUENCH[n]) < 1e-4
    assert state.origin.drift < 10 * tolerance
    words = [(-1.0, {i: Z, i + 1: Z}) for i in range(n - 1)]
    words += [(-1.0, {i: np.array([[0, 1], [1, 0]])}) for i in range(n)]
    energy = np.dot([c for c, _ in words], tree_product_sum(state, [f for _, f in words]))
    assert abs(energy.real + (n - 1)) < 10 * tolerance * (2 * n - 1)


def test_errors_fall_faster_than_first_order():
    exact = exact_quench(12)
    errors = [
        distance(qtn.evolve(tfim(12), zeros(12, "chain"), 1.0, cutoff=1e-16, method=BUG(h)), exact)
        for h in (0.1, 0.025)
    ]
    assert errors[1] < 1e-3
    assert np.log2(errors[0] / errors[1]) / 2 > 0.9


@pytest.mark.parametrize("time", [0.7, -0.5j])
@pytest.mark.parametrize("tree", TREES)
def test_terms_on_any_sites_and_the_error_is_known(tree, time):
    hamiltonian = 0.5 * random_sum(0)
    start = qtn.product_state("r0+1-l", tree=tree)
    exact = expm_multiply(-1j * time * hamiltonian.to_matrix(sparse=True), start.to_dense())
    exact /= np.linalg.norm(exact)
    state = qtn.evolve(hamiltonian, start, time, cutoff=1e-16)
    assert isinstance(state.origin.method, BUG)
    error = np.linalg.norm(state.to_dense() - exact)  # phases count too
    assert error < 1e-6
    assert error < 10 * state.origin.step_error + 1e-7


def test_a_chain_goes_through_a_tree_and_stays_a_chain():
    exact = exact_quench(8)
    state = qtn.evolve(tfim(8), "zeros", 1.0, cutoff=1e-14, method=BUG(0.025))
    assert isinstance(state, qtn.MPS)
    assert distance(state, exact) < 5e-4
    assert state.origin.discarded.shape == (7,)
    for n in (2, 3):
        short = qtn.evolve(tfim(n), "zeros", 1.0, method=BUG(0.05))
        assert distance(short, exact_quench(n)) < 1e-4
    real = qtn.evolve(tfim(8), "plus", -1j, method=BUG(0.05))
    assert real.dtype == np.float64


def test_the_method_follows_from_the_terms():
    start = zeros(4)
    assert isinstance(qtn.evolve(tfim(4), start, 0.1).origin.method, TEBD)
    three = SparsePauliOp.from_sparse_list([("XXX", [0, 1, 3], 1.0)], num_qubits=4)
    assert isinstance(qtn.evolve(three, start, 0.1).origin.method, BUG)
    with pytest.raises(ArgumentError, match="terms on 3 sites"):
        qtn.evolve(three, start, 0.1, method=TEBD())
    with pytest.raises(ArgumentError, match=r"TEBD\(...\), BUG\(...\) or ParallelBUG"):
        qtn.evolve(tfim(4), start, 0.1, method=TDVP())


def test_wrong_trees_operators_and_tolerances_are_refused_before_work_starts():
    with pytest.raises(ArgumentError, match="a tree of 6 qubits, as many as the Hamiltonian has"):
        qtn.evolve(tfim(6), zeros(4), 1.0)
    with pytest.raises(ArgumentError, match="Hermitian"):
        qtn.evolve(1j * tfim(4), zeros(4), 1.0)
    with pytest.raises(ArgumentError, match="cutoff"):
        qtn.evolve(tfim(4), zeros(4), 1.0, cutoff=-1e-3)
    for bad in ({"tolerance": 0.0}, {"step": -0.1}, {"krylov": 0}):
        with pytest.raises(ArgumentError, match=next(iter(bad))):
            BUG(**bad)
    with pytest.raises(ArgumentError, match="workers"):
        ParallelBUG(workers=0)


def test_time_zero_and_going_on(tmp_path):
    start = zeros(6)
    same = qtn.evolve(tfim(6), start, 0.0)
    assert same.fidelity(start) == pytest.approx(1.0)
    half, whole = evolve_through(tfim(6), start, [0.3, 0.6], method=BUG(0.05))
    assert half.origin.time == pytest.approx(0.3)
    assert whole.origin.time == pytest.approx(0.6)
    assert "BUG to time 0.6" in str(whole.origin)
    again = qtn.load(qtn.save(whole, tmp_path / "tree.qtn"))
    assert isinstance(again.origin.start, qtn.TTN)
    assert again.origin.drift == whole.origin.drift
    assert again.fidelity(whole) == pytest.approx(1.0)
    on = qtn.evolve(tfim(6), again, 0.2, method=TEBD(step=0.1))
    assert on.origin.time == pytest.approx(0.8)


def test_an_evolved_tree_goes_straight_into_the_compiler():
    state = qtn.evolve(tfim(6), zeros(6), 0.3, max_bond=2)
    short = qtn.compile(state, qtn.Tree(), min_fidelity=0.999, progress=False)
    vector = Statevector(short.circuit).data
    assert abs(np.vdot(vector, state.to_dense())) ** 2 == pytest.approx(short.fidelity, abs=1e-9)
