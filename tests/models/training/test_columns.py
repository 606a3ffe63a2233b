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
