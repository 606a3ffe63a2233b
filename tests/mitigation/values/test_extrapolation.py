from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE
from qtn.mitigation.values.extrapolation import FITS, extrapolate

X = np.array([1.0, 3.0, 5.0])


@pytest.mark.parametrize(
    ("fit", "data"),
    [
        ("linear", 0.7 - 0.1 * X),
        ("richardson", 0.7 - 0.1 * X + 0.01 * X**2),
        ("polynomial", 0.7 - 0.1 * X + 0.01 * X**2),
        ("exponential", 0.7 * np.exp(-0.2 * X)),
        ("mixture", 0.7 * (1 + 0.2 * X / 3) ** -3),
        ("poly-exponential", 0.7 * np.exp(-0.2 * X + 0.01 * X**2)),
    ],
)
def test_each_fit_is_exact_on_its_own_model(fit, data):
    result = extrapolate(X, data[:, None], np.full((3, 1), 1e-6), fit=fit)
    assert result.value[0] == pytest.approx(0.7, abs=1e-6)
    assert result.fallbacks == 0


def test_exponential_tends_to_the_given_limit():
    data = 0.25 + 0.5 * np.exp(-0.3 * X)
    result = extrapolate(X, data[:, None], np.full((3, 1), 1e-6), limit=0.25)
    assert result.value[0] == pytest.approx(0.75, abs=1e-6)


@pytest.mark.parametrize("fit", [f for f in FITS if f != "neural"])
def test_jacobian_matches_finite_differences(fit):
    x = np.array([1.0, 2.0, 3.0, 5.0])
    data = (0.6 * np.exp(-0.25 * x) + 0.003 * np.cos(x))[:, None]
    variances = np.full((4, 1), 1e-5)
    result = extrapolate(x, data, variances, fit=fit)
    for s in range(4):
        step = np.zeros_like(data)
        step[s] = 1e-5
        up = extrapolate(x, data + step, variances, fit=fit).value
        down = extrapolate(x, data - step, variances, fit=fit).value
        # the exponential's slope leaves out the curvature times the (small) misfit
        assert result.jacobian[s, 0] == pytest.approx((up - down)[0] / 2e-5, abs=0.03)


def test_error_bars_cover_repeated_data():
    rng = np.random.default_rng(0)
    sigma, hits = 0.005, 0
    for _ in range(400):
        data = (0.5 * np.exp(-0.2 * X) + rng.normal(0, sigma, 3))[:, None]
        result = extrapolate(X, data, np.full((3, 1), sigma**2))
        error = np.sqrt(result.variance(np.full((3, 1), sigma**2)))[0]
        hits += abs(result.value[0] - 0.5) < 1.96 * error
    assert 0.90 <= hits / 400 <= 0.98


def test_sweeps_share_the_decay_rate_and_small_values_stay_small():
    rng = np.random.default_rng(1)
    truth = np.concatenate([rng.uniform(0, 0.5, 100), 10 ** rng.uniform(-4, -1, 100)])
    clean = truth * np.exp(-np.outer(X, np.full(200, 0.3)))
    data = rng.binomial(4096, clean) / 4096
    variances = np.maximum(data * (1 - data), 1 / 4096) / 4096
    shared = extrapolate(X, data, variances, limit=2.0**-16)
    single = np.array([
        extrapolate(X, data[:, [i]], variances[:, [i]], limit=2.0**-16).value[0]
        for i in range(200)
    ])  # fmt: skip
    raw = np.abs(data[0] - truth).mean()
    assert "shared" in shared.method
    assert np.abs(shared.value - truth).mean() < 0.8 * np.abs(single - truth).mean()
    assert np.abs(shared.value - truth).mean() < 0.3 * raw
    assert np.abs(shared.value - truth).max() < 0.05


