"""From the values of all circuits to one value per binding: copies, noise settings, terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qtn._figures.extrapolation import Fit
from qtn.mitigation.values.outcomes import Moments
from qtn.states.operators import Observable

Floats = NDArray[np.float64]
MIN_SCATTER = 8  # copies from which on their scatter tells the error of their mean


def averaged(
    moments: Sequence[Moments], weights: Sequence[float], strata: Sequence[int]
) -> Moments:
    """Average random copies of one circuit, each with its weight.

    The scatter between the copies of a stratum holds shot noise and the choice of copies; it is
    used as soon as there are enough copies to estimate it, otherwise the shot noise alone.
    """
    if len(moments) == 1 and weights[0] == 1:
        return moments[0]
    w, count = np.asarray(weights)[:, None, None], len(moments)
    means = w * np.stack([m.mean for m in moments])
    gradient = (w[..., None] * np.stack([m.gradient for m in moments])).mean(0)
    within = w[..., None] ** 2 * np.stack([m.covariance for m in moments])
    total = np.zeros_like(within[0])
    for stratum in set(strata):
        own = np.flatnonzero(np.asarray(strata) == stratum)
        if len(own) < MIN_SCATTER:
            total += within[own].sum(0)
            continue
        centred = (means[own] - means[own].mean(0)).transpose(1, 2, 0)
        between = centred @ centred.transpose(0, 2, 1) * (len(own) / (len(own) - 1))
        if len(own) < 3 * means.shape[-1] and np.ptp(weights) == 0:
            between = _scaled(within[own].sum(0), between)
        else:
            between = between * widening(len(own) - 1) ** 2
        total += between
    return Moments(means.mean(0), total / count**2, gradient)


def widening(freedom: int) -> float:
    """Student's 97.5 % quantile over the normal one, so that ± 1.96 errors are a 95 % interval.

    Abramowitz & Stegun, 26.7.5, to second order.
    """
    z = 1.959964
    first = (z**3 + z) / (4 * freedom)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return (z + first + second) / z


def _scaled(within: Floats, between: Floats) -> Floats:
    """Shot covariance raised to the size of the scatter between copies.

    A few copies tell the size of their scatter, but not a covariance matrix of many terms: theirs
    has directions without variance, which a fit would take for certainty.
    """
    ratio = np.einsum("btt->bt", between) / np.einsum("btt->bt", within)
    return within * np.maximum(ratio.mean(1), 1.0)[:, None, None]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Values of all terms at all noise settings, with covariances and calibration slopes."""

    mean: Floats  # (settings, bindings, terms)
    covariance: Floats  # (settings, bindings, terms, terms)
    gradient: Floats  # (settings, bindings, terms, rates)

    @classmethod
    def empty(cls, settings: int, bindings: int, terms: int, rates: int) -> Values:
        """Return zeros of the right shapes."""
        shape = (settings, bindings, terms)
        return cls(np.zeros(shape), np.zeros((*shape, terms)), np.zeros((*shape, rates)))

    def place(self, setting: int, terms: Sequence[int], moments: Moments) -> None:
        """Enter the terms of one basis."""
        index = np.array(terms)
        self.mean[setting][:, index] = moments.mean
        self.covariance[setting][:, index[:, None], index] = moments.covariance
        self.gradient[setting][:, index] = moments.gradient

    @property
    def variances(self) -> Floats:
        """(settings, bindings, terms)."""
        return np.einsum("sbtt->sbt", self.covariance)

    def mixed(self, mix: Floats) -> Values:
        """Return linear combinations (terms, columns) of the terms."""
        return Values(
            self.mean @ mix,
            np.einsum("tk,sbtu,ul->sbkl", mix, self.covariance, mix, optimize=True),
            np.einsum("tk,sbtr->sbkr", mix, self.gradient),
        )

    def variance(self, jacobian: Floats, rate_variances: Floats) -> Floats:
        """Variance (bindings,) of the sum over settings and columns with these derivatives."""
        shot = np.einsum("sbk,sbkl,sbl->b", jacobian, self.covariance, jacobian, optimize=True)
        slope = np.einsum("sbk,sbkr->br", jacobian, self.gradient)
        return shot + slope**2 @ rate_variances


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Corrected values of all programs, and what is known about them.

    Args:
        target: values of the circuit in question.
        factors: noise factors of its settings.
        rate_variances: (rates,) squared errors of the calibration, behind `Values.gradient`.
        training: values of the training circuits.
        ideal: (programs, terms) exact values of the training circuits.
        training_shots: spent on them.
    """

    target: Values
    factors: tuple[float, ...]
    rate_variances: Floats
    training: tuple[Values, ...] = ()
    ideal: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    training_shots: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """The value of an observable without its constant, and how it depends on the data.

    Args:
        value: (bindings,).
        jacobian: (settings, bindings, terms) derivatives by the target's values; shot noise and
            calibration noise are propagated through it.
        extra: variance (bindings,) that is not in the data: misfit, errors of a learned map.
        labels: by stage, what to say instead of the label of the technique of that stage.
        fits: the extrapolations behind it, of the first parts and bindings.
    """

    value: Floats
    jacobian: Floats
    extra: float | Floats = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)
    fits: tuple[Fit, ...] = ()

    def variance(self, readings: Readings) -> Floats:
        """Variance (bindings,) with everything that the data and the fit leave open."""
        return readings.target.variance(self.jacobian, readings.rate_variances) + self.extra


def plain_sum(readings: Readings, observable: Observable) -> Combined:
    """Return Σ c_t · value_t at the first setting."""
    c, shape = observable.coefficients, readings.target.mean.shape
    jacobian = np.broadcast_to(c, shape)
    if shape[0] > 1:
        jacobian = np.concatenate([jacobian[:1], np.zeros((shape[0] - 1, *shape[1:]))])
    return Combined(readings.target.mean[0] @ c, jacobian)


def nothing(readings: Readings) -> Combined:
    """Return the value 0 of an observable that is a constant."""
    return Combined(np.zeros(readings.target.mean.shape[1]), np.zeros(readings.target.mean.shape))
