"""Hamiltonians that change in time, beside dense integration and closed forms."""

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp
from scipy.integrate import solve_ivp

import qtn
from qtn.errors import ArgumentError
from qtn.physics import BUG, TDVP, TEBD, evolve_through
from qtn.physics.driven import is_driven, shifted

N = 4
EXCHANGE = qtn.chain("xx", N)
FIELDS = SparsePauliOp.from_sparse_list(
    [("X", [i], 1.0) for i in range(N)] + [("Z", [i], 0.3 * i) for i in range(N)], N
)
FAR = SparsePauliOp.from_sparse_list([("ZZ", [0, 3], 0.7), ("XX", [0, 2], 0.4)], N)


def swung(t):
    return EXCHANGE * np.cos(t) + FIELDS * (1 + np.sin(3 * t)) + SparsePauliOp("I" * N, [t])


def dense(hamiltonian, state, time):
    start = qtn.product_state(state, N).to_dense().astype(complex)
    found = solve_ivp(
        lambda t, v: -1j * (hamiltonian(t).to_matrix() @ v), (0, time), start,
        method="DOP853", rtol=1e-12, atol=1e-13,
    )  # fmt: skip
    return found.y[:, -1]


def test_steps_are_of_fourth_order_and_the_error_is_not_understated():
    exact = dense(swung, "neel", 1.2)
    errors = []
    for step in (0.2, 0.1, 0.05):
        found = qtn.evolve(swung, "neel", 1.2, method=TEBD(step=step), cutoff=1e-18)
        errors.append(np.linalg.norm(found.to_dense() - exact))
        assert errors[-1] < found.origin.step_error + 1e-7
    assert 12 < errors[0] / errors[1] < 20
    assert 12 < errors[1] / errors[2] < 20


def test_default_steps_are_converged():
    found = qtn.evolve(swung, "neel", 1.2)
    assert np.linalg.norm(found.to_dense() - dense(swung, "neel", 1.2)) < 2e-5
    assert "under H(t) to time 1.2" in str(found.origin)
    assert found.origin.truncation_error < 1e-5
    assert qtn.evolve(swung, "neel", 0.0).fidelity(qtn.product_state("neel", N)) == 1.0


def test_backwards_in_time():
    found = qtn.evolve(swung, "neel", -0.6)
    assert np.linalg.norm(found.to_dense() - dense(swung, "neel", -0.6)) < 2e-5


def test_couplings_of_any_range_go_by_tdvp():
    def far(t):
        return EXCHANGE * np.cos(t) + FAR * (1 + t)

    found = qtn.evolve(far, "0110", 0.7, method=TDVP(step=0.02))
    assert isinstance(qtn.evolve(far, "0110", 0.1).origin.method, TDVP)
    error = np.linalg.norm(found.to_dense() - dense(far, "0110", 0.7))
    assert error < found.origin.step_error + 1e-6 < 1e-3


def test_a_resonant_drive_turns_a_spin_as_rabi_says():
    w, g = 5.0, 0.4

    def drive(t):
        return SparsePauliOp.from_sparse_list(
            [("Z", [0], w / 2), ("X", [0], g * np.cos(w * t)), ("Y", [0], g * np.sin(w * t))], 2
        )

    found = qtn.evolve(drive, "00", 1.5, cutoff=1e-14)
    up = abs(found.to_dense()[0]) ** 2
    assert 2 * up - 1 == pytest.approx(np.cos(2 * g * 1.5), abs=1e-5)


def test_a_function_that_is_constant_gives_what_its_value_gives():
    constant = qtn.chain("xxz", N, anisotropy=0.5) + SparsePauliOp("I" * N, [0.4])
    one = qtn.evolve(lambda t: constant, "neel", 0.8, cutoff=1e-16)
    other = qtn.evolve(constant, "neel", 0.8, cutoff=1e-16)
    assert np.allclose(one.to_dense(), other.to_dense(), atol=1e-6)


def test_evolving_through_times_goes_on_where_it_was():
    whole = qtn.evolve(swung, "neel", 0.9)
    *_, last = evolve_through(swung, "neel", [0.3, 0.9])
    assert last.infidelity(whole) < 1e-9


def test_a_bond_limit_stops_the_search_for_steps():
    found = qtn.evolve(swung, "neel", 1.2, max_bond=2)
    assert found.max_bond == 2
    assert found.origin.truncation_error > 1e-3


def test_steps_that_do_not_converge_are_named():
    with pytest.warns(UserWarning, match="have not converged"):
        qtn.evolve(lambda t: FIELDS * np.sign(np.sin(40 * t + 0.3)), "neel", 1.0,
                   method=TEBD(step=0.2))  # fmt: skip


def test_a_driven_state_is_saved_without_its_function(tmp_path):
    found = qtn.evolve(swung, "neel", 0.2)
    again = qtn.load(qtn.save(found, tmp_path / "driven.qtn"))
    assert again.origin is None
    assert again.infidelity(found) < 1e-14


def test_going_through_times_refuses_functions_that_fail():
    with pytest.raises(ArgumentError, match="fails at time 0"):
        next(evolve_through(len, "neel", [0.1]))


def test_operators_are_no_functions_of_time():
    assert not is_driven(FIELDS)
    assert not is_driven({"XX": 1.0})
    assert is_driven(swung)
    assert shifted(FIELDS, 1.0) is FIELDS
    assert shifted(swung, 0.5)(0.25) == swung(0.75)


@pytest.mark.parametrize(
    ("hamiltonian", "options", "message"),
    [
        (swung, {"time": -1j}, "real for a Hamiltonian that changes"),
        (swung, {"method": BUG()}, r"TEBD\(...\) or TDVP\(...\) for H\(t\)"),
        (swung, {"state": qtn.product_state("neel", N, tree="balanced")}, "a chain"),
        (swung, {"state": "010"}, "0101|4 qubits|letters"),
        (lambda t: FIELDS * (np.nan if t > 0.5 else 1.0), {}, "finite"),
        (lambda t: FIELDS * 1j, {}, "Hermitian"),
        (lambda t: "neel", {}, r"hamiltonian\(0\)"),
        (lambda t: FIELDS if t < 0.5 else qtn.chain("xx", 5), {}, "must keep its size"),
        (len, {}, "fails at time 0: "),
        (lambda: FIELDS, {}, "fails at time 0: "),
        (lambda t: FAR, {"method": TEBD()}, "more than neighbours"),
    ],
)
def test_what_cannot_be_evolved_is_refused(hamiltonian, options, message):
    with pytest.raises(ArgumentError, match=message):
        qtn.evolve(hamiltonian, **{"state": "neel", "time": 1.0, **options})
