from __future__ import annotations

import numpy as np
import pytest

from qtn.data import polynomial, trigonometric
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
