from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from qtn.mitigation.values.combination import averaged, widening
from qtn.mitigation.values.outcomes import Moments


@pytest.mark.parametrize("freedom", [7, 15, 60])
def test_few_copies_widen_the_error_as_students_distribution_says(freedom):
    assert widening(freedom) == pytest.approx(t.ppf(0.975, freedom) / 1.959964, rel=0.005)


def test_intervals_from_few_copies_hold_as_often_as_they_say():
    rng, inside, runs = np.random.default_rng(0), 0, 2000
    for _ in range(runs):
        # copies scatter far beyond their shot noise
        values = rng.normal(0.3, 0.5, 12)
        parts = [
            Moments(np.full((1, 1), v), np.full((1, 1, 1), 1e-6), np.zeros((1, 1, 0)))
            for v in values
        ]
        found = averaged(parts, [1.0] * 12, [0] * 12)
        inside += abs(found.mean[0, 0] - 0.3) < 1.96 * np.sqrt(found.covariance[0, 0, 0])
    assert 0.93 < inside / runs < 0.97
