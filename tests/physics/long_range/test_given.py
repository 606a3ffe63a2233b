"""Hamiltonians as MPOs: read, refused, searched and evolved like sums of Pauli strings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.aqc.starts.trotter import from_quench
from qtn.errors import ArgumentError
from qtn.physics import DMRG, TDVP, TEBD, evolve_through
from qtn.physics.long_range.given import Given, read_chain
from qtn.physics.mpo import operator_tensors
from qtn.physics.terms import Terms

N = 7
LAW = qtn.PowerLaw(2.0, -1.0)


def model() -> SparsePauliOp:
    return qtn.chain("long-range-ising", N, exponent=2.0, field=0.9)


def long() -> qtn.MPO:
    return qtn.long_range_mpo(N, {"ZZ": LAW}, {"X": -0.9}).operator


def dense(tensors: list[np.ndarray]) -> np.ndarray:
    return qtn.MPO(tuple(t.transpose(0, 2, 3, 1) for t in tensors)).to_dense()


def operators() -> list[qtn.MPO]:
    matrix = qtn.MPO.from_dense(model().to_matrix().real)
    phase = np.exp(0.4j)
    first, *rest = matrix.tensors
    turned = qtn.MPO((first * phase, rest[0] / phase, *rest[1:]))
    return [long(), matrix, turned]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_the_same_operator_with_channels(which: int) -> None:
    operator = operators()[which]
    given = read_chain(operator)
    assert isinstance(given, Given)
    tensors = operator_tensors(given)
    np.testing.assert_allclose(dense(tensors), model().to_matrix(), atol=1e-12)
    assert given.real == (which < 2)
    assert max(len(t) for t in tensors) == operator.max_bond + (0 if which == 0 else 2)
    # A constant may be added at any site.
    for site in range(N):
        shifted = [t.copy() for t in tensors]
        shifted[site][0, -1] += 0.3 * np.eye(2)
        change = dense(shifted) - dense(tensors)
        np.testing.assert_allclose(change, 0.3 * np.eye(2**N), atol=1e-12)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_ground_state(which: int) -> None:
    operator = operators()[which]
    exact = float(np.linalg.eigvalsh(model().to_matrix())[0])
    state = qtn.ground_state(operator, max_bond=16, progress=False)
    assert isinstance(state.origin, qtn.states.origin.Ground)
    assert state.origin.energy == pytest.approx(exact, abs=1e-9)
    assert state.origin.variance < 1e-9
    assert state.origin.hamiltonian is operator
    assert state.dtype == (np.complex128 if which == 2 else np.float64)


@pytest.mark.parametrize("time", [0.7, -0.4j])
def test_evolution(time: complex) -> None:
    method = TDVP(step=0.02)
    for operator in operators()[1:]:
        found = qtn.evolve(operator, "neel", time, method=method, progress=False)
        beside = qtn.evolve(model(), "neel", time, method=method, progress=False)
        assert found.infidelity(beside) < 1e-9
        twice = qtn.evolve(operator, found, time, progress=False)
        assert isinstance(twice.origin, qtn.Evolution)
        assert twice.origin.time == pytest.approx(2 * time)
    through = list(evolve_through(long(), "neel", [0.0, 0.1], progress=False))
    assert len(through) == 2


def test_complex_operators() -> None:
    pairs = {"XY": qtn.PowerLaw(1.0), "YY": qtn.PowerLaw(2.0)}
    operator = qtn.long_range_mpo(6, pairs, {"Y": 0.4}).operator
    exact = float(np.linalg.eigvalsh(operator.to_dense())[0])
    state = qtn.ground_state(operator, max_bond=8, progress=False)
    assert state.origin.energy == pytest.approx(exact, abs=1e-9)
    real = read_chain(qtn.long_range_mpo(6, {"YY": qtn.PowerLaw(2.0)}).operator)
    assert real.real


def test_product_operators() -> None:
    one = qtn.MPO(tuple(np.diag([1.0, -1.0])[None, :, :, None] for _ in range(3)))
    assert qtn.ground_state(one, max_bond=2, progress=False).origin.energy == pytest.approx(-1.0)


def test_strength_is_that_of_a_heisenberg_chain() -> None:
    sum_of = qtn.chain("heisenberg", 6)
    given = read_chain(qtn.MPO.from_dense(sum_of.to_matrix()))
    terms = read_chain(sum_of)
    assert isinstance(terms, Terms)
    assert given.strength == pytest.approx(terms.strength, rel=0.05)


def test_ground_state_of_forty_sites_within_the_bound() -> None:
    model40 = qtn.long_range_mpo(40, {"ZZ": LAW}, {"X": -2.5}, tolerance=1e-6)
    method = DMRG(sweeps=8)
    found = qtn.ground_state(model40.operator, max_bond=24, method=method, progress=False)
    pairs = qtn.chain("long-range-ising", 40, exponent=2.0, field=2.5)
    exact = qtn.ground_state(pairs, max_bond=24, method=method, progress=False)
    assert found.origin.energy == pytest.approx(exact.origin.energy, abs=model40.bound)
    assert model40.bound < 3e-4
    assert found.infidelity(exact) < 1e-7


@pytest.mark.parametrize("change", [1e-6j, 0.1, 1.0])
def test_operators_that_are_not_hermitian(change: complex) -> None:
    lower = np.array([[0.0, 0.0], [1.0, 0.0]])
    matrix = model().to_matrix() + change * np.kron(np.eye(2 ** (N - 1)), lower)
    operator = qtn.MPO.from_dense(matrix)
    for door in (
        lambda: qtn.ground_state(operator, progress=False),
        lambda: qtn.evolve(operator, "neel", 0.1, progress=False),
    ):
        with pytest.raises(ArgumentError, match=r"must be Hermitian, but \|H - H†\| is .* Give"):
            door()


def test_where_an_operator_is_not_taken() -> None:
    operator = long()
    text = "must be a sum of Pauli strings for a tree, charges or product formulas"
    start = qtn.product_state("neel", N)
    blocks = qtn.BlockMPS.from_mps(start, np.ones((1, N), dtype=int))
    for door in (
        lambda: qtn.ground_state(operator, "balanced", progress=False),
        lambda: qtn.ground_state(operator, start=blocks, progress=False),
        lambda: qtn.evolve(operator, "neel", 0.1, method=TEBD(), progress=False),
        lambda: qtn.evolve(operator, qtn.product_state("neel", N, tree="balanced"), 0.1),
    ):
        with pytest.raises(ArgumentError, match=text):
            door()
    with pytest.raises(ArgumentError, match="an operator on at least 2 qubits"):
        qtn.ground_state(qtn.MPO((np.eye(2)[None, :, :, None],)))
    with pytest.raises(ArgumentError, match="an operator other than zero"):
        qtn.evolve(qtn.MPO((np.zeros((1, 2, 2, 1)),) * 3), "010", 1.0)


def test_files_and_compilers_do_without_the_origin(tmp_path: Path) -> None:
    state = qtn.evolve(long(), "neel", 0.05, max_bond=4, progress=False)
    qtn.save(state, tmp_path / "state.qtn")
    read = qtn.load(tmp_path / "state.qtn")
    assert read.origin is None
    assert read.infidelity(state) < 1e-12
    assert not from_quench(state)
