"""Trains: exact at full bonds, errors equal to what was discarded, calibration that pays."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from qtn.applications.compression.layout import Layout, low_rank
from qtn.applications.compression.trains import (
    balanced_gauge,
    dense,
    factorised,
    improved,
    input_roots,
    output_error,
    shrunk,
    spectra,
)

LAYOUTS = (
    Layout((3, 4), (5, 4)),
    Layout((4, 3), (2, 10)),
    Layout((2, 3, 2), (5, 2, 2)),
    low_rank(12, 20),
)


def matrix(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(12, 20))


def covariance(seed: int = 1) -> np.ndarray:
    """Of 30 rows of 20 inputs, some of which hardly change."""
    rows = np.random.default_rng(seed).normal(size=(30, 20)) * np.geomspace(1, 1e-4, 20)
    rows[:, 7] = rows[:, 3] - 0.5 * rows[:, 4]
    return rows.T @ rows / 30


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_train_of_full_bonds_is_the_matrix(layout: Layout) -> None:
    full = factorised(matrix(), layout, layout.full)
    np.testing.assert_allclose(dense(full.cores), matrix(), atol=1e-13)
    assert full.discarded < 1e-12
    weighted = factorised(matrix(), layout, layout.full, input_roots(covariance(), layout))
    np.testing.assert_allclose(dense(weighted.cores), matrix(), atol=1e-11)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("bond", [1, 2, 4])
def test_the_error_is_exactly_what_was_discarded(layout: Layout, bond: int) -> None:
    train = factorised(matrix(), layout, (bond,) * (len(layout.outputs) - 1))
    error = np.linalg.norm(matrix() - dense(train.cores))
    assert error == pytest.approx(train.discarded, rel=1e-12)
    cuts = spectra(matrix(), layout)
    tails = [np.sum(s[bond:] ** 2) for s in cuts]
    assert max(tails) <= error**2 * (1 + 1e-12)
    assert error**2 <= sum(tails) * (1 + 1e-12)


def test_two_cores_are_the_best_of_their_bond() -> None:
    layout = LAYOUTS[0]
    (values,) = spectra(matrix(), layout)
    for bond in range(1, len(values)):
        found = factorised(matrix(), layout, (bond,)).discarded
        assert found == pytest.approx(np.sqrt(np.sum(values[bond:] ** 2)), rel=1e-10, abs=1e-12)


def test_weighted_low_rank_is_the_optimum_in_closed_form() -> None:
    floored = shrunk(covariance())
    root = np.real(sqrtm(floored))
    u, s, vh = np.linalg.svd(matrix() @ root)
    best = (u[:, :3] * s[:3]) @ vh[:3] @ np.linalg.inv(root)
    layout = low_rank(12, 20)
    train = factorised(matrix(), layout, (3,), input_roots(covariance(), layout))
    np.testing.assert_allclose(dense(train.cores), best, atol=1e-9)
    assert train.discarded == pytest.approx(output_error(matrix(), train.cores, floored), rel=1e-9)


@pytest.mark.parametrize("layout", LAYOUTS[:3])
def test_least_squares_never_raise_the_error_and_end_where_no_core_gains(layout: Layout) -> None:
    bonds = (2,) * (len(layout.outputs) - 1)
    cores = factorised(matrix(), layout, bonds, input_roots(covariance(), layout)).cores
    floored = shrunk(covariance())
    errors = [output_error(matrix(), cores, floored)]
    for sweeps in (1, 4, 60):
        better = improved(matrix(), cores, covariance(), sweeps)
        errors.append(output_error(matrix(), better, floored))
    assert errors == sorted(errors, reverse=True)
    assert errors[1] < 0.99 * errors[0]
    rng = np.random.default_rng(3)
    for k in range(len(better)):
        for _ in range(3):
            moved = list(better)
            moved[k] = moved[k] + 1e-3 * rng.normal(size=moved[k].shape)
            assert output_error(matrix(), tuple(moved), floored) > errors[-1] * (1 - 1e-7)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_balanced_gauge_keeps_the_matrix_and_evens_the_cores(layout: Layout) -> None:
    bonds = (3,) * (len(layout.outputs) - 1)
    cores = factorised(matrix(), layout, bonds).cores
    even = balanced_gauge(cores)
    np.testing.assert_allclose(dense(even), dense(cores), atol=1e-12)
    assert [c.shape for c in even] == [c.shape for c in cores]
    if len(cores) == 2:
        left = even[0].reshape(-1, 3)
        right = even[1].reshape(3, -1)
        np.testing.assert_allclose(left.T @ left, right @ right.T, atol=1e-10)


def test_a_matrix_of_zeros_and_of_low_rank_keep_finite_cores() -> None:
    for given in (np.zeros((12, 20)), np.outer(np.arange(12.0), np.ones(20))):
        cores = balanced_gauge(factorised(given, LAYOUTS[2], (4, 4)).cores)
        assert all(np.isfinite(core).all() for core in cores)
        np.testing.assert_allclose(dense(cores), given, atol=1e-10)


def test_roots_multiply_to_a_covariance_that_is_a_product() -> None:
    rng = np.random.default_rng(5)
    one, other = (a @ a.T for a in (rng.normal(size=(5, 5)), rng.normal(size=(4, 4))))
    layout = Layout((3, 4), (5, 4))
    a, b = (r @ r for r in input_roots(np.kron(one, other), layout))
    # Each factor is shrunk; the second one keeps its mean.
    whole = np.trace(one) * np.trace(other) / 20
    share = 0.3
    left = one / np.trace(one) * 5 + share * np.eye(5)
    right = (other / np.trace(other) * 4 + share * np.eye(4)) / (1 + share)
    np.testing.assert_allclose(np.kron(a, b), whole * np.kron(left, right), rtol=1e-9)
