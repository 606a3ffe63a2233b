"""Nyström features: exact where the landmarks span the rows, and what they lose is known."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.applications.quantum_kernels import Nystrom, RotationMap
from qtn.errors import ArgumentError

X = np.random.default_rng(0).uniform(-1, 1, (40, 6))
K = np.asarray(qtn.kernel_matrix(X, feature_map=RotationMap(bandwidth=0.5)).value)


def test_all_rows_as_landmarks_give_the_kernel() -> None:
    features = Nystrom.of(K).features(K)
    np.testing.assert_allclose(features @ features.T, K, atol=1e-8)
    assert np.abs(Nystrom.of(K).lost(K)).max() < 1e-8


def test_the_approximation_is_from_below_and_grows() -> None:
    before = None
    for count in (5, 10, 20):
        found = Nystrom.of(K[:count, :count])
        features, lost = found.features(K[:, :count]), found.lost(K[:, :count])
        assert np.linalg.eigvalsh(K - features @ features.T).min() > -1e-9
        assert lost == pytest.approx(1 - np.sum(features**2, axis=1))
        assert lost.min() > -1e-9
        assert before is None or np.all(lost <= before + 1e-9)
        before = lost


def test_eigenvalues_below_zero_are_left_out() -> None:
    found = Nystrom.of([[1.0, 1.2], [1.2, 1.0]])
    assert found.negative == 1
    assert found.features([[1.0, 1.0]]).shape == (1, 1)


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="must be a square matrix"):
        Nystrom.of(K[:3])
    with pytest.raises(ArgumentError, match="a positive eigenvalue"):
        Nystrom.of(-np.eye(2))
    with pytest.raises(ArgumentError, match="5 columns, one per landmark, but has 6"):
        Nystrom.of(K[:5, :5]).features(K[:, :6])
