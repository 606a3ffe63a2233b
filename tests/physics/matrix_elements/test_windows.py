"""Windows as sums over times: widths, copies, grids."""

from __future__ import annotations

import numpy as np
import pytest
from exact_elements import mixed_field

from qtn.physics.matrix_elements.correlations import Correlations
from qtn.physics.matrix_elements.windows import (
    furthest,
    grid_for,
    reach,
    shortest,
    smoothed,
    spread,
)
from qtn.physics.terms import read_terms


def test_the_spread_is_that_of_the_spectrum() -> None:
    operator = mixed_field(7, -1.05, 0.5)
    energies = np.linalg.eigvalsh(operator.to_matrix())
    assert spread(read_terms(operator)) == pytest.approx(energies.std())


def test_a_grid_serves_what_it_is_made_for() -> None:
    terms = read_terms(mixed_field(12, -1.05, 0.5))
    for offset in (0.0, 1.0, 7.0):
        step, count = grid_for(terms, 0.7, offset)
        assert furthest(spread(terms), 0.7, step) == pytest.approx(offset, abs=1e-9)
        assert grid_for(terms, shortest(terms, offset, 90), offset)[1] in (89, 90)
        assert (count - 1) * step < reach(12) / 0.7 <= count * step
    assert reach(8) > reach(12) > reach(40) == reach(60)


def test_two_levels_in_closed_form() -> None:
    # H = ±1 with O flipping them: every pair of times has a value by hand.
    times = 0.05 * np.arange(-320, 321)
    pairs = np.cos(times[:, None] - times[None, :])
    found = Correlations(times, pairs, np.cos(times), 1, 0.0)
    omega, s = np.array([0.0, 1.0, 2.0]), 0.5
    levels = np.array([1.0, -1.0])
    up, down = (np.exp(-((levels - sign * omega[:, None] / 2) ** 2) / 2 / s**2) for sign in (1, -1))
    exact = [2 * (a[0] * b[1] + a[1] * b[0]) / a.sum() / b.sum() for a, b in zip(up, down)]
    assert smoothed(found, omega, s, 0.0) == pytest.approx(exact, abs=1e-9)
    assert smoothed(found, omega[None], s, 0.0).shape == (1, 3)
