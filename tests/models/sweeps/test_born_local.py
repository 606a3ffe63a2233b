from __future__ import annotations

import numpy as np
import pytest

from qtn.models.sweeps.born_local import amplitudes, carried, improved, rescaled

Problem = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def problem(rows: int = 30) -> tuple[Problem, np.ndarray, np.ndarray, np.ndarray]:
    """Return (left, right, group, ends), a tensor, the vectors Φ and the weights."""
    rng = np.random.default_rng(0)
    left, right = rng.random((rows, 3)) + 0.1, rng.random((rows, 4)) + 0.1
    value, m = np.sort(rng.integers(0, 2, rows)), rng.random((2, 3, 4)) + 0.1
    phi = np.einsum("ns,na,nb->nsab", np.eye(2)[value], left, right).reshape(rows, -1)
    ends, each = np.searchsorted(value, [0, 1, 2]), np.arange(rows)
    return (left, right, each, ends), m, phi, np.full(rows, 1 / rows)


def loss(m: np.ndarray, phi: np.ndarray, w: np.ndarray) -> float:
    return float((m**2).sum() - w @ np.log((phi @ m.ravel()) ** 2))


def test_amplitudes_are_the_products() -> None:
    (left, right, each, ends), m, phi, _ = problem()
    psi = np.empty(len(left))
    amplitudes(m, left, right, each, ends, np.empty_like(right), psi)
    assert psi == pytest.approx(phi @ m.ravel())


@pytest.mark.parametrize(("conjugate", "steps"), [(1, 400), (3, 60)])
def test_newton_steps_reach_the_stationary_point_and_never_climb(
    conjugate: int, steps: int
) -> None:
    rows, m, phi, w = problem()
    m = m / np.linalg.norm(m)
    before = loss(m, phi, w)
    for _ in range(steps):
        m = improved(m, rows, w, 1.0, conjugate)
        after = loss(m, phi, w)
        assert after <= before + 1e-12
        before = after
    gradient = m.ravel() - phi.T @ (w / (phi @ m.ravel()))
    assert np.abs(gradient).max() < 1e-6


def test_rows_that_share_a_vector_count_as_if_each_had_its_own() -> None:
    (left, right, each, ends), m, _, w = problem()
    left[1:5] = left[0]  # the first five rows have value 0
    apart = improved(m, (left, right, each, ends), w, 0.3, 3)
    group = np.maximum(each - 4, 0)
    sides = left[4:], right, group, np.maximum(ends - 4, 0)
    shared = improved(m, sides, w, 0.3, 3)
    assert shared == pytest.approx(apart, rel=1e-12)


def test_environments_go_where_the_next_site_wants_them() -> None:
    rng = np.random.default_rng(0)
    h, q, ends, place = rng.random((3, 2)), rng.random((2, 2, 4)), np.array([0, 1, 3]), [2, 0, 1]
    out, log_scale = carried(h, q, ends, np.array(place), False)
    wanted = np.stack([h[0] @ q[0], h[1] @ q[1], h[2] @ q[1]])
    assert out[place] * np.exp(log_scale)[:, None] == pytest.approx(wanted)
    turned = np.ascontiguousarray(q.transpose(0, 2, 1))
    assert carried(h, turned, ends, np.array(place), True)[0] == pytest.approx(out)
    lost, _ = carried(0 * h, q, ends, np.array(place), False)
    assert (lost == 1.0).all()


def test_rescaled_rows_keep_their_size_in_the_logarithm() -> None:
    h = np.array([[2.0, -4.0], [0.0, 0.0]])
    scaled, log_c = rescaled(h)
    assert scaled[0] * np.exp(log_c[0]) == pytest.approx(h[0])
    assert np.isfinite(scaled).all()
    assert np.isfinite(log_c).all()
