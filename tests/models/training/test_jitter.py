"""Noise on columns in training: how wide, on what, and that a run with it can be resumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.models.training.jitter import Jitter, jitter_widths

KINDS = (qtn.MPSClassifier, qtn.TTNClassifier, qtn.MPSRegressor, qtn.TTNRegressor)
RNG = np.random.default_rng(0)
X = RNG.random((300, 3))
ONES = np.ones(300)


def test_what_tells_less_gets_more_noise() -> None:
    y = (X[:, 0] > 0.5).astype(int)
    steep, rough, none = jitter_widths(X * [1, 1, 0], y, ONES, 0.05)
    assert steep == pytest.approx(0.05)
    assert 0.2 < rough <= 0.3
    assert none == 0.0  # a column of few values stays as it is
    for targets in (X[:, :1], X[:, [0, 0]], np.column_stack([X[:, 0], X[:, 2] * 0])):
        assert jitter_widths(X, targets, ONES, 0.05)[0] == pytest.approx(0.05)
    assert jitter_widths(X, y, ONES, 0.5).tolist() == [0.5, 0.5, 0.5]


def test_columns_that_tell_nothing_get_the_noise_asked_for() -> None:
    assert jitter_widths(X, np.zeros(300, int), ONES, 0.05).tolist() == [0.05] * 3


def test_a_repeated_row_counts_as_one_of_twice_the_weight() -> None:
    y = (X[:, 0] + 0.3 * X[:, 1] > 0.6).astype(int)
    twice = np.repeat(np.arange(300), 2)
    one = jitter_widths(X, y, ONES, 0.05)
    assert jitter_widths(X[twice], y[twice], np.ones(600), 0.05) == pytest.approx(one, rel=0.2)
    assert (jitter_widths(X, y, 7 * ONES, 0.05) == one).all()


def test_noise_is_that_of_the_step_and_stays_inside() -> None:
    sites = np.repeat(X[:, :2], 2, axis=1)
    jitter = Jitter(sites, np.array([0.3, 0.0]), seed=1)
    numbers = np.arange(300)
    first, again, other = (jitter.rows(numbers, step) for step in (0, 0, 1))
    assert (first == again).all()
    assert (first[:, :2] != other[:, :2]).all()
    assert (first[:, 0] == first[:, 1]).all()
    assert (first[:, 2:] == sites[:, 2:]).all()
    assert first.min() >= 0
    assert first.max() <= 1
    assert np.std(first[:, 0] - sites[:, 0]) == pytest.approx(0.3, abs=0.1)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_model_trains_with_noise_and_resumes(kind: type, tmp_path: Path) -> None:
    y = (X[:, 0] > 0.5).astype(int)
    settings = {"epochs": 4, "jitter": 0.1, "rescale": "quantiles"}
    whole = kind(3, **settings).fit(X, y)
    plain = kind(3, **{**settings, "jitter": 0.0}).fit(X, y)
    assert (whole.predict(X) != plain.predict(X)).any() or whole.history_ != plain.history_
    path = str(tmp_path / "run.qtn")
    kind(3, **settings, checkpoint=path).fit(X, y)
    resumed = kind(3, **settings, checkpoint=path).fit(X, y)
    assert (resumed.predict(X) == whole.predict(X)).all()
    assert qtn.load(qtn.save(whole, tmp_path / "model.qtn")).get_params()["jitter"] == 0.1


def test_parts_come_with_noise_too() -> None:
    y = (X[:, 0] > 0.5).astype(int)
    models = [
        qtn.MPSClassifier(3, jitter=width).partial_fit(X, y, classes=[0, 1]) for width in (0.1, 0.0)
    ]
    assert (models[0].predict_proba(X) != models[1].predict_proba(X)).any()


def test_bad_noise_is_refused() -> None:
    for value in (-0.1, 1.5, "much"):
        with pytest.raises(ArgumentError, match="`jitter` must be"):
            qtn.MPSClassifier(3, jitter=value).fit(X, X[:, 0] > 0.5)
    with pytest.raises(ArgumentError, match="one-hot features take categories"):
        qtn.MPSClassifier(3, features="one_hot", jitter=0.1).fit(X > 0.5, X[:, 0] > 0.5)
