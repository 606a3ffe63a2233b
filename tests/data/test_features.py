from __future__ import annotations

import numpy as np
import pytest

from qtn.data import amplitude, legendre, one_hot, polynomial, trigonometric
from qtn.data.features import feature_map
from qtn.errors import ArgumentError


def test_trigonometric_features_are_unit_vectors_at_the_right_angle() -> None:
    x = np.random.default_rng(0).random((5, 7))
    features = trigonometric(x)
    assert features.shape == (5, 7, 2)
    assert np.linalg.norm(features, axis=2) == pytest.approx(1.0)
    assert np.arctan2(features[..., 1], features[..., 0]) == pytest.approx(np.pi / 2 * x)


def test_polynomial_features_are_the_powers() -> None:
    x = np.random.default_rng(0).random((3, 2))
    assert polynomial(x, 3) == pytest.approx(np.stack([x**k for k in range(4)], axis=-1))
    with pytest.raises(ArgumentError, match="`degree` must be a positive integer, but is 0"):
        polynomial(x, 0)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([0.5], "an array with 2 axes"),
        ([[np.nan]], "finite numbers only, but is nan"),
        (np.empty((0, 2)), "a non-empty array"),
        ([["a"]], "an array of numbers"),
    ],
)
def test_bad_rows_are_refused(x: object, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        trigonometric(x)


def test_unknown_map_is_named() -> None:
    with pytest.raises(ArgumentError, match=r"`features` must be one of .*, but is 'fourier2'"):
        feature_map("fourier2")


def test_legendre_features_are_orthonormal_on_the_unit_interval() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(8)
    features = legendre((nodes[:, None] + 1) / 2, degree=4)[:, 0]
    gram = (features * weights[:, None] / 2).T @ features
    assert gram == pytest.approx(np.eye(5), abs=1e-12)
    with pytest.raises(ArgumentError, match="`degree`"):
        legendre([[0.5]], 0)


def test_one_hot_features_pick_the_code() -> None:
    codes = np.array([[0, 2], [1, 1]])
    features = one_hot(codes, 3)
    assert features.shape == (2, 2, 3)
    assert (features.argmax(axis=2) == codes).all()
    assert (features.sum(axis=2) == 1).all()
    for bad in ([[3]], [[-1]], [[0.5]]):
        with pytest.raises(ArgumentError, match="integers of 0 … 2"):
            one_hot(bad, 3)


def test_amplitude_features_are_unit_vectors_of_blocks() -> None:
    x = np.random.default_rng(0).random((3, 8))
    features = amplitude(x)
    assert features.shape == (3, 2, 4)
    assert np.linalg.norm(features, axis=2) == pytest.approx(1.0)
    assert np.cross(features[0, 0, :3], x[0, :3]) == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ArgumentError, match="rows of a multiple of 3 features"):
        amplitude(x, 3)
