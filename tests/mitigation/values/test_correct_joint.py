from __future__ import annotations

import functools

import numpy as np
import pytest
from qiskit.primitives.containers import BitArray

from qtn.errors import DeviceError
from qtn.interop.observables import parse_observable
from qtn.mitigation.values.calibration import ReadoutCalibration
from qtn.mitigation.values.correct import DualCorrector
from qtn.mitigation.values.correct_joint import (
    PairCorrector,
    SubspaceCorrector,
    outcome_weights,
    pair_matrices,
)


def sampled(probabilities: np.ndarray, shots: int, n: int, seed: int = 0) -> BitArray:
    index = np.random.default_rng(seed).choice(len(probabilities), shots, p=probabilities)
    bits = (index[:, None] >> np.arange(n)) & 1
    return BitArray.from_bool_array(bits.astype(bool), order="little")


def correlated() -> np.ndarray:
    """Confusion of two bits whose errors come together."""
    matrix = np.array([
        [0.90, 0.05, 0.04, 0.02], [0.02, 0.88, 0.01, 0.05],
        [0.02, 0.02, 0.90, 0.06], [0.06, 0.05, 0.05, 0.87],
    ])  # fmt: skip
    return matrix / matrix.sum(0)


def test_pairs_remove_correlated_errors_that_single_inverses_keep():
    joint = np.kron(np.eye(2), correlated())  # third bit ideal
    truth = np.zeros(8)
    truth[[0, 3]] = 0.5
    observable = parse_observable("IZZ", 3)
    bits = sampled(joint @ truth, 200_000, 3)
    # the third bit, a cluster of its own, is prepared like the first bit of the pair
    columns = [k + 4 * (k & 1) for k in range(4)]
    outcomes = [sampled(joint[:, c], 100_000, 3, seed=c + 1) for c in columns]
    clusters = ((0, 1), (2,))
    matrices = pair_matrices(outcomes, clusters)
    corrector = PairCorrector(observable, clusters, matrices, 100_000)
    moments = corrector.moments(bits, observable.bases[0])
    error = np.sqrt(moments.covariance[0, 0, 0] + moments.gradient[0, 0] ** 2 @ corrector.variances)
    assert moments.mean[0, 0] == pytest.approx(1.0, abs=5 * error)
    assert error < 0.01
    # one-qubit inverses from the same calibration miss the correlation
    first = [joint[[1, 3], 0].sum(), joint[[0, 2], 1].sum()]
    second = [joint[[2, 3], 0].sum(), joint[[0, 1], 2].sum()]
    singles = ReadoutCalibration(np.array([first, second, [0, 0]]), 100_000, (0, 1, 2))
    naive = DualCorrector.tensored(observable, singles).moments(bits, observable.bases[0])
    assert abs(naive.mean[0, 0] - 1) > 10 * error


def test_pair_gradient_matches_finite_differences():
    observable = parse_observable("ZZ", 2)
    bits = sampled(np.array([0.4, 0.2, 0.1, 0.3]), 500, 2)
    base = correlated()

    def value(matrix: np.ndarray) -> float:
        return (
            PairCorrector(observable, ((0, 1),), (matrix,), 1000)
            .moments(bits, observable.bases[0])
            .mean[0, 0]
        )

    gradient = (
        PairCorrector(observable, ((0, 1),), (base,), 1000)
        .moments(bits, observable.bases[0])
        .gradient[0, 0]
    )
    entries = [(i, j) for i in range(4) for j in range(4) if i != j]
    for place, (i, j) in enumerate(entries):
        step = np.zeros((4, 4))
        step[i, j], step[j, j] = 1e-6, -1e-6
        numeric = (value(base + step) - value(base - step)) / 2e-6
        assert gradient[place] == pytest.approx(numeric, abs=1e-5)


def test_the_subspace_of_all_outcomes_is_the_full_inverse():
    rates = ReadoutCalibration(np.array([[0.02, 0.05], [0.1, 0.08], [0.03, 0.01]]), 100, (0, 1, 2))
    seen = ((np.arange(8)[:, None] >> np.arange(3)) & 1).astype(np.uint8)
    diagonal = np.random.default_rng(0).normal(size=(8, 2))
    dense = functools.reduce(lambda low, a: np.kron(a, low), rates.matrices)
    expected = np.linalg.solve(dense.T, diagonal)
    assert outcome_weights(seen, diagonal, rates) == pytest.approx(expected)


def test_a_hundred_qubits_are_corrected_in_their_subspace():
    n, shots = 100, 4000
    rng = np.random.default_rng(1)
    ideal = np.where(rng.random((shots, 1)) < 0.5, 1, 0) * np.ones((1, n), int)  # GHZ outcomes
    rates = rng.uniform(0.001, 0.01, (n, 2))
    flips = rng.random((shots, n)) < np.where(ideal == 0, rates[:, 0], rates[:, 1])
    bits = BitArray.from_bool_array((ideal ^ flips).astype(bool), order="little")
    observable = parse_observable("Z" * n, n)
    calibration = ReadoutCalibration(rates, 100_000, tuple(range(n)))
    raw = (1 - 2 * ((ideal ^ flips).sum(1) % 2)).mean()
    found = SubspaceCorrector.of(observable, calibration).moments(bits, observable.bases[0])
    assert raw < 0.6
    assert found.mean[0, 0] > 0.9
    with pytest.raises(DeviceError, match="different outcomes"):
        outcome_weights(np.zeros((40_000, 1), np.uint8), np.zeros((40_000, 1)), calibration)
