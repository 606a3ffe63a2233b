"""From the values of all circuits to one value per binding: copies, noise settings, terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtn.errors import ArgumentError
from qtn.interop.observables import Observable
from qtn.mitigation.planning import Plan
from qtn.mitigation.techniques.base import NoiseTechnique
from qtn.mitigation.techniques.learn import LearnTechnique
from qtn.mitigation.techniques.twin_zne import TwinZNE, fit_terms
from qtn.mitigation.values.extrapolation import extrapolate
from qtn.mitigation.values.outcomes import Moments

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
            between = between * _widening(len(own) - 1) ** 2
        total += between
    return Moments(means.mean(0), total / count**2, gradient)


def _widening(freedom: int) -> float:
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
class Combined:
    """Values and variances (bindings,), derivatives by the terms, and what was done.

    `jacobian`: (settings, bindings, terms).
    """

    value: Floats
    variance: Floats
    jacobian: Floats
    labels: list[str]


def combine(
    programs: Sequence[Values], prepared: Plan, observable: Observable, rate_variances: Floats
) -> Combined:
    """Return value and variance per binding, and what was done, from the values of all programs.

    Args:
        programs: values of the target, then of the training circuits.
        prepared: the plan.
        observable: one of the plan's.
        rate_variances: of the calibration.
    """
    noise, learn = prepared.find(NoiseTechnique), prepared.find(LearnTechnique)
    target = programs[0]
    extra: float | Floats = 0.0
    labels: list[str] = []
    if observable.is_constant:
        value, jacobian = np.zeros(target.mean.shape[1]), np.zeros(target.mean.shape)
    elif learn is not None:
        value, jacobian, labels, extra = _learned(programs, prepared, observable, learn)
    elif noise is None or not noise.extrapolates:
        c = observable.coefficients
        jacobian = np.broadcast_to(c, target.mean.shape)
        value, labels = target.mean[0] @ c, [] if noise is None else [noise.label]
    else:
        along = None
        if isinstance(noise, TwinZNE):
            along = _along_twins(target, observable, noise, rate_variances)
        value, jacobian, labels, extra = along or _extrapolated(target, prepared, observable, noise)
    variance = target.variance(jacobian, rate_variances) + extra
    return Combined(observable.constant + value, variance, jacobian, labels)


def _extrapolated(
    target: Values, prepared: Plan, observable: Observable, noise: NoiseTechnique
) -> tuple[Floats, Floats, list[str], Floats]:
    mix = _columns(observable, noise.by)
    columns = target.mixed(mix)
    settings, bindings, width = columns.mean.shape
    fitted = extrapolate(
        np.array(prepared.factors),
        columns.mean.reshape(settings, -1),
        columns.variances.reshape(settings, -1),
        fit=noise.fit,
        order=noise.order,
        limit=np.tile(observable.mixed_values @ mix, bindings),
    )
    said = f"{noise.label}: {fitted.method}"
    if isinstance(noise, TwinZNE):
        assert noise.decays is not None
        said += (
            ", because the device's card does not describe the data"
            if noise.decays.determined
            else ", because the twins' values do not vary"
        )
    jacobian = fitted.jacobian.reshape(columns.mean.shape) @ mix.T
    misfit = np.zeros(bindings) if fitted.misfit is None else fitted.misfit
    extra = misfit.reshape(bindings, -1).sum(-1)
    return fitted.value.reshape(bindings, width).sum(-1), jacobian, [said], extra


def _along_twins(
    target: Values, observable: Observable, noise: TwinZNE, rate_variances: Floats
) -> tuple[Floats, Floats, list[str], Floats] | None:
    """Extrapolate along the predicted decays; None if they do not describe the data."""
    assert noise.decays is not None
    if not noise.decays.determined:
        return None
    gradient = target.gradient[:, 0]
    covariance = np.einsum("str,r,uvr->stuv", gradient, rate_variances, gradient, optimize=True)
    for s, block in enumerate(target.covariance[:, 0]):
        covariance[s, :, s] += block
    found = fit_terms(
        target.mean[:, 0], covariance, noise.decays, noise.card_error, noise.term_error
    )
    if not found.trusted:
        return None
    c = observable.coefficients
    said = f"{noise.label}: errors {np.exp(found.log_power):.2f} times those of the card"
    jacobian = np.tensordot(c, found.jacobian, 1)[:, None]
    return np.array([c @ found.values]), jacobian, [said], np.array([c @ found.doubt @ c])


def _columns(observable: Observable, by: str) -> Floats:
    """Combinations of terms (terms, columns) that are extrapolated by themselves; no zeros."""
    mix = _all_columns(observable, by)
    return mix[:, mix.any(axis=0)]


def _all_columns(observable: Observable, by: str) -> Floats:
    c = observable.coefficients
    if by == "term":
        return np.diag(c)
    if by == "observable":
        return c[:, None]
    mix = np.zeros((len(c), len(observable.bases)))
    for column, basis in enumerate(observable.bases):
        mix[list(basis.terms), column] = c[list(basis.terms)]
    return mix


def _learned(
    programs: Sequence[Values], prepared: Plan, observable: Observable, learn: LearnTechnique
) -> tuple[Floats, Floats, list[str], float]:
    noise = prepared.find(NoiseTechnique)
    noisy = np.stack([p.mean[:, 0] for p in programs])
    variances = np.stack([p.variances[:, 0] for p in programs])
    ideal = [p.ideal for p in prepared.programs[1:] if p.ideal is not None]
    spent = sum(job.shots for job in prepared.jobs if job.program > 0)
    learned = learn.trained(noisy[1:], variances[1:], np.array(ideal), spent, observable)
    said = f"{learn.label}: linear map of {learned.circuits} training circuits"
    if len(ideal) and np.ptp(ideal, axis=0)[observable.coefficients != 0].max() < 1e-9:
        said += ", whose values do not vary: they are the target's own"
    c = observable.coefficients
    if learned.weights.shape != noisy[0].shape:
        raise ArgumentError(
            f"The learned map takes {learned.weights.shape[0]} noise factors and "
            f"{learned.weights.shape[1]} terms, but the plan has {noisy[0].shape[0]} and "
            f"{noisy[0].shape[1]}. Learn it with the same techniques and observable."
        )
    values, _ = learned.apply(noisy[0], observable.mixed_values)
    # errors of the weights are common to all terms, so they are added without cancellation
    signal = noisy[0] - observable.mixed_values
    spread = np.einsum("st,tsu,ut->t", signal, learned.covariance, signal)
    labels = ([] if noise is None else [noise.label]) + [said]
    extra = float((np.abs(c) @ np.sqrt(spread)) ** 2)
    return np.array([c @ values]), (learned.weights * c)[:, None, :], labels, extra
