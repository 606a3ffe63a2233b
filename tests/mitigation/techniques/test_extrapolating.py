from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.interop.observables import parse_observable
from qtn.mitigation import PEA, ZNE, PauliNoise, TwinZNE
from qtn.mitigation.techniques.extrapolating import (
    checked_factors,
    extrapolated,
    optimal_shares,
)
from qtn.mitigation.values.combination import Readings, Values

OBSERVABLE = parse_observable({"ZZ": 1.0, "IZ": -0.5, "XX": 0.25}, 2)


def readings(factors: tuple[float, ...], slope: float = 0.1) -> Readings:
    """Values that fall along a straight line from 1, with independent errors."""
    values = Values.empty(len(factors), 1, 3, 0)
    values.mean[:, 0] = 1 - slope * np.array(factors)[:, None]
    values.covariance[:, 0] = 1e-4 * np.eye(3)
    return Readings(values, factors, np.zeros(0))


@pytest.mark.parametrize("by", ["observable", "basis", "term"])
def test_a_line_is_read_off_at_zero_whatever_is_fitted(by):
    technique = ZNE((1, 3), fit="linear", by=by)
    found = extrapolated(technique, readings((1.0, 3.0)), OBSERVABLE, ", because")
    assert found.value == pytest.approx([0.75])
    assert found.labels == {"noise": "zne(1, 3): linear, because"}
    assert found.jacobian.shape == (2, 1, 3)
    expected = 1e-4 * (1.5**2 + 0.5**2) * (OBSERVABLE.coefficients**2).sum()
    assert found.variance(readings((1.0, 3.0))) == pytest.approx([expected])


def test_other_factors_than_the_plans_are_refused():
    planned = ZNE((1, 3, 5))
    assert ZNE(fit="linear").adopt(planned).fit == "linear"
    with pytest.raises(ArgumentError, match=r"zne\(1, 3\), but the measurement was planned with"):
        ZNE((1, 3)).adopt(planned)
    noise = PauliNoise({("cx", (0, 1)): np.zeros(15)})
    with pytest.raises(ArgumentError, match="Plan and run the noise factors first"):
        PEA(noise, (1, 2)).adopt(PEA(noise))
    with pytest.raises(ArgumentError, match="twin zne"):
        TwinZNE((1, 3)).adopt(TwinZNE())


def test_factors_are_checked_for_the_fit():
    assert checked_factors((3, 1), "linear", 1) == (1.0, 3.0)
    with pytest.raises(ArgumentError, match="at least 3 factors for the polynomial fit"):
        checked_factors((1, 3), "polynomial", 2)
    with pytest.raises(ArgumentError, match="cannot tell apart"):
        checked_factors((1, 1 + 1e-10), "linear", 1)


def test_shares_are_where_the_weight_of_the_fit_is():
    shares = optimal_shares((1.0, 3.0, 5.0), "richardson", 2)
    assert sum(shares) == pytest.approx(1.0)
    weights = np.array([15, 10, 3]) / 28  # |c_s| of the parabola through three points
    assert shares == pytest.approx(tuple(weights), abs=0.01)
