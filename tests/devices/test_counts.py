"""Measurement bases and expectation values from counts."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector
from scipy.stats import binom

import qtn
from qtn.devices.counts import (
    basis_rotation,
    expectation,
    measurement_bases,
    variance_of_mean,
)
from qtn.interop.observables import parse_observables
from qtn.states.operators import AXIS


def exact_shots(state: Statevector, shots: int, rng: np.random.Generator) -> BitArray:
    outcomes = rng.choice(len(state.data), size=shots, p=np.abs(state.data) ** 2)
    bits = (outcomes[:, None] >> np.arange(state.num_qubits)) & 1
    return BitArray.from_bool_array(bits.astype(bool), order="little")


OBSERVABLES = [
    SparsePauliOp(["XYZ", "ZZI", "IIX", "III"], [0.5, -1.0, 2.0, 0.25]),
    SparseObservable.from_list([("0+r", 1.0), ("1-l", -2.0), ("X0Z", 0.5)]),
    SparseObservable.from_label("000"),
]


@pytest.mark.parametrize("observable", OBSERVABLES)
def test_values_agree_with_dense_algebra(observable: object) -> None:
    rng = np.random.default_rng(1)
    vector = rng.normal(size=8) + 1j * rng.normal(size=8)
    state = Statevector(vector / np.linalg.norm(vector))
    shots = 40_000
    bases = measurement_bases([observable], 3)
    parsed = parse_observables([observable], 3, ordered=False)
    bits = [exact_shots(state.evolve(basis_rotation(b.label)), shots, rng) for b in bases]
    value, stderr, total = expectation(bits, parsed)
    dense = SparsePauliOp.from_sparse_observable(
        observable
        if isinstance(observable, SparseObservable)
        else SparseObservable.from_sparse_pauli_op(observable)
    )
    exact = state.expectation_value(dense).real
    assert total == shots * len(bases)
    assert abs(value[0] - exact) < 5 * stderr[0]
    assert 0 < stderr[0] < 5 * 4 / np.sqrt(shots)


def test_every_term_is_in_one_basis_and_fits_it() -> None:
    parsed = parse_observables(OBSERVABLES, 3, ordered=False)
    bases = measurement_bases(OBSERVABLES, 3)
    assert bases == parsed[0].bases
    assert sorted(i for b in bases for i in b.terms) == list(range(3 + 3 + 1))
    for basis in bases:
        for term in (parsed[0].terms[i] for i in basis.terms):
            assert all(basis.axis(q) == AXIS[letter] for q, letter in term.factors)


def test_standard_errors_have_the_right_size() -> None:
    rng = np.random.default_rng(2)
    state = Statevector(np.sqrt([0.6, 0.1, 0.1, 0.2]))
    parsed = parse_observables(SparsePauliOp(["ZZ", "IZ"]), 2)
    runs = [expectation([exact_shots(state, 500, rng)], parsed) for _ in range(400)]
    values, errors = np.array([r[0][0] for r in runs]), np.array([r[1][0] for r in runs])
    assert errors.mean() == pytest.approx(values.std(), rel=0.15)


def test_unanimous_shots_still_have_an_error() -> None:
    bits = BitArray.from_counts({"00": 100})
    value, stderr, _ = expectation([bits], parse_observables("00", 2))
    assert value[0] == 1.0
    p = 100.5 / 101  # Jeffreys' estimate of the probability
    assert stderr[0] == pytest.approx(np.sqrt(p * (1 - p) / 100))


def test_rare_events_are_covered() -> None:
    shots, counts = 100, np.arange(101)
    mean = 1 - 2 * counts / shots
    error = np.sqrt(variance_of_mean(shots * (1 - mean**2), mean**2, 1.0, shots))
    covered = []
    for p in np.linspace(0.001, 0.1, 200):
        inside = np.abs(mean - (1 - 2 * p)) <= 1.96 * error
        covered.append(binom.pmf(counts, shots, p)[inside].sum())
    assert min(covered) > 0.75
    assert np.mean(covered) > 0.92


def test_a_sum_has_the_error_of_its_terms_with_one_shot_more() -> None:
    """Against the plain covariance of the shots and one unseen one, written out."""
    rng = np.random.default_rng(3)
    rows = rng.random((50, 3)) < 0.2
    parsed = parse_observables([{"ZIZ": 0.5, "II0": -1.5, "IZ1": 2.0}], 3)
    bits = BitArray.from_bool_array(rows, order="little")
    values = np.stack(
        [
            np.prod([np.array(t.diagonal(q))[rows[:, q].astype(int)] for q in t.qubits], axis=0)
            for t in parsed[0].terms
        ],
        axis=1,
    )
    ends = np.array([np.divide(t.bounds, t.coefficient) for t in parsed[0].terms])
    middle, reach = ends.mean(axis=1), np.abs(np.ptp(ends, axis=1)) / 2
    m = (values.sum(axis=0) + middle) / 51
    full = (values - m).T @ (values - m) + np.outer(middle - m, middle - m) + np.diag(reach**2)
    c = parsed[0].coefficients
    value, stderr, _ = expectation([bits], parsed)
    assert value[0] == pytest.approx(c @ values.mean(axis=0))
    assert stderr[0] ** 2 == pytest.approx(c @ full @ c / 51 / 50)


def test_a_constant_needs_one_setting_and_has_no_error() -> None:
    assert [b.label for b in measurement_bases(SparsePauliOp("II", 0.25), 2)] == ["ZZ"]
    bits = BitArray.from_counts({"00": 60, "11": 40})
    parsed = parse_observables(["XX", SparsePauliOp("II", 0.25)], 2)
    assert expectation([bits], parsed)[1][1] == 0.0
    assert expectation([bits], parsed)[0][1] == 0.25


def test_bad_observables() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"on the 2 qubits of the circuit, but is on 3"):
        measurement_bases(SparsePauliOp("ZZZ"), 2)
