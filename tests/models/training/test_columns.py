"""What a model learns about its columns, kept in files."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.data import legendre, one_hot, trigonometric
from qtn.errors import ArgumentError
from qtn.models.training.columns import Codes, Scaling, learned_columns, restored_columns


def test_scaling_learns_ranges() -> None:
    scaling = Scaling.learn(np.array([[0.0, 5.0], [10.0, 5.0]]), rescale=True)
    # A column that never varied says nothing, whatever comes.
    assert scaling.apply(np.array([[5.0, 7.0]])).tolist() == [[0.5, 0.0]]
    with pytest.raises(ArgumentError, match="range is a finite number, but column 1 reaches from"):
        Scaling.learn(np.array([[0.0, -1e308], [1.0, 1.7e308]]))


def test_rows_in_the_unit_interval_are_taken_as_they_are() -> None:
    rows = np.array([[0.2, 0.3], [0.4, 0.6], [1 + 2e-16, 0.0]])
    for rescale in ("auto", False):
        scaling = Scaling.learn(rows, rescale)
        assert (scaling.apply(rows) == np.minimum(rows, 1.0)).all()
    assert Scaling.learn(rows * 2).apply(rows[:1] * 2).tolist() == [[0.0, 0.5]]


def test_later_rows_become_the_ends_of_the_range() -> None:
    scaling = Scaling.learn(np.array([[0.0], [10.0]]))
    assert scaling.apply(np.array([[-1.0], [12.0]])).tolist() == [[0.0], [1.0]]
    message = r"1 of 2 rows of `X` lie far outside .* such as 99 in column 0 \(trained on 0 … 10\)"
    with pytest.warns(UserWarning, match=message):
        assert scaling.apply(np.array([[99.0], [5.0]])).tolist() == [[1.0], [0.5]]
    assert Scaling.learn(np.array([[0.0], [1.0]]), copies=2).apply(np.eye(1)).tolist() == [[1, 1]]


def test_codes_know_their_levels() -> None:
    codes = Codes.learn(np.array([[0.0, 2.0], [1.0, 0.0]]))
    assert codes.levels.tolist() == [2, 3]
    with pytest.raises(ArgumentError, match="in column 0"):
        codes.apply(np.array([[2.0, 0.0]]))


def test_what_a_file_keeps_comes_back() -> None:
    rows = np.array([[0.0, 5.0], [10.0, 7.0]])
    for learned in (
        learned_columns(rows, "trigonometric", "auto", 2),
        learned_columns(rows / 10, "trigonometric", False, 3),
        learned_columns(rows, "one_hot", "auto", 1),
    ):
        back = restored_columns(learned.arrays(), learned.copies, 2)
        assert type(back) is type(learned)
        inside = learned.inside(2)
        assert (back.apply(inside) == learned.apply(inside)).all()
        assert back.apply(inside).shape == (1, 2 * learned.copies)


def test_files_that_hold_no_columns_are_refused() -> None:
    with pytest.raises(ArgumentError, match="a positive width for each of 2 columns"):
        restored_columns({"scaling.low": np.zeros(2), "scaling.width": np.zeros(2)}, 1, 2)
    with pytest.raises(ArgumentError, match="`copies` must be a positive integer"):
        restored_columns({"scaling.low": np.zeros(2), "scaling.width": np.ones(2)}, 0, 2)
    with pytest.raises(ArgumentError, match="a number of levels for each of 2 columns"):
        restored_columns({"codes.levels": np.array([2, 0])}, 1, 2)


def test_features_follow_from_what_the_sites_hold() -> None:
    sites = np.array([[0.0, 1.0], [0.25, 0.5]])
    scaling = Scaling(None, None)
    assert (scaling.mapped(sites, "trigonometric") == trigonometric(sites)).all()
    assert (scaling.mapped(sites, "learned") == legendre(sites)).all()
    codes = Codes(np.array([2, 3]))
    assert (codes.mapped(sites[:1], "one_hot") == one_hot(sites[:1], 3)).all()


def test_quantiles_make_columns_uniform() -> None:
    rng = np.random.default_rng(0)
    rows = np.stack([rng.lognormal(0, 2, 3000), rng.integers(0, 2, 3000)], axis=1)
    scaling = learned_columns(rows, "legendre", "quantiles", 1)
    found = scaling.apply(rows)
    assert np.abs(np.sort(found[:, 0]) - np.linspace(0, 1, 3000)).max() < 0.02
    assert (found[:, 1] == rows[:, 1]).all()
    assert scaling.apply(np.array([[-5.0, 0.5], [500.0, 0.5]]))[:, 0].tolist() == [0, 1]


def test_quantiles_count_weights_as_copies() -> None:
    rng = np.random.default_rng(1)
    rows, weights = rng.normal(size=(300, 2)), rng.integers(0, 4, 300)
    one = learned_columns(rows[weights > 0], "legendre", "quantiles", 1, None, weights[weights > 0])
    other = learned_columns(np.repeat(rows, weights, axis=0), "legendre", "quantiles", 1)
    inside = rows[weights > 0]
    assert np.allclose(one.apply(inside), other.apply(inside), atol=1e-12)


def test_orders_and_quantiles_come_back_from_a_file() -> None:
    rows, order = np.random.default_rng(2).normal(size=(20, 3)), np.array([2, 0, 1])
    for rescale in ("quantiles", True):
        learned = learned_columns(rows, "legendre", rescale, 2, order)
        back = restored_columns(learned.arrays(), 2, 3)
        assert (back.apply(rows) == learned.apply(rows)).all()
        assert (learned.apply(rows)[:, 0] == learned.apply(rows)[:, 1]).all()
    arrays = learned_columns(rows, "legendre", "quantiles", 1).arrays()
    for wrong, name in (
        ({"scaling.knots": -arrays["scaling.knots"]}, "scaling.knots"),
        ({"scaling.places": arrays["scaling.places"] + 1}, "scaling.places"),
        ({"columns.order": np.array([0, 0, 1])}, "columns.order"),
    ):
        with pytest.raises(ArgumentError, match=name):
            restored_columns(arrays | wrong, 1, 3)
    codes = learned_columns(
        np.array([[0.0, 1.0], [2.0, 0.0]]), "one_hot", "auto", 1, np.array([1, 0])
    )
    assert codes.apply(np.array([[2.0, 1.0]])).tolist() == [[1.0, 2.0]]
