"""Product formulas: consistency, merging and the order of the error."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.linalg import expm

from qtn.errors import ArgumentError
from qtn.physics.suzuki import ORDERS, layers, stages


@pytest.mark.parametrize("order", ORDERS)
def test_fractions_of_each_part_add_up(order):
    for part in (0, 1):
        total = sum(fraction for p, fraction in layers(order, 3) if p == part)
        assert total == pytest.approx(3.0)


def test_neighbouring_layers_are_merged():
    sequence = layers(2, 5)
    assert len(sequence) == 11
    assert all(a[0] != b[0] for a, b in itertools.pairwise(sequence))
    assert len(stages(4)) == 13


@pytest.mark.parametrize("order", ORDERS)
def test_error_falls_with_the_order(order):
    rng = np.random.default_rng(1)
    parts = [m + m.conj().T for m in rng.normal(size=(2, 4, 4)) + 1j * rng.normal(size=(2, 4, 4))]
    exact = expm(-1j * sum(parts))

    def error(steps: int) -> float:
        product = np.eye(4)
        for part, fraction in layers(order, steps):
            product = expm(-1j * fraction / steps * parts[part]) @ product
        return float(np.linalg.norm(product - exact))

    slope = np.log2(error(64) / error(128))
    assert slope == pytest.approx(order, abs=0.1)


def test_bad_order_and_steps():
    with pytest.raises(ArgumentError, match="`order` must be one of 1, 2, 4"):
        stages(3)
    with pytest.raises(ArgumentError, match="`steps` must be a positive integer"):
        layers(2, 0)
