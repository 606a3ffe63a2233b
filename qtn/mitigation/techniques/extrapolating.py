"""What all extrapolations to zero noise share: settings, shares of shots, fits of the values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, choice, items, real
from qtn._figures.extrapolation import Fit
from qtn.errors import ArgumentError
from qtn.mitigation.techniques.base import Context, Setting, Task, Technique
from qtn.mitigation.values.combination import Combined, Readings, Values
from qtn.mitigation.values.extrapolation import FITS, Extrapolation, extrapolate, needed_factors
from qtn.mitigation.values.regress import check_rank
from qtn.states.operators import Observable

Floats = NDArray[np.float64]
PARTS = ("observable", "basis", "term")
# decay per unit of noise at which the optimal split is computed; the optimum is flat
_TYPICAL_DECAY = 0.15
KEPT = 64  # fits of one observable that an estimate keeps
_PLACES = 61  # of a curve


class Extrapolating(Technique):
    """Measures at several noise factors and extrapolates to none."""

    stage: ClassVar[str] = "noise"
    on_gates: ClassVar[bool] = True

    factors: tuple[float, ...]
    fit: str
    order: int
    by: str

    def shares(self) -> tuple[float, ...]:
        """Relative shots per factor, for the least variance."""
        return optimal_shares(self.factors, self.fit, self.order)

    def variants(self, task: Task, context: Context) -> Task:
        """Return the task with one setting per noise factor."""
        settings = tuple(Setting(f, s) for f, s in zip(self.factors, self.shares(), strict=True))
        return replace(task, settings=settings)

    def adopt(self, planned: Self) -> Self:
        """Return these options; the noise factors have to be those of the plan."""
        if self.factors != planned.factors:
            raise ArgumentError(
                f"Argument `techniques` holds {self.label}, but the measurement was planned with "
                f"{planned.label}. Plan and run the noise factors first."
            )
        return self

    def combine(
        self, readings: Readings, observable: Observable, before: Callable[[], Combined]
    ) -> Combined:
        """Extrapolate to zero noise."""
        return extrapolated(self, readings, observable)


def extrapolated(
    technique: Extrapolating, readings: Readings, observable: Observable, why: str = ""
) -> Combined:
    """Fit the values over the noise factors and read off the value at none.

    Args:
        technique: says what is fitted, and how.
        readings: values at all factors.
        observable: coefficients.
        why: reason for this fit, added to the label.
    """
    mix = _columns(observable, technique.by)
    columns = readings.target.mixed(mix)
    settings, bindings, width = columns.mean.shape
    fitted = extrapolate(
        np.array(readings.factors),
        columns.mean.reshape(settings, -1),
        columns.variances.reshape(settings, -1),
        fit=technique.fit,
        order=technique.order,
        limit=np.tile(observable.mixed_values @ mix, bindings),
    )
    fits = _fits(technique, readings, observable, columns, fitted)
    jacobian = fitted.jacobian.reshape(columns.mean.shape) @ mix.T
    misfit = np.zeros(bindings) if fitted.misfit is None else fitted.misfit
    return Combined(
        fitted.value.reshape(bindings, width).sum(-1),
        jacobian,
        misfit.reshape(bindings, -1).sum(-1),
        {technique.stage: f"{technique.label}: {fitted.method}{why}"},
        fits,
    )


def _fits(
    technique: Extrapolating, readings: Readings, observable: Observable, columns: Values,
    fitted: Extrapolation,
) -> tuple[Fit, ...]:  # fmt: skip
    """Keep the first fits with their curves; one that stands for the whole value is shifted to it.

    The constant of the observable, which no noise changes, is no part of what is fitted.
    """
    x = np.array(readings.factors)
    grid = np.linspace(0.0, x.max(), _PLACES)
    _, bindings, width = columns.mean.shape
    shift = observable.constant if width == 1 else 0.0
    values = columns.mean.reshape(len(x), -1)[:, :KEPT] + shift
    variances = columns.variances.reshape(len(x), -1)
    curves = fitted.curve(np.concatenate([x, grid])) + shift
    errors = np.sqrt(fitted.variance(variances))
    names = _names(observable, technique.by)
    found = []
    for k in range(values.shape[1]):
        own = names[k % width] if width > 1 or bindings == 1 else "value"
        label = own if bindings == 1 else f"{own}, binding {k // width}"
        found.append(
            Fit(label, x, values[:, k], np.sqrt(variances[:, k]), curves[: len(x), k],
                grid, curves[len(x) :, k], float(fitted.value[k] + shift), float(errors[k]),
                fitted.method)
        )  # fmt: skip
    return tuple(found)


def _names(observable: Observable, by: str) -> list[str]:
    """Say what each column of `_columns` stands for."""
    everything = {
        "term": ["".join(f"{f}{q}" for q, f in t.factors) or "1" for t in observable.terms],
        "basis": [f"basis {basis.label}" for basis in observable.bases],
        "observable": ["value"],
    }[by]
    kept = np.atleast_1d(_all_columns(observable, by).any(axis=0))
    return [name for name, keep in zip(everything, kept, strict=True) if keep]


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


def check_fit(technique: Extrapolating) -> None:
    """Check the options of the fit, and set the noise factors in order."""
    choice("fit", technique.fit, FITS)
    choice("by", technique.by, PARTS)
    bounded_int("order", technique.order, 1, 6)
    factors = checked_factors(technique.factors, technique.fit, technique.order)
    object.__setattr__(technique, "factors", factors)


def checked_factors(factors: tuple[float, ...], fit: str, order: int) -> tuple[float, ...]:
    """Return sorted, distinct noise factors, enough for the fit."""
    checked = tuple(
        real("factors", f, 1.0, 1e3, way_out="Noise factors are numbers of at least 1.")
        for f in items("factors", factors, "a sequence of noise factors")
    )
    if len(set(checked)) != len(checked):
        raise ArgumentError(f"Argument `factors` must be distinct, but is {list(checked)}.")
    needed = needed_factors(fit, order)
    if len(checked) < needed:
        raise ArgumentError(
            f"Argument `factors` must hold at least {needed} factors for the {fit} fit, "
            f"but holds {len(checked)}. Add factors or choose a simpler fit."
        )
    check_rank(np.array(sorted(checked)), fit, order)
    return tuple(sorted(checked))


def optimal_shares(factors: tuple[float, ...], fit: str, order: int) -> tuple[float, ...]:
    r"""Return shots per factor that minimise the variance of an extrapolation.

    With the value \sum_s c_s y_s and equal variance per shot, Var = \sum_s c_s^2 / N_s is least for
    N_s in proportion to |c_s|. The weights c_s of a weighted fit depend on N_s, hence the few
    rounds; every factor keeps a twentieth.

    Example:
        >>> [round(s, 2) for s in optimal_shares((1.0, 3.0), "linear", 1)]
        [0.75, 0.25]
    """
    x = np.array(factors)
    y = np.exp(-_TYPICAL_DECAY * x)[:, None]
    shares = np.full(len(x), 1 / len(x))
    for _ in range(20):
        weights = np.abs(extrapolate(x, y, 1e-4 / shares[:, None], fit=fit, order=order).jacobian)
        new = np.maximum(weights[:, 0] / weights.sum(), 0.05)
        shares = 0.5 * shares + 0.5 * new / new.sum()
    return tuple(float(s) for s in shares)
