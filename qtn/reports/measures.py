"""From predictions to figures of merit with intervals, and to differences between rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from qtn.estimate import Estimate
from qtn.reports.entrants import Question
from qtn.reports.rows import Measure, Row
from qtn.statistics import (
    Difference,
    compare_errors,
    compare_hits,
    holm,
    log_interval,
    proportion_error,
    proportion_interval,
)


def measures_of(
    predictions: np.ndarray, question: Question, confidence: float
) -> tuple[Measure, ...]:
    """Return the accuracy of predicted labels, or error and R² of predicted numbers."""
    if question.classes is None:
        return number_measures(predictions, question.y, confidence)
    return (accuracy_measure(predictions == question.y, confidence),)


def accuracy_measure(hits: np.ndarray, confidence: float) -> Measure:
    """Return the share of hits with Wilson's interval."""
    count, rows = int(np.count_nonzero(hits)), hits.size
    low, high = proportion_interval(count, rows, confidence)
    return Measure("accuracy", count / rows, proportion_error(count, rows), low, high)


def number_measures(
    predictions: np.ndarray, truth: np.ndarray, confidence: float
) -> tuple[Measure, ...]:
    r"""Return the root of the mean squared error and R² with intervals of the jackknife.

    .. math:: R^2 = 1 - \overline{(y - f)^2} / (\overline{y^2} - \overline{y}^2)

    The error and what is left of the variance, 1 − R², are positive functions of means over rows.
    """
    centred = truth - truth.mean()  # so that the variance does not cancel
    columns = np.stack([(truth - predictions) ** 2, centred, centred**2], axis=1)
    error = float(_root(columns.mean(axis=0)[None])[0])
    low, high = log_interval(columns, _root, confidence) if len(truth) > 1 else (error, error)
    found = [Measure("RMSE", error, _spread(low, high, confidence), low, high)]
    left = float(_left(columns.mean(axis=0)[None])[0])
    if np.isfinite(left):  # numbers that are all the same have no variance
        low, high = log_interval(columns, _left, confidence)
        spread = _spread(low, high, confidence)
        found.append(Measure("R²", 1.0 - left, spread, 1.0 - high, 1.0 - low))
    return tuple(found)


def mean_score_error(values: np.ndarray, reference: np.ndarray) -> Estimate[float]:
    """Return mean |score - reference| over inputs and classes with its error over inputs."""
    per_input = np.abs(values - reference).mean(axis=1)
    spread = per_input.std(ddof=1) / np.sqrt(len(per_input)) if len(per_input) > 1 else 0.0
    return Estimate(float(per_input.mean()), float(spread), 0, "mean")


def with_differences(
    rows: Sequence[Row], question: Question, confidence: float, seed: int
) -> tuple[Row, ...]:
    """Return rows with their paired difference to the first, and Holm's p-values of them all."""
    if len(rows) < 2:
        return tuple(rows)
    first = rows[0].predictions
    gains = [_difference(first, row.predictions, question, confidence, seed) for row in rows[1:]]
    adjusted = holm([gain.p_value for gain in gains])
    return (
        rows[0],
        *(
            replace(row, difference=gain, adjusted=float(p))
            for row, gain, p in zip(rows[1:], gains, adjusted, strict=True)
        ),
    )


def _difference(
    first: np.ndarray, second: np.ndarray, question: Question, confidence: float, seed: int
) -> Difference:
    y = question.y
    if question.classes is None:
        return compare_errors((y - first) ** 2, (y - second) ** 2, confidence, seed)
    return compare_hits(first == y, second == y, confidence, seed)


def _root(means: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(means[:, 0]))


def _left(means: np.ndarray) -> np.ndarray:
    variance = means[:, 2] - means[:, 1] ** 2
    share = np.full(len(means), np.nan)
    return np.divide(means[:, 0], variance, out=share, where=variance > 1e-12 * np.abs(means[:, 2]))


def _spread(low: float, high: float, confidence: float) -> float:
    """The standard error of which a normal distribution would have this interval."""
    return float((high - low) / (2.0 * stats.norm.ppf((1.0 + confidence) / 2.0)))
