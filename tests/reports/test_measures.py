"""Figures of merit against their definitions, and differences between rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import r2_score, root_mean_squared_error

from qtn.reports.entrants import Question
from qtn.reports.measures import (
    accuracy_measure,
    mean_score_error,
    measures_of,
    with_differences,
)
from qtn.statistics import holm, mcnemar, proportion_interval


def question(y: np.ndarray, classes: np.ndarray | None) -> Question:
    return Question(np.zeros((len(y), 1)), y, classes)


def test_accuracy_has_its_interval() -> None:
    found = accuracy_measure(np.array([True] * 10), 0.95)
    assert (found.value, found.low, found.high) == (1.0, *proportion_interval(10, 10))
    assert found.stderr > 0


def test_numbers_have_error_and_determination() -> None:
    rng = np.random.default_rng(0)
    truth = 1000 + rng.normal(size=80)
    predicted = truth + rng.normal(size=80) / 3
    error, share = measures_of(predicted, question(truth, None), 0.95)
    assert (error.name, share.name) == ("RMSE", "R²")
    assert error.value == pytest.approx(root_mean_squared_error(truth, predicted))
    assert share.value == pytest.approx(r2_score(truth, predicted))
    for measure in (error, share):
        assert measure.low < measure.value < measure.high
        width = measure.high - measure.low
        assert measure.stderr == pytest.approx(width / (2 * 1.96), rel=0.15)
    assert share.high <= 1
    (alone,) = measures_of(predicted[:1], question(truth[:1], None), 0.95)
    assert alone.low == alone.value == alone.high
    perfect = measures_of(truth, question(truth, None), 0.95)
    assert [m.value for m in perfect] == [0.0, 1.0]


def test_without_variance_there_is_no_share_of_it() -> None:
    found = measures_of(np.ones(5), question(np.full(5, 2.0), None), 0.95)
    assert [m.name for m in found] == ["RMSE"]


def test_score_error_is_a_mean_over_inputs() -> None:
    samples = np.array([[1.0, 3.0], [2.0, 4.0]])
    found = mean_score_error(samples, np.zeros((2, 2)))
    assert float(found) == 2.5
    assert np.isclose(found.stderr, np.std([2, 3], ddof=1) / np.sqrt(2))
    assert mean_score_error(samples[:1], np.zeros((1, 2))).stderr == 0


def test_differences_are_to_the_first_row_and_adjusted_together(comparison) -> None:
    y = np.arange(40) % 2
    first, *others = comparison.rows
    wrong = np.where(np.arange(40) < 9, 1 - y, y)
    rows = (
        replace(first, predictions=wrong),
        replace(others[0], predictions=y),
        replace(others[1], predictions=wrong),
        replace(others[2], predictions=np.where(np.arange(40) < 4, y, wrong)),
    )
    found = with_differences(rows, question(y, np.array([0, 1])), 0.95, 0)
    assert found[0].difference is None
    assert [r.difference.value for r in found[1:]] == [9 / 40, 0.0, 4 / 40]
    p = [mcnemar(9, 0), 1.0, mcnemar(4, 0)]
    assert [r.difference.p_value for r in found[1:]] == p
    assert [r.adjusted for r in found[1:]] == holm(p).tolist()
    assert with_differences(rows[:1], question(y, np.array([0, 1])), 0.95, 0) == rows[:1]


def test_differences_of_numbers_are_differences_of_errors(comparison) -> None:
    y = np.linspace(0, 1, 30)
    first, other = comparison.rows[:2]
    rows = (replace(first, predictions=y + 0.2), replace(other, predictions=y + 0.1))
    found = with_differences(rows, question(y, None), 0.95, 0)
    assert found[1].difference.value == pytest.approx(-0.1)
    assert found[1].adjusted < 0.01
