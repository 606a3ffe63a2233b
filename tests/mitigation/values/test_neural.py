from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE
from qtn.mitigation.values.extrapolation import extrapolate
from qtn.mitigation.values.neural import neural_values

X = np.array([1.0, 2.0, 3.0, 4.0])


def test_networks_extrapolate_mild_decays_and_are_reproducible():
    data = np.exp(-0.1 * X)[:, None]
    one, two = (neural_values(X, data, ensemble=2, seed=1) for _ in range(2))
    assert one == pytest.approx(1.0, abs=0.05)
    assert (one == two).all()


def test_the_fit_reports_an_error():
    data = np.exp(-0.1 * X)[:, None]
    result = extrapolate(X, data, np.full((4, 1), 1e-4), fit="neural")
    assert result.method == "neural"
    assert result.variance(np.full((4, 1), 1e-4))[0] > 1e-5


def test_two_levels_are_too_few():
    with pytest.raises(ArgumentError, match="at least 3 factors for the neural fit"):
        ZNE((1, 3), fit="neural")