def test_a_diverging_fit_falls_back_and_says_so():
    data = np.array([0.02, -0.015, 0.01])[:, None]  # noise around zero
    variances = np.full((3, 1), 0.02**2)
    for fit in ("exponential", "poly-exponential"):
        result = extrapolate(X, data, variances, fit=fit)
        assert result.fallbacks == 1
        assert "linear for 1 of 1 where it does not hold" in result.method
        line = extrapolate(X, data, variances, fit="linear")
        assert result.value == pytest.approx(line.value)


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3))
def test_no_data_make_the_exponential_blow_up(values):
    data = np.array(values)[:, None]
    variances = np.full((3, 1), 0.01**2)
    result = extrapolate(X, data, variances)
    line = extrapolate(X, data, variances, fit="linear")
    assert np.isfinite(result.value).all()
    assert result.variance(variances)[0] <= 9.01 * line.variance(variances)[0]


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("slope", [0.1, 0.2])
@pytest.mark.parametrize("fit", [f for f in FITS if f != "neural"])
def test_straight_data_are_within_the_error_of_every_fit(fit, slope, sign):
    data = sign * (1.1 - slope * X)[:, None]
    for sigma in (0.01, 0.003):
        variances = np.full((3, 1), sigma**2)
        result = extrapolate(X, data, variances, fit=fit)
        assert abs(result.value[0] - sign * 1.1) < 2.5 * np.sqrt(result.variance(variances)[0])
    if fit in ("exponential", "mixture"):
        assert "linear for 1 of 1 where it does not hold" in result.method
        assert result.fallbacks == 1


def test_data_that_no_fit_describes_widen_its_error():
    data = np.array([0.8, 0.8, 0.0])[:, None]
    variances = np.full((3, 1), 1e-4)
    for fit in ("exponential", "mixture", "linear"):
        result = extrapolate(X, data, variances, fit=fit)
        assert result.variance(variances)[0] > 0.2**2
        assert result.misfit[0] > 0


@pytest.mark.parametrize("fit", [f for f in FITS if f != "neural"])
def test_constant_data_and_zeros_stay_what_they_are(fit):
    for value in (0.5, 0.0, -1.0):
        result = extrapolate(X, np.full((3, 1), value), np.full((3, 1), 1e-4), fit=fit)
        assert result.value[0] == pytest.approx(value, abs=1e-3)
        assert 0 < result.variance(np.full((3, 1), 1e-4))[0] < 0.03**2


def test_a_network_and_a_decay_through_two_points_doubt_themselves():
    straight = (1.1 - 0.2 * X)[:, None]
    variances = np.full((3, 1), 1e-6)
    network = extrapolate(X, straight, variances, fit="neural")
    assert abs(network.value[0] - 1.1) < 2.5 * np.sqrt(network.variance(variances)[0])
    for fit in ("exponential", "mixture"):
        result = extrapolate(X[:2], straight[:2], variances[:2], fit=fit)
        assert abs(result.value[0] - 1.1) > 0.05
        assert abs(result.value[0] - 1.1) < 2.01 * np.sqrt(result.variance(variances[:2])[0])


def test_high_orders_are_solved_without_squaring_the_condition():
    x = np.arange(1.0, 8.0)
    data = (0.9 - 0.1 * x + 0.01 * x**2 - 1e-5 * x**6)[:, None]
    for fit in ("polynomial", "richardson"):
        result = extrapolate(x, data, np.full((7, 1), 1e-8), fit=fit, order=6)
        assert result.value[0] == pytest.approx(0.9, abs=1e-8)


def test_bad_fits_are_refused():
    y, v = np.zeros((2, 1)), np.ones((2, 1))
    with pytest.raises(ArgumentError, match="`fit` must be one of 'exponential'"):
        extrapolate(X[:2], y, v, fit="spline")
    with pytest.raises(ArgumentError, match="distinct factors"):
        extrapolate(np.array([1.0, 1.0]), y, v)
    near = np.array([1.0, 1.0 + 1e-9])
    for call in (lambda: extrapolate(near, y, v, fit="linear"), lambda: ZNE(tuple(near))):
        with pytest.raises(ArgumentError, match="cannot tell apart"):
            call()
    with pytest.raises(ArgumentError, match="cannot tell apart"):
        ZNE(tuple(range(1, 20)), fit="richardson")
    with pytest.raises(ArgumentError, match="needs at least 3 noise factors"):
        extrapolate(X[:2], y, v, fit="polynomial", order=2)


@pytest.mark.parametrize("fit", FITS)
def test_the_curve_is_the_fit(fit):
    x = np.array([1.0, 2.0, 3.0, 5.0])
    data = np.stack([0.6 * np.exp(-0.25 * x), 0.3 - 0.02 * x, 0.2 + 0.05 * x], axis=1)
    result = extrapolate(x, data, np.full((4, 3), 1e-6), fit=fit)
    curve = result.curve(np.array([0.0, *x]))
    assert curve[0] == pytest.approx(result.value, abs=1e-9)
    if fit == "richardson":
        assert curve[1:] == pytest.approx(data, abs=1e-9)
    elif fit != "neural":
        assert curve[1:, 1] == pytest.approx(data[:, 1], abs=0.01)  # a line, or nearly one
