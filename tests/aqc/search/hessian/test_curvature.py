"""Curvature pairs: the recursion is right, and packing changes no inner product."""

import numpy as np
import pytest

from qtn.aqc.search.hessian.curvature import Curvature, packed, spread


def anti_hermitian(rng, gates):
    matrices = rng.normal(size=(gates, 4, 4)) + 1j * rng.normal(size=(gates, 4, 4))
    matrices -= matrices.conj().transpose(0, 2, 1)
    return np.stack([matrices.real, matrices.imag], axis=1)


def test_packing_keeps_inner_products_and_can_be_undone():
    a, b = (anti_hermitian(np.random.default_rng(seed), 5) for seed in (0, 1))
    assert packed(a).shape == (80,)
    assert packed(a) @ packed(b) == pytest.approx(np.sum(a * b), rel=1e-13)
    assert np.allclose(spread(packed(a), a.shape), a, atol=1e-15)
    plain = np.arange(12.0).reshape(2, 6)
    assert np.array_equal(spread(packed(plain), plain.shape), plain)


def test_directions_of_gates_are_those_of_plain_vectors():
    rng = np.random.default_rng(2)
    whole, flat = Curvature(3), Curvature(3)
    for _ in range(5):
        step = anti_hermitian(rng, 4)
        change = step * rng.uniform(0.5, 2.0, size=(4, 1, 1, 1))
        whole.add(step, change)
        flat.add(step.reshape(-1), change.reshape(-1))
    gradient = anti_hermitian(rng, 4)
    assert len(whole) == len(flat) == 3
    expected = flat.direction(gradient.reshape(-1)).reshape(gradient.shape)
    assert np.allclose(whole.direction(gradient), expected, atol=1e-13)


def test_pairs_of_negative_curvature_are_dropped_and_old_ones_overwritten():
    pairs = Curvature(2)
    pairs.add(np.ones(3), -np.ones(3))
    assert len(pairs) == 0
    for scale in (1.0, 2.0, 4.0):
        pairs.add(np.ones(3), scale * np.ones(3))
    assert len(pairs) == 2
    assert np.allclose(pairs.direction(np.ones(3)), -0.25 * np.ones(3))


@pytest.mark.parametrize("guessed", [False, True])
def test_curvature_pairs_solve_a_quadratic(guessed):
    rng = np.random.default_rng(4)
    size = 5
    a = rng.normal(size=(size, size))
    hessian = a @ a.T + np.eye(size)
    guess = np.diag(rng.uniform(0.5, 2.0, size))
    pairs = Curvature(size, (lambda x: x @ guess) if guessed else None)
    # Conjugate directions make the recursion exact, whatever the first guess.
    for step in np.linalg.eigh(hessian)[1].T:
        pairs.add(step, hessian @ step)
    gradient = rng.normal(size=size)
    assert np.allclose(hessian @ pairs.direction(gradient), -gradient)


def test_without_pairs_the_first_guess_is_taken_as_it_is():
    gradient = np.arange(1.0, 4.0).reshape(1, 3)
    assert np.array_equal(Curvature(2).direction(gradient), -gradient)
    assert np.array_equal(Curvature(2, lambda x: 2.0 * x).direction(gradient), -2.0 * gradient)
