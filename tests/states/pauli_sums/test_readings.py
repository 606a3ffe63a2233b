"""Weights and product values across the border of a word."""

from __future__ import annotations

import numpy as np

from qtn.states.pauli_sums.readings import product_value, weights


def test_weights_and_values_across_words():
    x = np.array([[1 << 63, 3]], np.uint64)
    z = np.array([[1 << 63, 4]], np.uint64)
    assert weights(x, z).tolist() == [4]
    directions = np.full((70, 3), np.nan)
    directions[63], directions[64], directions[65], directions[66] = (
        (0, 0.5, 0), (0.25, 0, 0), (2.0, 0, 0), (0, 0, 3.0)
    )  # fmt: skip
    assert product_value(x, z, np.array([2.0]), directions) == 2.0 * 0.5 * 0.25 * 2.0 * 3.0
