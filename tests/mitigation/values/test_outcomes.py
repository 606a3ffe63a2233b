from __future__ import annotations

import functools
import time

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives.containers import BitArray

import qtn
from qtn.devices.counts import expectation
from qtn.interop.observables import parse_observable, parse_observables
from qtn.mitigation.values.calibration import ReadoutCalibration
from qtn.mitigation.values.outcomes import ends_of, evaluate, exact_duals


def random_bits(shots: int, n: int, bindings: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (bindings, shots, n)).astype(bool)


def packed(bits: np.ndarray) -> BitArray:
    """Column i of the last axis is bit i."""
    return BitArray.from_bool_array(bits, order="little")


@pytest.mark.parametrize("n", [3, 8, 9, 17])
def test_means_match_a_loop_over_shots(n):
    bits = random_bits(50, n, bindings=2)
    observable = parse_observable({3: "0Z1"}.get(n, "Z" + "I" * (n - 3) + "01"), n)
    moments = evaluate(packed(bits), observable.terms, exact_duals(n))
    term = observable.terms[0]
    value = {"Z": (1, -1), "0": (1, 0), "1": (0, 1)}
    expected = np.zeros((2, 50))
    for b in range(2):
        for s in range(50):
            expected[b, s] = np.prod([value[c][int(bits[b, s, q])] for q, c in term.factors])
    assert moments.mean[:, 0] == pytest.approx(expected.mean(1))
    scatter, middle, reach = 50 * expected.var(1), np.mean(term.bounds), np.ptp(term.bounds) / 2
    variance = (scatter + 50 / 51 * (expected.mean(1) - middle) ** 2 + reach**2) / 50 / 51
    assert moments.covariance[:, 0, 0] == pytest.approx(variance)


def test_corrected_projector_equals_the_dense_inverse():
    n, rng = 4, np.random.default_rng(1)
    rates = rng.uniform(0.01, 0.2, (n, 2))
    calibration = ReadoutCalibration(rates, 1000, tuple(range(n)))
    bits = random_bits(300, n, seed=2)
    moments = evaluate(packed(bits), parse_observable("0" * n, n).terms, calibration.duals())
    frequencies = np.bincount(bits[0] @ (1 << np.arange(n)), minlength=2**n) / 300
    dense = functools.reduce(lambda low, a: np.kron(a, low), calibration.matrices)
    assert moments.mean[0, 0] == pytest.approx(np.linalg.solve(dense, frequencies)[0], abs=1e-12)


def test_gradient_matches_finite_differences():
    n, rng = 9, np.random.default_rng(3)
    rates = rng.uniform(0.01, 0.1, (n, 2))
    bits = packed(random_bits(200, n, bindings=2, seed=4) & (rng.random((2, 200, n)) < 0.3))
    terms = parse_observable("0Z" + "I" * 5 + "Z1", n).terms

    def value(r: np.ndarray) -> np.ndarray:
        duals = ReadoutCalibration(r, 100, tuple(range(n))).duals()
        return evaluate(bits, terms, duals).mean[:, 0]

    gradient = evaluate(bits, terms, ReadoutCalibration(rates, 100, tuple(range(n))).duals())
    for q in range(n):
        for k in range(2):
            step = np.zeros_like(rates)
            step[q, k] = 1e-5
            numeric = (value(rates + step) - value(rates - step)) / 2e-5
            assert gradient.gradient[:, 0, 2 * q + k] == pytest.approx(numeric, abs=1e-6)


def test_equal_shots_still_leave_an_error():
    moments = evaluate(
        packed(np.zeros((1, 100, 2), bool)), parse_observable("ZZ", 2).terms, exact_duals(2)
    )
    assert moments.mean[0, 0] == 1
    assert np.sqrt(moments.covariance[0, 0, 0]) == pytest.approx(np.sqrt(2) / 100, rel=0.01)


@pytest.mark.parametrize(
    "observables", ["ZZII", {"ZZII": 0.5, "IIZZ": -1.0, "0001": 0.3, "IIII": 2.0}, ["ZIII", "0Z1I"]]
)
def test_run_and_mitigate_have_one_rule_of_errors(observables):
    """The same counts give the same values and the same errors at both doors."""
    rows = np.random.default_rng(5).random((2, 80, 4)) < 0.1
    bits = packed(rows)
    parsed = parse_observables(observables, 4)
    value, stderr, _ = expectation([bits], parsed)
    moments = evaluate(bits, parsed[0].terms, exact_duals(4))
    for k, one in enumerate(parsed):
        c = one.coefficients
        assert value[:, k] == pytest.approx(one.constant + moments.mean @ c)
        variance = np.einsum("t,btu,u->b", c, moments.covariance, c)
        assert stderr[:, k] == pytest.approx(np.sqrt(variance))


def test_the_doors_tell_the_same_error():
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    run = qtn.run(bell, "ZZ", shots=100).values[0]
    mitigated = qtn.mitigate(bell, "ZZ", device="aer", shots=100, progress=False)
    assert run.value == mitigated.value == 1.0
    assert run.stderr == pytest.approx(mitigated.stderr, rel=1e-12)


def test_the_range_of_a_corrected_product_holds_all_its_values():
    rates = np.random.default_rng(2).uniform(0.01, 0.2, (5, 2))
    duals = ReadoutCalibration(rates, 100, tuple(range(5))).duals()
    (term,) = parse_observable("0Z1ZI", 5).terms
    every = (np.arange(32)[:, None] >> np.arange(5)) & 1
    values = [np.prod([duals.weight(term, q)[row[q]] for q in term.qubits]) for row in every]
    low, high = ends_of(term, duals)
    assert low == pytest.approx(min(values))
    assert high == pytest.approx(max(values))


def test_a_sweep_of_sixteen_qubits_is_fast():
    n = 16
    bits = BitArray(np.random.default_rng(0).integers(0, 256, (200, 4096, 2), dtype=np.uint8), n)
    duals = ReadoutCalibration(np.full((n, 2), 0.02), 4096, tuple(range(n))).duals()
    started = time.process_time()
    evaluate(bits, parse_observable("0" * n, n).terms, duals)
    assert time.process_time() - started < 2.0
