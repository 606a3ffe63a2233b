"""Unfolded outcomes with their errors, on all outcomes and on those seen."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.mitigation import ReadoutCalibration
from qtn.mitigation.unfolding import solved
from qtn.mitigation.unfolding.faults import Faults
from qtn.mitigation.unfolding.response import convolution
from qtn.mitigation.unfolding.solved import Answer, Rates, unfolded

FAULTS = Faults(4, (np.array([6], dtype=np.uint64),), (np.array([0.08]),), True)
RATES = Rates(np.full(4, 0.03), np.full(4, 1e-6))
IDEAL = np.zeros(16)
IDEAL[[2, 13]] = 0.25, 0.75


def outcomes(copies=20, shots=500):
    noisy = convolution(FAULTS, RATES.mean).forward(IDEAL)
    rng = np.random.default_rng(3)
    return rng.choice(16, size=(copies, shots), p=noisy / noisy.sum()).astype(np.uint64)


@pytest.mark.parametrize("dense", [True, False])
def test_both_ways_find_the_distribution(dense, monkeypatch):
    if not dense:
        monkeypatch.setattr(solved, "DENSE", 3)
    found = unfolded(FAULTS, RATES, outcomes(), np.random.default_rng(0)).in_order()
    value, variance = found.at(np.array([13, 2, 6], dtype=np.uint64))
    assert found.strings[:2].tolist() == [13, 2]
    assert np.all(np.abs(value - [0.75, 0.25, 0]) < 5 * np.sqrt(variance) + 1e-3)
    assert 0.002 < np.sqrt(variance[0]) < 0.02
    assert found.stderr.min() > 1e-4 / 2
    assert found.raw.sum() == pytest.approx(1)


def test_outcomes_that_are_not_held_have_probability_0():
    held = Answer(np.array([5, 1], dtype=np.uint64), np.array([0.4, 0.6]), np.ones(2), np.ones(2))
    value, variance = held.at(np.array([1, 2, 5, 9], dtype=np.uint64))
    assert value.tolist() == [0.6, 0, 0.4, 0]
    assert variance.tolist() == [1, 0, 1, 0]


def test_rates_are_cut_to_the_qubits():
    calibration = ReadoutCalibration(np.array([[0.02, 0.04], [0.1, 0.2]]), 1000, (7, 3))
    found = Rates.of(calibration, (3,))
    assert found.mean == pytest.approx([0.15])
    assert found.variances == pytest.approx(calibration.variances[2:].sum() / 4)
    with pytest.raises(ArgumentError, match=r"measures \[4\] as well. Calibrate these qubits too"):
        Rates.of(calibration, (3, 4))
    drawn = Rates(np.array([0.0, 0.5]), np.ones(2)).drawn(np.random.default_rng(0))
    assert np.all((drawn >= 0) & (drawn <= 0.5))
