from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.mitigation.values.regress import check_rank, per_freedom, weighted_fit, widened


def test_the_fit_is_that_of_numpy_and_its_derivatives_are_exact():
    rng = np.random.default_rng(0)
    x = np.array([1.0, 2.0, 3.0, 5.0])
    design = x[:, None] ** np.arange(3)
    y, variances = rng.normal(size=(4, 6)), rng.uniform(0.1, 2, (4, 6))
    fitted, jacobian = weighted_fit(design, y, variances)
    for column in range(6):
        weights = 1 / np.sqrt(variances[:, column])
        known = np.polyfit(x, y[:, column], 2, w=weights)
        assert fitted[:, column] == pytest.approx(np.polyval(known, x))
        assert jacobian[:, column] @ y[:, column] == pytest.approx(known[-1])


def test_misfit_widens_the_error_and_shot_noise_does_not():
    variances = np.full((3, 2), 0.01)
    y = np.array([[0.0, 0.0], [0.1, 2.0], [0.0, 0.0]])
    chi = per_freedom(y, np.zeros((3, 2)), variances, 2)
    assert chi == pytest.approx([1.0, 400.0])
    extra = widened(np.ones((3, 2)), variances, chi)
    assert extra == pytest.approx([0.0, 399 * 0.03])
    assert per_freedom(y[:2], y[:2] + 1, variances[:2], 2).tolist() == [0.0, 0.0]


def test_factors_that_a_fit_cannot_tell_apart_are_refused():
    check_rank(np.array([1.0, 3.0]), "linear", 1)
    with pytest.raises(ArgumentError, match="cannot tell apart"):
        check_rank(np.array([1.0, 1.0 + 1e-10]), "exponential", 1)
