"""`qtn.evolve` against dense exponentials, and its error estimates against the true errors."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from qiskit.quantum_info import SparsePauliOp
from scipy.sparse.linalg import expm_multiply

import qtn
from qtn.errors import ArgumentError
from qtn.physics import TDVP, TEBD, Evolution, evolve_through, product_state


def _exact(hamiltonian: SparsePauliOp, start: np.ndarray, time: complex) -> np.ndarray:
    matrix = hamiltonian.to_matrix(sparse=True)
    vector = expm_multiply(-1j * time * matrix, start.astype(complex))
    return vector / np.linalg.norm(vector)


def _distance(state: qtn.MPS, vector: np.ndarray) -> float:
    return float(np.linalg.norm(state.to_dense() - vector))


MODELS = [
    ("heisenberg", {}, "neel"),
    ("tfim", {"longitudinal": 0.3}, "zeros"),
    ("xxz", {"anisotropy": 0.5, "field": np.arange(8) * 0.2}, "domain-wall"),
    ("xyz", {"x": 0.4}, "r0+1-l10"),
]


@pytest.mark.parametrize(("name", "couplings", "start"), MODELS)
def test_real_time_agrees_with_the_dense_exponential_and_knows_its_error(name, couplings, start):
    hamiltonian, first = qtn.chain(name, 8, **couplings), product_state(start, 8)
    exact = _exact(hamiltonian, first.to_dense(), 1.3)
    for cutoff in (1e-8, 1e-13):
        state = qtn.evolve(hamiltonian, start, 1.3, cutoff=cutoff)
        claimed = state.origin.step_error + state.origin.truncation_error
        error = _distance(state, exact)
        assert error < 5 * claimed + 1e-9
        assert claimed < 0.02 * np.sqrt(cutoff / 1e-8) + 1e-6
        assert state.norm() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_step_error_estimate_is_of_the_right_size(order):
    hamiltonian = qtn.chain("heisenberg", 8)
    exact = _exact(hamiltonian, product_state("neel", 8).to_dense(), 1.0)
    step = 0.5 if order == 4 else 0.05
    state = qtn.evolve(hamiltonian, "neel", 1.0, cutoff=1e-15, method=TEBD(order=order, step=step))
    # First-order errors of even and odd steps partly cancel, so only the scale is asked for.
    assert 0.2 < _distance(state, exact) / state.origin.step_error < 5
    assert state.origin.step == pytest.approx(step)


@pytest.mark.parametrize("order", [2, 4])
def test_a_formula_has_its_order(order):
    hamiltonian = qtn.chain("heisenberg", 8)
    exact = _exact(hamiltonian, product_state("neel", 8).to_dense(), 2.0)
    errors = [
        _distance(qtn.evolve(hamiltonian, "neel", 2.0, cutoff=0.0, method=TEBD(order, h)), exact)
        for h in (0.5, 0.25)
    ]
    assert errors[0] / errors[1] == pytest.approx(2.0**order, rel=0.1)


@pytest.mark.parametrize("name", ["heisenberg", "tfim"])
def test_imaginary_time_agrees_and_stays_real(name):
    hamiltonian = qtn.chain(name, 8)
    exact = _exact(hamiltonian, product_state("neel", 8).to_dense(), -2j)
    state = qtn.evolve(hamiltonian, "neel", -2j)
    assert state.dtype == np.float64
    assert min(_distance(state, exact), _distance(state, -exact)) < 5e-5


def test_the_constant_of_the_hamiltonian_is_a_phase():
    hamiltonian = qtn.chain("heisenberg", 4) + SparsePauliOp("IIII", 0.7)
    exact = _exact(hamiltonian, product_state("neel", 4).to_dense(), 0.5)
    for method in (TEBD(step=0.05), TDVP(step=0.02)):
        state = qtn.evolve(hamiltonian, "neel", 0.5, method=method)
        assert _distance(state, exact) < 2e-5


def test_neighbours_use_tebd_and_anything_else_tdvp():
    assert isinstance(qtn.evolve(qtn.chain("xx", 4), "neel", 0.1).origin.method, TEBD)
    assert isinstance(qtn.evolve(qtn.chain("j1j2", 4), "neel", 0.1).origin.method, TDVP)


def test_energy_and_magnetisation_are_conserved_at_fifty_sites():
    hamiltonian = qtn.chain("heisenberg", 50)
    from qtn.physics.mpo import expectation, operator_tensors
    from qtn.physics.terms import read_terms

    operator = operator_tensors(read_terms(hamiltonian))
    state = qtn.evolve(hamiltonian, "neel", 2.0, cutoff=1e-10)
    assert expectation(operator, state.tensors) == pytest.approx(-49 / 4, abs=1e-5)
    samples = state.sample(50, seed=1)
    assert (samples.sum(axis=1) == 25).all()


def test_a_known_value_at_fifty_sites():
    # <Sz_25> of the Néel quench at t = 2, converged independently in step and bond dimension.
    state = qtn.evolve(qtn.chain("heisenberg", 50), "neel", 2.0, cutoff=1e-12)
    centre = state.canonical(25).tensors[25]
    value = 0.5 * np.einsum("asb,s,asb->", centre.conj(), np.array([1.0, -1.0]), centre).real
    assert abs(value) == pytest.approx(0.0917077968711, abs=3e-6)


def test_evolving_again_continues():
    hamiltonian = qtn.chain("heisenberg", 6)
    once = qtn.evolve(hamiltonian, "neel", 1.0)
    half = qtn.evolve(hamiltonian, "neel", 0.5)
    twice = qtn.evolve(hamiltonian, half, 0.5)
    assert once.infidelity(twice) < 1e-9
    assert twice.origin.time == 1.0
    assert twice.origin.start.max_bond == 1
    assert twice.origin.discarded.sum() >= half.origin.discarded.sum()
    assert "TEBD to time 1" in str(twice.origin)
    other = qtn.evolve(qtn.chain("xx", 6), half, 0.5)
    assert (other.origin.time, other.origin.start) == (0.5, half)


def test_evolve_through_yields_every_time():
    hamiltonian = qtn.chain("heisenberg", 6)
    states = list(evolve_through(hamiltonian, "neel", [0.0, 0.4, 0.9]))
    assert states[0].max_bond == 1
    assert [s.origin.time for s in states[1:]] == pytest.approx([0.4, 0.9])
    assert states[2].infidelity(qtn.evolve(hamiltonian, "neel", 0.9)) < 1e-9


def test_two_sites_an_identity_and_a_start_of_any_norm():
    two = qtn.chain("heisenberg", 2)
    exact = _exact(two, product_state("01").to_dense(), 0.7)
    assert _distance(qtn.evolve(two, "01", 0.7), exact) < 1e-10
    constant = SparsePauliOp("III", 2.0)
    exact = np.exp(-2j) * product_state("neel", 3).to_dense()
    assert _distance(qtn.evolve(constant, "neel", 1.0), exact) < 1e-12
    large = qtn.MPS.product([[3.0, 0.0], [0.0, 1j], [1.0, 1.0]])
    hamiltonian = qtn.chain("xxz", 3, anisotropy=0.3)
    exact = _exact(hamiltonian, large.normalised().to_dense(), 0.4)
    assert _distance(qtn.evolve(hamiltonian, large, 0.4, cutoff=1e-14), exact) < 1e-6


def test_zero_time_and_backward_time():
    hamiltonian = qtn.chain("tfim", 6)
    assert qtn.evolve(hamiltonian, "plus", 0.0).infidelity(product_state("plus", 6)) < 1e-14
    there = qtn.evolve(hamiltonian, "zeros", 0.6)
    back = qtn.evolve(hamiltonian, there, -0.6)
    assert back.infidelity(product_state("zeros", 6)) < 1e-8


def test_bond_limit_is_kept_and_its_loss_reported():
    state = qtn.evolve(qtn.chain("heisenberg", 12), "neel", 3.0, max_bond=6)
    assert state.max_bond == 6
    assert isinstance(state.origin, Evolution)
    assert state.origin.truncation_error > 1e-2


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"time": "1"}, "`time` must be a number"),
        ({"time": np.inf}, "`time` must be finite"),
        ({"time": 1 + 1j}, "`time` must be real, or negative imaginary"),
        ({"time": 1j}, "`time` must be real, or negative imaginary"),
        ({"cutoff": -1.0}, "`cutoff` must be a finite number"),
        ({"max_bond": 0}, "`max_bond` must be a positive integer"),
        ({"method": "tebd"}, "`method` must be TEBD"),
        ({"state": "01"}, "a string of 4 letters"),
    ],
)
def test_bad_input(change, text):
    arguments = {"hamiltonian": qtn.chain("tfim", 4), "state": "zeros", "time": 1.0, **change}
    with pytest.raises(ArgumentError, match=text):
        qtn.evolve(**arguments)


def test_tebd_refuses_long_range_and_times_must_rise():
    with pytest.raises(ArgumentError, match="couple neighbours only"):
        qtn.evolve(qtn.chain("j1j2", 5), "neel", 1.0, method=TEBD())
    with pytest.raises(ArgumentError, match="a rising sequence of times"):
        next(evolve_through(qtn.chain("tfim", 4), "zeros", [1.0, 0.5]))


def test_a_saved_evolution_goes_on_where_it_stopped(tmp_path):
    hamiltonian = qtn.chain("tfim", 6, field=0.7)
    half = qtn.evolve(hamiltonian, "zeros", 0.5, method=TEBD(order=2, step=0.05))
    again = qtn.load(qtn.save(half, tmp_path / "half.qtn"))
    assert again.origin.time == half.origin.time
    assert again.origin.method == half.origin.method
    assert again.origin.step_error == half.origin.step_error
    assert np.array_equal(again.origin.discarded, half.origin.discarded)
    assert again.origin.hamiltonian.equiv(hamiltonian)
    done = qtn.evolve(hamiltonian, again, 0.5, method=TEBD(order=2, step=0.05))
    whole = qtn.evolve(hamiltonian, "zeros", 1.0, method=TEBD(order=2, step=0.05))
    assert done.origin.time == pytest.approx(1.0)
    assert done.origin.start.fidelity(whole.origin.start) == pytest.approx(1.0)
    assert done.infidelity(whole) < 1e-10


def test_imaginary_times_are_saved(tmp_path):
    cooled = qtn.evolve(qtn.chain("tfim", 4), "plus", -0.3j)
    again = qtn.load(qtn.save(cooled, tmp_path / "cool.qtn"))
    assert again.origin.time == cooled.origin.time


@pytest.mark.parametrize(("name", "couplings", "_"), MODELS)
def test_a_propagator_is_the_dense_exponential_and_knows_its_error(name, couplings, _):
    hamiltonian = qtn.chain(
        name, 6, **(couplings if np.ndim(couplings.get("field", 0)) == 0 else {})
    )
    exact = scipy.linalg.expm(-1.1j * hamiltonian.to_matrix())
    for cutoff in (1e-8, 1e-13):
        found = qtn.propagator(hamiltonian, 1.1, cutoff=cutoff)
        error = np.linalg.norm(found.to_dense() - exact) / 8.0
        claimed = found.origin.step_error + found.origin.truncation_error
        assert error < 3.0 * claimed + 1e-12
        assert claimed < 30.0 * np.sqrt(cutoff)
        assert found.unitary_error() < 20.0 * claimed + 1e-10
    assert "exp(-iHt) at t = 1.1" in str(found.origin)


def test_a_propagator_keeps_the_phase_of_a_constant():
    constant = SparsePauliOp(["III", "IXX"], [0.7, 0.2])
    exact = scipy.linalg.expm(-1j * constant.to_matrix())
    assert np.allclose(qtn.propagator(constant, 1.0).to_dense(), exact, atol=1e-6)
    back = qtn.propagator(constant, -1.0).to_dense()
    assert np.allclose(back, exact.conj().T, atol=1e-6)
    assert np.allclose(qtn.propagator(constant, 0.0).to_dense(), np.eye(8), atol=1e-12)


def test_propagators_of_long_range_and_imaginary_time_are_refused():
    with pytest.raises(ArgumentError, match="couplings of neighbours"):
        qtn.propagator(SparsePauliOp("XIX"), 1.0)
    with pytest.raises(ArgumentError, match="`time` must be a finite number"):
        qtn.propagator(qtn.chain("xx", 4), 1j)
    with pytest.raises(ArgumentError, match=r"TEBD\(...\)"):
        qtn.propagator(qtn.chain("xx", 4), 1.0, method=TDVP())
