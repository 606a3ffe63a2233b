from __future__ import annotations

import functools
import time

import numpy as np
import pytest
from qiskit.primitives.containers import BitArray

from qtn.interop.observables import parse_observable
from qtn.mitigation.values.calibration import ReadoutCalibration
from qtn.mitigation.values.outcomes import evaluate, exact_duals


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
    assert moments.covariance[:, 0, 0] == pytest.approx(expected.var(1, ddof=1) / 50)


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
    assert np.sqrt(moments.covariance[0, 0, 0]) == pytest.approx(0.01)


def test_a_sweep_of_sixteen_qubits_is_fast():
    n = 16
    bits = BitArray(np.random.default_rng(0).integers(0, 256, (200, 4096, 2), dtype=np.uint8), n)
    duals = ReadoutCalibration(np.full((n, 2), 0.02), 4096, tuple(range(n))).duals()
    started = time.process_time()
    evaluate(bits, parse_observable("0" * n, n).terms, duals)
    assert time.process_time() - started < 2.0
