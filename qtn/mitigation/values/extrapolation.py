"""Extrapolation to zero noise: fits with error propagation, vectorised over a sweep.

Data are y[s, i] at noise factors x[s] for i = 0 … columns-1 (bindings or terms), with variances.
Every fit returns the value at x = 0 and its derivatives by the data, so that shot noise and the
shared calibration noise propagate alike.

The exponential m + a exp(-b x) tends to the value m of the maximally mixed state, which is known.
It has one nonlinear parameter, so it is solved by a scan over b (a follows in closed form) and
Newton steps: it cannot diverge. What can happen is that the data do not fix b. Then columns of one
sweep, whose circuits share their noisy part, lend each other strength: b gets the normal prior
whose mean and width are estimated from all columns (DerSimonian-Laird); and where even that leaves
the exponential worse determined than `MAX_INFLATION` times the straight line, the line is used and
counted as a fallback.

Where there are more factors than parameters, the data judge the fit: what shot noise does not
explain widens the error (`regress.widened`), which enters as `Extrapolation.misfit`. A decay gives
way to the straight line where that describes the data better by `BETTER` in chi-squared. A curve
through as many points as it has parameters cannot be judged: then `UNSEEN` times its distance from
the polynomial through the same points is its doubt.

The paths that contribute to a value are damped at different rates, so the decay is a mixture of
exponentials: it is convex in the logarithm, and one exponential falls short of the value at 0. The
"mixture" takes the rates as gamma-distributed with shape k = 3, which gives m + a (1 + b x / k)^-k:
two parameters as before. The shape was chosen once, on Trotter circuits of the Ising chain with the
noise of three fake devices; between k = 2 and 4 the results differ little.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn.errors import ArgumentError
from qtn.mitigation.values.rates import Kernel
from qtn.mitigation.values.regress import (
    check_rank,
    coefficients,
    per_freedom,
    weighted_fit,
    widened,
)

Floats = NDArray[np.float64]

FITS = (
    "exponential",
    "mixture",
    "linear",
    "richardson",
    "polynomial",
    "poly-exponential",
    "neural",
)
MAX_INFLATION = 3.0  # an exponential whose error exceeds this many times the line's is given up
BETTER = 9.0  # three standard errors
UNSEEN = 0.5  # straight data, the worst case seen, are within two standard errors of a decay
_POOL_FROM = 8  # sweeps with at least this many columns share the prior on the rate
SHAPE = 3.0  # of the gamma distribution of rates in the mixture


@dataclass(frozen=True, slots=True)
class Extrapolation:
    """Values at zero noise (columns,), their derivatives (factors, columns), and what happened.

    Args:
        value: (columns,).
        jacobian: (factors, columns).
        method: the fit, fallbacks included.
        fallbacks: columns for which another fit was used than the one asked for.
        misfit: (columns,) variance that shot noise does not explain: the data do not follow the
            fit; None where nothing can be said.
        curve: the fitted values (places, columns) at noise factors (places,).
    """

    value: Floats
    jacobian: Floats
    method: str
    fallbacks: int = 0
    misfit: Floats | None = None
    curve: Callable[[Floats], Floats] = field(default=np.zeros_like, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"Extrapolation({len(self.value)} values, {self.method})"

    def variance(self, variances: Floats) -> Floats:
        """Propagate independent variances (factors, columns) of the data, and add the misfit."""
        noise = np.einsum("sc,sc->c", self.jacobian**2, variances)
        return np.asarray(noise if self.misfit is None else noise + self.misfit)


def extrapolate(
    x: Floats,
    y: Floats,
    variances: Floats,
    *,
    fit: str = "exponential",
    order: int = 2,
    limit: Floats | float = 0.0,
) -> Extrapolation:
    """Extrapolate data at several noise factors to zero noise.

    Args:
        x: (factors,) distinct noise factors, at least 1 each.
        y: (factors, columns) values.
        variances: (factors, columns) squared standard errors, positive.
        fit: one of `FITS`.
        order: degree of "polynomial" and of the exponent of "poly-exponential".
        limit: value at infinite noise, per column, for the exponential fits.

    Returns:
        Value and derivatives per column; `method` says which fit was used and how often a fit fell
        back; `misfit` widens the error where the data do not follow the fit.

    Raises:
        ArgumentError: unknown fit, repeated factors, or fewer factors than the fit's parameters.

    Cost: factors × columns × 111 scanned rates for the exponential, negligible otherwise.

    Example:
        >>> x = np.array([1.0, 3.0]); y = 0.5 * np.exp(-0.1 * x)[:, None]
        >>> fitted = extrapolate(x, y, np.full((2, 1), 1e-4))
        >>> f"{fitted.value[0]:.4f} {fitted.method}"
        '0.5000 exponential'

    Reference: Giurgica-Tiron et al., arXiv:2005.10921, section IV; DerSimonian & Laird,
        Controlled Clinical Trials 7, 177 (1986), for the spread of the rates; Birge, Phys. Rev. 40,
        207 (1932), for errors of data that do not follow their fit.
    """
    x, y, variances = _checked(x, y, variances, fit, order)
    limit = np.broadcast_to(np.asarray(limit, float), y.shape[1:])
    if fit == "linear":
        return _polynomial(x, y, variances, 1, "linear")
    if fit == "richardson":
        return _polynomial(x, y, variances, len(x) - 1, "richardson")
    if fit == "polynomial":
        return _polynomial(x, y, variances, order, f"polynomial of order {order}")
    if fit in ("exponential", "mixture"):
        kernel = Kernel(x, None if fit == "exponential" else SHAPE)
        return _decaying(kernel, y, variances, limit, fit)
    if fit == "neural":
        return _neural(x, y, variances)
    return _poly_exponential(x, y, variances, limit, order)


def needed_factors(fit: str, order: int) -> int:
    """Return how many distinct noise factors a fit needs.

    Example:
        >>> needed_factors("polynomial", 2)
        3
    """
    return {"polynomial": order + 1, "poly-exponential": order + 1, "neural": 3}.get(fit, 2)


def _checked(
    x: Floats, y: Floats, variances: Floats, fit: str, order: int
) -> tuple[Floats, Floats, Floats]:
    if fit not in FITS:
        raise fail("fit", "one of " + ", ".join(map(repr, FITS)), fit)
    x, y, variances = (np.asarray(a, dtype=float) for a in (x, y, variances))
    if len(np.unique(x)) != len(x):
        raise ArgumentError(f"Argument `factors` must hold distinct factors, but is {x.tolist()}.")
    if len(x) < needed_factors(fit, order):
        raise ArgumentError(
            f"The {fit} fit needs at least {needed_factors(fit, order)} noise factors, but there "
            f"are {len(x)}. Add factors or choose a simpler fit."
        )
    check_rank(x, fit, order)
    # Counts without scatter (all shots equal) have variance 0; they are precise, not infinitely so.
    floor = np.maximum(1e-9, 1e-3 * variances.max(axis=0, keepdims=True, initial=0.0))
    return x, y, np.maximum(variances, floor)


def _powers(x: Floats, degree: int) -> Floats:
    return np.asarray(x[:, None] ** np.arange(degree + 1))


def _polynomial(x: Floats, y: Floats, variances: Floats, degree: int, method: str) -> Extrapolation:
    design = _powers(x, degree)
    fitted, jacobian = weighted_fit(design, y, variances)
    chi = per_freedom(y, fitted, variances, degree + 1)
    value = (jacobian * y).sum(0)
    misfit = widened(jacobian, variances, chi)

    def curve(at: Floats) -> Floats:
        return np.asarray(_powers(at, degree) @ coefficients(design, y, variances))

    return Extrapolation(value, jacobian, method, misfit=misfit, curve=curve)


def _neural(x: Floats, y: Floats, variances: Floats) -> Extrapolation:
    """A network passes through any data, so its distance from the line stands for its misfit."""
    from qtn.mitigation.values.neural import neural_curves, neural_jacobian, neural_values

    value, jacobian = neural_values(x, y), neural_jacobian(x, y, variances)
    line = _polynomial(x, y, variances, 1, "linear")
    misfit = (value - line.value) ** 2

    def curve(at: Floats) -> Floats:
        return neural_curves(x, y, at)

    return Extrapolation(value, jacobian, "neural", misfit=misfit, curve=curve)


def _decaying(
    kernel: Kernel, y: Floats, variances: Floats, limit: Floats, name: str
) -> Extrapolation:
    line = _polynomial(kernel.x, y, variances, 1, "linear")
    signal, weights = y - limit, 1 / variances
    rate = kernel.rates[_profile(kernel, signal, weights).argmin(0)]
    prior = _shared_rate(kernel, signal, weights, rate)
    rate = _newton(kernel, signal, weights, rate, prior)
    decay = kernel.decay(rate)
    amplitude = (weights * decay * signal).sum(0) / (weights * decay**2).sum(0)
    jacobian = _decay_jacobian(decay, amplitude * kernel.slope(rate), weights, prior)
    error = np.sqrt((jacobian**2 * variances).sum(0))
    line_error = np.sqrt((line.jacobian**2 * variances).sum(0))
    at_edge = (rate <= kernel.rates[0] + 1e-6) | (rate >= kernel.rates[-1] - 1e-6)
    lost = at_edge | ~np.isfinite(amplitude) | (error > MAX_INFLATION * line_error)
    # Without the data fixing the rate, a growing exponential is noise, not physics.
    chi = per_freedom(signal, amplitude * decay, variances, 2)
    straight = per_freedom(y, weighted_fit(_powers(kernel.x, 1), y, variances)[0], variances, 2)
    lost |= (chi - straight) * (len(kernel.x) - 2) > BETTER
    method = name if prior is None else f"{name} with rates shared across the sweep"
    misfit = widened(jacobian, variances, chi)
    if len(kernel.x) == 2:
        misfit = (UNSEEN * (limit + amplitude - line.value)) ** 2
    kept = np.where(lost, 0.0, amplitude)

    def curve(at: Floats) -> Floats:
        return np.asarray(limit + kept * replace(kernel, x=at).decay(rate))

    own = Extrapolation(limit + kept, jacobian, method, misfit=misfit, curve=curve)
    return _given_up(own, line, lost)


def _profile(kernel: Kernel, signal: Floats, weights: Floats) -> Floats:
    """Chi-squared (rates, columns) with the amplitude eliminated."""
    decay = kernel.decay(kernel.rates).T
    cross = decay @ (weights * signal)
    return (weights * signal**2).sum(0) - cross**2 / (decay**2 @ weights)


def _shared_rate(
    kernel: Kernel, signal: Floats, weights: Floats, rate: Floats
) -> tuple[float, float] | None:
    """Mean and variance of the decay rates across columns, None for few columns.

    The mean minimises the summed chi-squared; the spread beyond shot noise is the moment estimate
    of DerSimonian and Laird over the columns whose signal exceeds five standard errors.
    """
    if signal.shape[1] < _POOL_FROM:
        return None
    total = _profile(kernel, signal, weights).sum(1)
    pooled = _parabola_minimum(kernel.rates, total)
    decay = kernel.decay(rate)
    amplitude = (weights * decay * signal).sum(0) / (weights * decay**2).sum(0)
    information = _rate_information(decay, amplitude * kernel.slope(rate), weights)
    strong = (amplitude**2 * (weights * decay**2).sum(0) > 25) & (information > 0)
    if strong.sum() < 3:
        return pooled, (0.25 * abs(pooled) + 0.01) ** 2
    info, rates_strong = information[strong], rate[strong]
    mean = (info * rates_strong).sum() / info.sum()
    excess = (info * (rates_strong - mean) ** 2).sum() - (strong.sum() - 1)
    spread = max(0.0, excess / (info.sum() - (info**2).sum() / info.sum()))
    return float(mean), max(spread, (0.05 * abs(mean) + 1e-3) ** 2)


def _parabola_minimum(grid: Floats, values: Floats) -> float:
    best = int(values.argmin())
    if best in (0, len(grid) - 1):
        return float(grid[best])
    left, mid, right = values[best - 1 : best + 2]
    shift = 0.5 * (left - right) / (left - 2 * mid + right)
    return float(grid[best] + shift * (grid[1] - grid[0]))


def _rate_information(decay: Floats, slope: Floats, weights: Floats) -> Floats:
    """Fisher information of the rate with the amplitude eliminated."""
    cross = (weights * slope * decay).sum(0)
    return (weights * slope**2).sum(0) - cross**2 / (weights * decay**2).sum(0)


def _newton(
    kernel: Kernel,
    signal: Floats,
    weights: Floats,
    rate: Floats,
    prior: tuple[float, float] | None,
) -> Floats:
    """Minimise chi-squared plus prior by damped Gauss-Newton from the scanned minimum."""
    rates = kernel.rates
    mean, precision = (0.0, 0.0) if prior is None else (prior[0], 1 / prior[1])
    if prior is not None:
        chi = _profile(kernel, signal, weights) + precision * (rates[:, None] - mean) ** 2
        rate = rates[chi.argmin(0)]
    step = rates[1] - rates[0]
    for _ in range(30):
        decay = kernel.decay(rate)
        amplitude = (weights * decay * signal).sum(0) / (weights * decay**2).sum(0)
        residual = signal - amplitude * decay
        slope = amplitude * kernel.slope(rate)
        gradient = (weights * slope * residual).sum(0) - precision * (rate - mean)
        curvature = _rate_information(decay, slope, weights) + precision
        move = np.clip(gradient / np.maximum(curvature, 1e-30), -step, step)
        rate = np.clip(rate + move, rates[0], rates[-1])
        if np.abs(move).max(initial=0.0) < 1e-10:
            break
    return rate


def _decay_jacobian(
    decay: Floats, slope: Floats, weights: Floats, prior: tuple[float, float] | None
) -> Floats:
    """d a / d y by Gauss-Newton linearisation: first row of (JᵀWJ + P)⁻¹ JᵀW.

    The prior is an observation of the rate in itself, so it adds its information but no data.
    """
    aa, bb = (weights * decay**2).sum(0), (weights * slope**2).sum(0)
    ab = (weights * decay * slope).sum(0)
    bb = bb + (0.0 if prior is None else 1 / prior[1])
    determinant = np.maximum(aa * bb - ab**2, 1e-300)
    return weights * (bb * decay - ab * slope) / determinant


def _poly_exponential(
    x: Floats, y: Floats, variances: Floats, limit: Floats, order: int
) -> Extrapolation:
    line = _polynomial(x, y, variances, 1, "linear")
    signal = y - limit
    sign = np.sign(signal.sum(0))
    lost = (sign * signal <= np.sqrt(variances)).any(0) | (sign == 0)
    safe = np.where(lost, 1.0, np.abs(signal))
    design = _powers(x, order)
    log_fitted, log_jacobian = weighted_fit(design, np.log(safe), variances / safe**2)
    log_value = (log_jacobian * np.log(safe)).sum(0)
    amplitude = np.exp(np.minimum(log_value, 50.0))
    jacobian = amplitude * log_jacobian / safe
    error = np.sqrt((jacobian**2 * variances).sum(0))
    lost |= error > 2 * MAX_INFLATION * np.sqrt((line.jacobian**2 * variances).sum(0))
    fitted = sign * np.exp(np.minimum(log_fitted, 50.0))
    chi = per_freedom(signal, fitted, variances, order + 1)
    method, misfit = f"poly-exponential of order {order}", widened(jacobian, variances, chi)
    if len(x) == order + 1:
        through = _polynomial(x, y, variances, order, "")
        misfit = (UNSEEN * (limit + sign * amplitude - through.value)) ** 2

    def curve(at: Floats) -> Floats:
        logs = _powers(at, order) @ coefficients(design, np.log(safe), variances / safe**2)
        return np.asarray(limit + sign * np.exp(np.minimum(logs, 50.0)))

    own = Extrapolation(limit + sign * amplitude, jacobian, method, misfit=misfit, curve=curve)
    return _given_up(own, line, lost)


def _given_up(fit: Extrapolation, line: Extrapolation, lost: NDArray[np.bool_]) -> Extrapolation:
    """Return the fit with the straight line in the columns where it is lost, and say so."""
    assert fit.misfit is not None
    assert line.misfit is not None
    count, method = int(lost.sum()), fit.method
    if count:
        method += f"; linear for {count} of {len(lost)} where it does not hold"
    return Extrapolation(
        np.where(lost, line.value, fit.value),
        np.where(lost, line.jacobian, fit.jacobian),
        method,
        count,
        np.where(lost, line.misfit, fit.misfit),
        lambda at: np.where(lost, line.curve(at), fit.curve(at)),
    )
