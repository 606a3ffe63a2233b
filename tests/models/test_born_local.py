from __future__ import annotations

import numpy as np
import pytest

from qtn.models.born_local import LocalProblem, rescaled


def problem(rows: int = 30) -> tuple[LocalProblem, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    left, right = rng.random((rows, 3)) + 0.1, rng.random((rows, 4)) + 0.1
    value, m = rng.integers(0, 2, rows), rng.random((3, 2, 4)) + 0.1
    one_hot = np.eye(2)[value]
    phi = np.einsum("na,ns,nb->nasb", left, one_hot, right).reshape(rows, -1)
    return LocalProblem(m, left, right, value), m, phi, np.full(rows, 1 / rows)


def loss(m: np.ndarray, phi: np.ndarray, w: np.ndarray) -> float:
    return float((m**2).sum() - w @ np.log((phi @ m.ravel()) ** 2))


def test_amplitudes_are_the_products_in_the_order_given() -> None:
    local, m, phi, _ = problem()
    assert local.amplitudes(m) == pytest.approx(phi @ m.ravel())


def test_newton_steps_reach_the_stationary_point_and_never_climb() -> None:
    local, m, phi, w = problem()
    m = m / np.linalg.norm(m)
    before = loss(m, phi, w)
    for _ in range(60):
        m = local.improved(m, w, 1.0)
        after = loss(m, phi, w)
        assert after <= before + 1e-12
        before = after
    gradient = m.ravel() - phi.T @ (w / (phi @ m.ravel()))
    assert np.abs(gradient).max() < 1e-6


def test_rescaled_rows_keep_their_size_in_the_logarithm() -> None:
    h = np.array([[2.0, -4.0], [0.0, 0.0]])
    scaled, log_c = rescaled(h)
    assert scaled[0] * np.exp(log_c[0]) == pytest.approx(h[0])
    assert np.isfinite(scaled).all()
    assert np.isfinite(log_c).all()
