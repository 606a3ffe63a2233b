from __future__ import annotations

import numpy as np
import pytest

from qtn.mitigation.values.rates import Kernel

X = np.array([1.0, 3.0, 5.0])


@pytest.mark.parametrize("shape", [None, 3.0])
def test_decays_begin_at_one_and_have_their_slope(shape):
    kernel, rates = Kernel(X, shape), np.array([-0.1, 0.0, 0.4])
    assert Kernel(np.zeros(1), shape).decay(rates) == pytest.approx(np.ones((1, 3)))
    step = 1e-6
    wanted = (kernel.decay(rates + step) - kernel.decay(rates - step)) / (2 * step)
    assert kernel.slope(rates) == pytest.approx(wanted, abs=1e-7)
    assert np.isfinite(kernel.decay(kernel.rates)).all()


def test_a_mixture_of_many_alike_rates_is_an_exponential():
    rates = np.array([0.2])
    assert Kernel(X, 1e7).decay(rates) == pytest.approx(Kernel(X).decay(rates), abs=1e-6)
