"""Outcomes to probabilities."""

from __future__ import annotations

import numpy as np

from qtn.applications.sequences.softmax import Calibration


def test_it_is_a_softmax_of_the_probabilities() -> None:
    p = np.array([[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]])
    found = Calibration(3.0, np.array([0.0, 1.0, -1.0]))(p)
    logits = 3 * np.array([[0.5, 0.2, 0.3], [0.5, 0.25, 0.25]]) + [0, 1, -1]
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.abs(found - expected).max() < 1e-15


def test_large_scales_do_not_overflow() -> None:
    found = Calibration(1e5, np.zeros(2))(np.array([[0.9, 0.1]]))
    assert np.allclose(found, [[1.0, 0.0]])
